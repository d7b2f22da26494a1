"""Stores with an embedder, for tests. Processes that tests start import this file as well."""

import asyncio
import os
from zlib import crc32

from memio import Message, Owner
from memio.embedders.shared import SharedEmbedder
from memio.protocols import Embedded
from memio.providers.postgres import PostgresDocumentAdapter, PostgresFactAdapter, PostgresHistoryAdapter

ANN, BOB = Owner(user_id="ann"), Owner(user_id="bob")
NOTHING = Embedded(0, 0)
DIMENSIONS = 32
MEANINGS = {"coffee": "beverage", "tea": "beverage", "dog": "animal", "cat": "animal"}
"""Words that mean the same as another."""


def vector_of(text):
    """Return the vector of a text: each word counts where its meaning is hashed to."""
    vector = [0.0] * DIMENSIONS
    for word in text.lower().split():
        vector[crc32(MEANINGS.get(word, word).encode()) % DIMENSIONS] += 1.0
    return vector


class WordEmbedder:
    """Embeds by words and their meanings, and records what it is asked."""

    dimensions = DIMENSIONS
    max_chars = 200
    destination = None

    def __init__(self, model="words-1"):
        self.model = model
        self.texts = []

    async def embed_documents(self, texts):
        self.texts += texts
        return await self.answer(texts)

    async def embed_queries(self, texts):
        return await self.answer(texts)

    async def answer(self, texts):
        await asyncio.sleep(0)
        return [vector_of(text) for text in texts]

    async def aclose(self):
        pass


class Kind:
    """The same calls for each kind."""

    def __init__(self, adapter):
        self.adapter = adapter
        self.table = adapter.table

    def __repr__(self):
        return self.table

    async def add(self, store, content, owner=ANN, session_id="s", **more):
        if self.table != "message":
            return await store.add(content=content, owner=owner, **more)
        message = Message(role="user", content=content, **more)
        return (await store.add(session_id=session_id, messages=[message], owner=owner)).stored[0]


FACTS, DOCUMENTS, MESSAGES = map(Kind, (PostgresFactAdapter, PostgresDocumentAdapter, PostgresHistoryAdapter))


def opened(kind, embedder, **settings):
    """Return a store, with an embedder or without one."""
    store = kind.adapter(dsn=settings.pop("dsn", None) or os.environ["MEMIO_POSTGRES_DSN"], **settings)
    if embedder is not None:
        store.use_embedder(SharedEmbedder(embedder))
    return store


async def drain(store):
    for _ in range(10_000):
        if await store.embed_pending(limit=100) == NOTHING:
            return
    raise AssertionError("there is always something to embed")


async def texts(found):
    return [record.content for record in await found]
