"""What memio keeps in Letta: records as passages, sessions as conversations, and labels that name their owners."""
