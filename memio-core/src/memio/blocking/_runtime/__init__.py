"""The event loop in a thread that runs the calls of blocking clients."""
