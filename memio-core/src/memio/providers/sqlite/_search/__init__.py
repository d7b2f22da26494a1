"""The full-text index: words, context, tags and ranking."""
