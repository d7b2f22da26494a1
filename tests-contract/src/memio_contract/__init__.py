"""The contract suite that every memio backend must pass."""
