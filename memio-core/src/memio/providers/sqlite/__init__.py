"""The embedded default: all four kinds of memory in one SQLite file."""
