"""What a connection to a file has beside its statements: reads that can be ended, and deferred work."""
