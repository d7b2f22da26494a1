"""Requests to a Letta server: the agent that they are about, the connection, repetitions and errors."""
