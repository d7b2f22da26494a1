"""A provider of another distribution without any feature: four kinds in one JSON file, which its setting names."""

import json
from pathlib import Path
from typing import Annotated, Any
from uuid import uuid4

from memio.errors import NotFoundError
from memio.hookspecs import hookimpl
from memio.models import Document, Fact, Message, Page, Triple, Turn
from memio.plugins import Resources, StoreSpec
from memio.settings import Env, Settings


class PlainSettings(Settings):
    file: Annotated[str, Env("PLAIN_FILE")]
    password: Annotated[str, Env("PLAIN_PASSWORD")] = "geheim"  # noqa: S105  # a secret that was not declared as one
    url: str = "https://me:hunter2@plain.example/"


class Store:
    kind = ""
    features: frozenset[str] = frozenset()
    guarantees: frozenset[str] = frozenset({"read_your_writes"})

    def __init__(self, settings: PlainSettings) -> None:
        self.path = Path(settings.file)

    async def aclose(self) -> None:
        pass

    def read(self) -> dict[str, Any]:
        everything = json.loads(self.path.read_text()) if self.path.exists() else {}
        return everything.get(self.kind, {})

    def write(self, records: dict[str, Any]) -> None:
        everything = json.loads(self.path.read_text()) if self.path.exists() else {}
        self.path.write_text(json.dumps({**everything, self.kind: records}))

    async def delete_all(self) -> None:
        self.write({})


class Records(Store):
    record: type = Fact

    async def add(self, *, content: str) -> Any:
        self.write({**self.read(), (made := uuid4().hex): content})
        return self.record(id=made, content=content)

    def one(self, wanted: str) -> Any:
        if wanted not in self.read():
            raise NotFoundError(self.kind, wanted)
        return self.record(id=wanted, content=self.read()[wanted])

    async def get_all(self, *, limit: int, cursor: str | None) -> Page[Any]:
        return Page([self.record(id=key, content=text) for key, text in self.read().items()][:limit])

    async def search(self, *, query: str, limit: int) -> list[Any]:
        words = query.lower().split()
        return [
            one for one in await self.get_all(limit=1000, cursor=None) if any(word in one.content for word in words)
        ][:limit]

    def remove(self, wanted: str) -> None:
        self.one(wanted)
        self.write({key: text for key, text in self.read().items() if key != wanted})


class Facts(Records):
    kind = "facts"

    async def get(self, *, fact_id: str) -> Any:
        return self.one(fact_id)

    async def delete(self, *, fact_id: str) -> None:
        self.remove(fact_id)


class Documents(Records):
    kind = "documents"
    record = Document

    async def get(self, *, doc_id: str) -> Any:
        return self.one(doc_id)

    async def delete(self, *, doc_id: str) -> None:
        self.remove(doc_id)


class History(Store):
    kind = "history"

    async def add(self, *, session_id: str, messages: list[Message]) -> Turn:
        reply = Message(role="assistant", content="Noted.")
        added = [{"role": one.role, "content": one.content} for one in [*messages, reply]]
        self.write({**self.read(), session_id: [*self.read().get(session_id, []), *added]})
        return Turn(stored=list(messages), replies=[reply])

    async def get(self, *, session_id: str, limit: int, cursor: str | None, start: str) -> Page[Message]:
        return Page([Message(**one) for one in self.read().get(session_id, [])][-limit:])

    async def get_all(self, *, limit: int, cursor: str | None) -> Page[str]:
        return Page(list(self.read())[:limit])

    async def search(self, *, query: str, limit: int, session_id: str | None) -> list[Message]:
        assert session_id is not None
        return list(await self.get(session_id=session_id, limit=limit, cursor=None, start="latest"))

    async def delete(self, *, session_id: str) -> None:
        self.write({key: messages for key, messages in self.read().items() if key != session_id})


class Graph(Store):
    kind = "graph"

    async def add(self, *, triples: list[Triple]) -> list[Triple]:
        edges = self.read()
        stored: list[Triple] = []
        for one in triples:
            edges[made := uuid4().hex] = [one.subject, one.predicate, one.object]
            stored.append(Triple(subject=one.subject, predicate=one.predicate, object=one.object, id=made))
        self.write(edges)
        return stored

    async def get_all(self, *, limit: int, cursor: str | None) -> Page[Triple]:
        edges = self.read().items()
        return Page([Triple(id=key, subject=s, predicate=p, object=o) for key, (s, p, o) in edges][:limit])

    async def get(self, *, entity: str, limit: int, cursor: str | None) -> Page[Triple]:
        everything = await self.get_all(limit=1000, cursor=None)
        return Page([one for one in everything if entity in (one.subject, one.object)][:limit])

    async def search(self, *, query: str, limit: int) -> list[Triple]:
        return list(await self.get_all(limit=limit, cursor=None))

    async def delete(self, *, triple_id: str) -> None:
        self.write({key: edge for key, edge in self.read().items() if key != triple_id})

    async def delete_entity(self, *, entity: str) -> None:
        self.write({key: edge for key, edge in self.read().items() if entity not in (edge[0], edge[2])})


@hookimpl
def memio_stores() -> list[StoreSpec]:
    def opener(store: type[Any]) -> Any:
        def open_store(settings: PlainSettings, resources: Resources) -> Any:
            return store(settings)

        return open_store

    return [
        StoreSpec(kind=store.kind, provider="plain", settings=PlainSettings, open=opener(store))  # type: ignore[arg-type]
        for store in (Facts, History, Documents, Graph)
    ]
