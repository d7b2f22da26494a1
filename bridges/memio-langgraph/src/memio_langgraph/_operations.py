"""The operations of a store, each a few calls of `memio.documents`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar, cast

from langgraph.store.base import GetOp, Item, ListNamespacesOp, Op, PutOp, Result, SearchItem, SearchOp

from memio import ConflictError, Document, Documents, Feature, InvalidInputError, NotFoundError
from memio.owners import check_namespace
from memio.toolkit import legal_text
from memio_langgraph._faces import Gather
from memio_langgraph._filters import check_filter, condition_for, passes
from memio_langgraph._items import TTL, expiry, fields_of, found_item, is_item, item_of
from memio_langgraph._namespaces import Namespace, common_prefix, named, pattern_of

T = TypeVar("T")
Call = Callable[[], Coroutine[Any, Any, T]]

MOST = 1000
"""Documents that one call of memio returns at most."""


class Operations:
    """Carries out operations on documents.

    Args:
        documents: The documents, async or `at_once`.
        gather: Carries out several calls.
        labels: The labels that all items have.
        paths: The paths of a value that are searched.
        refreshes: Whether reads may postpone the expiry of items.
    """

    def __init__(
        self,
        documents: Documents,
        gather: Gather[Any],
        labels: Mapping[str, str],
        paths: Sequence[str],
        *,
        refreshes: bool,
    ) -> None:
        self._documents = documents
        self._gather = gather
        self._labels: Mapping[str, Any] = labels
        self._paths = paths
        self._refreshes = refreshes

    async def run(self, ops: Iterable[Op]) -> list[Result]:
        """Carry out a batch: first everything that reads, then the last write of each key.

        Every operation is checked before the first one is carried out.
        """
        reads: dict[int, Call[Result]] = {}
        writes: dict[tuple[Namespace, str], Call[None]] = {}
        count = 0
        for number, op in enumerate(ops):
            count += 1
            if isinstance(op, PutOp):
                namespace = check_namespace(op.namespace)
                writes.pop((namespace, op.key), None)
                writes[namespace, op.key] = self._write(op, namespace)
            else:
                reads[number] = self._read(op)
        results: list[Result] = [None] * count
        for number, result in zip(reads, await self._all(list(reads.values())), strict=True):
            results[number] = result
        await self._all(list(writes.values()), written=list(writes))
        return results

    async def _all(self, calls: list[Call[T]], written: Sequence[object] = ()) -> list[T]:
        """Carry out calls, and raise the first error when all have ended."""
        if len(calls) == 1:
            return [await calls[0]()]
        results = await self._gather(calls) if calls else []
        errors = [(place, result) for place, result in enumerate(results) if isinstance(result, BaseException)]
        if not errors:
            return cast("list[T]", results)
        error = errors[0][1]
        if written:
            failed = ", ".join(repr(written[place]) for place, _ in errors)
            error.add_note(
                f"{len(errors)} of the {len(calls)} writes of the batch failed, the others are done: {failed}"
            )
        raise error

    def _write(self, op: PutOp, namespace: Namespace) -> Call[None]:
        check_namespace((op.key,), "key")  # an id is as short, and as legal, as a label
        if op.value is None:
            return partial(self._delete, op.key, namespace)
        fields = fields_of(op.key, op.value, op.index, self._paths, op.ttl)
        return partial(self._put, op.key, namespace, fields)

    async def _put(self, key: str, namespace: Namespace, fields: dict[str, Any]) -> None:
        await self._documents.put(key, namespace=namespace, **fields, **self._labels)

    async def _delete(self, key: str, namespace: Namespace) -> None:
        try:
            await self._documents.delete(key, namespace=namespace, **self._labels)
        except NotFoundError as error:
            if error.resource != "document":
                raise

    def _read(self, op: Op) -> Call[Result]:
        if isinstance(op, GetOp):
            check_namespace((op.key,), "key")
            return partial(self._get, op.key, check_namespace(op.namespace), refresh=op.refresh_ttl)
        if isinstance(op, SearchOp):
            _check_range(op.limit, op.offset)
            if op.filter is not None:
                check_filter(op.filter)
            if op.query is not None and not isinstance(op.query, str):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers may be untyped
                raise InvalidInputError(f"query must be a text, not {type(op.query).__name__}", argument="query")
            return partial(self._search, op, check_namespace(op.namespace_prefix, "namespace_prefix"))
        if isinstance(op, ListNamespacesOp):  # pyright: ignore[reportUnnecessaryIsInstance]  # callers may be untyped
            _check_range(op.limit, op.offset)
            if op.max_depth is not None and op.max_depth < 1:
                raise InvalidInputError(f"max_depth is {op.max_depth!r}: it must be 1 or more", argument="max_depth")
            for condition in op.match_conditions or ():
                check_namespace(pattern_of(condition), condition.match_type)
            return partial(self._list_namespaces, op)
        raise InvalidInputError(f"{op!r} is not an operation of a store", argument="ops")

    async def _get(self, key: str, namespace: Namespace, *, refresh: bool) -> Item | None:
        try:
            document = await self._documents.get(key, namespace=namespace, **self._labels)
        except NotFoundError as error:
            if error.resource != "document":
                raise
            return None
        if not is_item(document):
            return None
        if refresh:
            await self._refresh([document])
        return item_of(document)

    async def _search(self, op: SearchOp, prefix: Namespace) -> list[SearchItem]:
        if not op.limit:
            return []
        span: dict[str, Any] = {**self._labels, **({"namespace_prefix": prefix} if prefix else {})}
        rest: Mapping[str, Any] = {}
        if op.filter:
            condition = condition_for(op.filter, self._documents.features)
            rest = {} if condition.exact else op.filter
            if condition.filters:
                span["filters"] = condition.filters
        documents = await self._found(op, rest, span)
        if op.refresh_ttl:
            await self._refresh(documents)
        return [found_item(document) for document in documents]

    async def _found(self, op: SearchOp, rest: Mapping[str, Any], span: Mapping[str, Any]) -> list[Document]:
        """Return the documents of a search: those that match best, then the newest ones.

        Args:
            op: The search.
            rest: The filter, where the backend does not apply all of it.
            span: The labels, the prefix, and what the backend applies of the filter.
        """
        need = op.offset + op.limit
        found: dict[object, Document] = {}
        if op.query:
            for document in await self._ranked(legal_text(op.query), rest, need, span):
                found[_place_of(document)] = document
        if len(found) < need:
            async for document in self._newest(rest, need, span):
                # What was stored with `index=False` has no text, and no query finds it.
                if document.content or not op.query:
                    found.setdefault(_place_of(document), document)
                if len(found) == need:
                    break
        return list(found.values())[op.offset : need]

    async def _ranked(
        self, query: str, filters: Mapping[str, Any], need: int, span: Mapping[str, Any]
    ) -> list[Document]:
        """Return the documents that match best, and pass the filter: as many as are needed, or all that are ranked."""
        asked = min(need, MOST)
        while True:
            hits = await self._documents.search(query, limit=asked, **span)
            passing = [hit for hit in hits if is_item(hit) and passes(hit.data, filters)]
            if len(passing) >= need or len(hits) < asked or asked == MOST:
                return passing[:need]
            asked = min(4 * asked, MOST)

    async def _newest(self, filters: Mapping[str, Any], need: int, span: Mapping[str, Any]) -> AsyncIterator[Document]:
        """Yield the documents that pass the filter, the newest first, page by page."""
        size, cursor = min(need, MOST), None
        while True:
            page = await self._documents.get_all(limit=size, cursor=cursor, order="newest", **span)
            for document in page:
                if is_item(document) and passes(document.data, filters):
                    yield document
            if page.next_cursor is None:
                return
            size, cursor = min(4 * size, MOST), page.next_cursor

    async def _list_namespaces(self, op: ListNamespacesOp) -> list[Namespace]:
        span: dict[str, Any] = {**self._labels}
        if prefix := common_prefix(op):
            span["namespace_prefix"] = prefix
        namespaces: set[Namespace] = set()
        cursor = None
        while True:
            page = await self._documents.get_owners(limit=MOST, cursor=cursor, **span)
            namespaces.update(owner.namespace for owner in page)
            if (cursor := page.next_cursor) is None:
                return named(op, namespaces)

    async def _refresh(self, documents: Sequence[Document]) -> None:
        """Let items live as long again as they were stored for."""
        if self._refreshes:
            await self._all([partial(self._postpone, item) for item in documents if TTL in item.metadata])

    async def _postpone(self, document: Document) -> None:
        # Only the state that was read: one that was stored since may live longer, or for ever.
        version: dict[str, Any] = {} if document.version is None else {"if_version": document.version}
        until = expiry(document.metadata[TTL])
        try:
            await self._documents.update(doc_id=document.id, expires_at=until, owner=document.owner, **version)
        except ConflictError as error:
            if error.reason != "version":
                raise
        except NotFoundError as error:
            if error.resource != "document":
                raise


REFRESH = frozenset({Feature.EXPIRY, Feature.UPDATE, Feature.VERSIONS})
"""The features without which items cannot have a time to live."""


def _place_of(document: Document) -> tuple[object, ...]:
    """Return what tells a document of this store from all others; `agent_id` is the same for all."""
    return document.user_id, document.namespace, document.id


def _check_range(limit: Any, offset: Any) -> None:
    for name, value in (("limit", limit), ("offset", offset)):
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise InvalidInputError(f"{name} is {value!r}: it must be a whole number, 0 or more", argument=name)
