"""The floor: the start and the end of Python."""
