"""What the commands read and write: input, tables, JSON, exit codes."""
