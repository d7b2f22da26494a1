"""The peers on a Letta server. Each has `open_store(url, agent)`; the same names mean the same work."""
