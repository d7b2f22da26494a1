"""A memory server for MCP clients, on any backend of memio."""
