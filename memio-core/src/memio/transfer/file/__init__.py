"""The export file: its format, reading and writing it."""
