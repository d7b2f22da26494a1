"""Forgetting an owner: the steps, and the search for what is left."""
