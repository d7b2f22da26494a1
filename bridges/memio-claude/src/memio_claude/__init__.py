"""Memory of Claude in any backend of memio."""
