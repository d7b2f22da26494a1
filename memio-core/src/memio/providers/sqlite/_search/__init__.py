"""The full-text index: words, dates, tags and ranking."""
