"""The checks of text and JSON values, and suggestions for misspelt names."""
