"""The peers that store records: those that store texts, and those that search by vectors."""

from __future__ import annotations

from benchmarks.orders import MEMIO, RAW

STORES = {MEMIO: ("memio", "memio"), RAW: ("memio", "raw_sqlite"), "LangGraph's store": ("langgraph", "langgraph")}
"""By column, the environment and the peer."""
VECTORS = {"Chroma": "chroma", "Qdrant, local": "qdrant"}
MANY = 100_000
"""More records than this are not stored in the vector databases."""
