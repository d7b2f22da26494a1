"""The tools, by kind of memory."""
