"""What a provider implements: one protocol per kind of memory.

These are the calls that every store has. Everything else belongs to a **feature**: a store that
declares the feature takes the keyword named beside it (with a default, because it is passed only
when the caller gave it), and a store that does not declare it never sees the keyword.

| feature               | keywords of the store's methods                                            |
|-----------------------|----------------------------------------------------------------------------|
| `attribution`         | `user_id` on `add`; for facts also `agent_id`                              |
| `user_scope`          | `user_id` on every other method                                            |
| `agent_scope`         | facts: `agent_id` on every method but `add`                                |
| `metadata`            | `metadata` on `add` and `update`; `Message.metadata`, `Triple.metadata`    |
| `filters`             | `filters` on `get_all` and `search` of facts and documents                 |
| `client_ids`          | `fact_id`, `doc_id` on `add`; `Message.id`, `Triple.id`                    |
| `update`              | the method `update(fact_id=…, content=…)` or `update(doc_id=…, content=…)` |
| `message_names`       | `Message.name`                                                             |
| `message_timestamps`  | `Message.timestamp`                                                        |
| `all_roles`           | `Message.role` other than `user` and `assistant`                           |
| `search_all_sessions` | `session_id` may be left out of `history.search`                           |

The client has checked every argument before a store is called, so a store needs no checks of its
own: text is legal Unicode without NUL, ids and owners are not empty, limits are in range, metadata
is a JSON object in a copy of its own, and what the store did not declare is not there.

A page has at most `limit` records. A store whose records may be large ends a page earlier, with a `next_cursor`,
before it fills the memory: 4 MB are a good measure. The client asks on until a caller of `get_all` or `get` has as
many as were asked for; iterations, `forget` and transfers take each page as it comes.

A store may also have these attributes, which the client reads once:

- `provider: str`: the name that errors use, when the store was not opened through a configuration.
- `max_content_bytes: int`: the longest content, in bytes of UTF-8. Longer content never arrives.
- `max_metadata_bytes: int`, `max_part_bytes: int`: the largest metadata, in bytes of JSON in ASCII without spaces, and
  the longest part of a triple, in bytes of UTF-8, where they are less than the 1 MiB and the 64 KiB of the client.
- `identity: str`: what tells its data from those of another store of the same class, such as a path or
  a URL without secrets, known without I/O. Cursors are bound to it.
- `hints: Mapping[str, str]`: by feature, what a caller should do who asks for one that is missing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, Protocol, Required, TypedDict, runtime_checkable

from memio.models import Document, Fact, Message, Page, Triple, Turn

Start = Literal["latest", "oldest"]
"""From which end `history.get` reads a session."""


class FactInput(TypedDict, total=False):
    """One record of `facts.add_many`: the arguments of `facts.add`."""

    content: Required[str]
    metadata: dict[str, Any]
    user_id: str
    agent_id: str
    fact_id: str


class DocumentInput(TypedDict, total=False):
    """One record of `documents.add_many`: the arguments of `documents.add`."""

    content: Required[str]
    metadata: dict[str, Any]
    user_id: str
    doc_id: str


class Store(Protocol):
    """What the stores of every kind have."""

    @property
    def features(self) -> frozenset[str]:
        """The features that callers can ask for; see `memio.capabilities.Feature`."""
        ...

    @property
    def guarantees(self) -> frozenset[str]:
        """The properties that are promised; see `memio.capabilities.Guarantee`."""
        ...

    async def aclose(self) -> None:
        """Release what the store holds. Closing again does nothing."""
        ...


class FactStore(Store, Protocol):
    """A store of facts."""

    async def add(self, *, content: str) -> Fact:
        """Store a new fact. Features: `metadata`, `user_id`, `agent_id`, `fact_id`."""
        ...

    async def get(self, *, fact_id: str) -> Fact:
        """Return one fact, or raise `NotFoundError`. Features: `user_id`, `agent_id`."""
        ...

    async def get_all(self, *, limit: int, cursor: str | None) -> Page[Fact]:
        """Return a page in insertion order. Features: `user_id`, `agent_id`, `filters`.

        `cursor` is the `next_cursor` of an earlier page under the same arguments.
        """
        ...

    async def search(self, *, query: str, limit: int) -> list[Fact]:
        """Return the best matches first. Features: `user_id`, `agent_id`, `filters`."""
        ...

    # update(*, fact_id: str, content: str) -> Fact: feature `update`.
    # Features: `metadata`, `user_id`, `agent_id`. Metadata left out stays as it is.

    async def delete(self, *, fact_id: str) -> None:
        """Delete one fact, or raise `NotFoundError`. Features: `user_id`, `agent_id`."""
        ...

    async def delete_all(self) -> None:
        """Delete every fact in scope. Features: `user_id`, `agent_id`."""
        ...


class DocumentStore(Store, Protocol):
    """A store of documents."""

    async def add(self, *, content: str) -> Document:
        """Store a new document. Features: `metadata`, `user_id`, `doc_id`."""
        ...

    async def get(self, *, doc_id: str) -> Document:
        """Return one document, or raise `NotFoundError`. Features: `user_id`."""
        ...

    async def get_all(self, *, limit: int, cursor: str | None) -> Page[Document]:
        """Return a page in insertion order. Features: `user_id`, `filters`."""
        ...

    async def search(self, *, query: str, limit: int) -> list[Document]:
        """Return the best matches first. Features: `user_id`, `filters`."""
        ...

    # update(*, doc_id: str, content: str) -> Document: feature `update`.
    # Features: `metadata`, `user_id`. Metadata left out stays as it is.

    async def delete(self, *, doc_id: str) -> None:
        """Delete one document, or raise `NotFoundError`. Features: `user_id`."""
        ...

    async def delete_all(self) -> None:
        """Delete every document in scope. Features: `user_id`."""
        ...


class HistoryStore(Store, Protocol):
    """A store of conversations. A session begins with its first message and ends with its deletion."""

    async def add(self, *, session_id: str, messages: Sequence[Message]) -> Turn:
        """Append messages to a session, all or none. Features: `user_id`, and those of messages."""
        ...

    async def get(self, *, session_id: str, limit: int, cursor: str | None, start: Start) -> Page[Message]:
        """Return a page of one session, oldest first; an unknown session is empty. Features: `user_id`.

        From `latest`, the first page holds the newest messages and the cursor goes back in time;
        from `oldest`, it goes forward.
        """
        ...

    async def get_all(self, *, limit: int, cursor: str | None) -> Page[str]:
        """Return a page of session ids, by their first message. Features: `user_id`."""
        ...

    async def search(self, *, query: str, limit: int, session_id: str | None) -> list[Message]:
        """Return the best matches first. Features: `user_id`; without `search_all_sessions`, `session_id` is given."""
        ...

    async def delete(self, *, session_id: str) -> None:
        """Delete a session; deleting an unknown one does nothing. Features: `user_id`."""
        ...

    async def delete_all(self) -> None:
        """Delete every session in scope. Features: `user_id`."""
        ...


class GraphStore(Store, Protocol):
    """A store of triples. Provisional: it may still change in a minor version."""

    async def add(self, *, triples: Sequence[Triple]) -> list[Triple]:
        """Store triples, all or none; an identical one of the same owner is stored once. Features: `user_id`."""
        ...

    async def get(self, *, entity: str, limit: int, cursor: str | None) -> Page[Triple]:
        """Return a page of the triples that have the entity at either end. Features: `user_id`."""
        ...

    async def get_all(self, *, limit: int, cursor: str | None) -> Page[Triple]:
        """Return a page in insertion order. Features: `user_id`."""
        ...

    async def search(self, *, query: str, limit: int) -> list[Triple]:
        """Return the best matches first. Features: `user_id`."""
        ...

    async def delete(self, *, triple_id: str) -> None:
        """Delete one triple, or raise `NotFoundError`. Features: `user_id`."""
        ...

    async def delete_entity(self, *, entity: str) -> None:
        """Delete every triple that has the entity at either end. Features: `user_id`."""
        ...

    async def delete_all(self) -> None:
        """Delete every triple in scope. Features: `user_id`."""
        ...


@runtime_checkable
class SupportsRestore(Protocol):
    """A store of any kind that can take records exactly as another store had them.

    It is what moving data between backends needs beyond `add`: the times of facts and documents, and records of many
    owners and sessions in one call. `memio.transfer` calls it; applications do not.
    """

    async def restore_records(self, *, records: Sequence[Any]) -> int:
        """Store records with their ids, owners, sessions and times, in order, all or none.

        A record that is there already, by owner, session and id, with the same content and metadata, stays as it is.
        What a record leaves open (`None`), the store chooses. The client has checked that it declares `client_ids`,
        `attribution`, `metadata` and whatever else the records use.

        Args:
            records: `Fact`, `Document`, `Message` with its `session_id`, or `Triple`; each with its own `user_id`.

        Returns:
            How many of them were not there yet.

        Raises:
            ConflictError: An id is taken by another record of its owner; nothing was stored.
        """
        ...


@runtime_checkable
class SupportsAddMany(Protocol):
    """A store of facts or documents whose backend has a batch call."""

    async def add_many(self, *, items: Sequence[Any]) -> list[Any]:
        """Store many records, `FactInput` or `DocumentInput`, and return them in order.

        Raises:
            PartialWriteError: Some were added. It holds them, the items that were certainly not added, and those
                that may have been. A store that adds all or none raises the plain error instead.
        """
        ...


@runtime_checkable
class SupportsErase(Protocol):
    """A store of any kind that can say what stays of deleted records, and take away what it can of that.

    `forget` asks it once per store, after everything of the owner was deleted. Stores that share a file are asked
    at the same time, so that they can share the work.
    """

    async def erase(self) -> list[str]:
        """Make unrecoverable what was deleted, by this call's owner or by any other, now or earlier.

        Features: `user_id`, `agent_id`, as on `delete_all`: the owner that is being forgotten.

        Returns:
            What stays all the same, in sentences for people; empty when nothing does.

        Raises:
            ProviderError: It could not be done, and why; it may be called again.
        """
        ...
