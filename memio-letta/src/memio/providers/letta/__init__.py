"""Letta as a memory backend for memio."""
