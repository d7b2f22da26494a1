"""The peers that search by vectors."""

from __future__ import annotations

VECTORS = {"Chroma": "chroma", "Qdrant, local": "qdrant"}
MANY = 100_000
"""More records than this are not stored in the vector databases."""
