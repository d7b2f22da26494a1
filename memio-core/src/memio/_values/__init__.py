"""What text and JSON are, and suggestions for misspelt names."""
