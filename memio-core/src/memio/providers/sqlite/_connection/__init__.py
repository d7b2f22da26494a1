"""Additions to a connection: reads that can be ended, and deferred work."""
