"""Forgetting an owner: the steps, and the check of what is left."""
