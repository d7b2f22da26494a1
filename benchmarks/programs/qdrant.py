"""Qdrant's local mode, with vectors that are given."""

from importlib import import_module
from typing import Any

qdrant: Any = import_module("qdrant_client")  # not installed where types are checked
client, models = qdrant.QdrantClient(path="cold"), qdrant.models
size = models.VectorParams(size=3, distance=models.Distance.COSINE)
client.create_collection("facts", vectors_config=size)
point = models.PointStruct(id=1, vector=[1.0, 0.0, 0.0], payload={"content": "Alice likes coffee"})
client.upsert("facts", [point])
assert [hit.id for hit in client.query_points("facts", query=[1.0, 0.0, 0.0], limit=1).points] == [1]
client.close()
