"""The project that `memio new-provider` writes."""
