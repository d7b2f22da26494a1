"""Chroma's persistent client, with vectors that are given."""

from importlib import import_module
from typing import Any

chromadb: Any = import_module("chromadb")  # not installed where types are checked
client = chromadb.PersistentClient("cold", settings=chromadb.Settings(anonymized_telemetry=False))
facts = client.create_collection("facts", embedding_function=None)
facts.add(ids=["1"], documents=["Alice likes coffee"], embeddings=[[1.0, 0.0, 0.0]])
assert facts.query(query_embeddings=[[1.0, 0.0, 0.0]], n_results=1)["ids"] == [["1"]]
