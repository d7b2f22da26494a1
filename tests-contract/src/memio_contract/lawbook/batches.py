"""Laws about a store's method `add_many`."""

# ruff: noqa: D103  # a law is documented by what it means, in its declaration

from __future__ import annotations

from typing import Any

from memio.capabilities import Feature
from memio.errors import ConflictError, PartialWriteError
from memio.owners import Owner
from memio_contract.expect import broken, equal, once_each, that
from memio_contract.law import law
from memio_contract.lawbook._kinds import RECORDS
from memio_contract.place import Labels
from memio_contract.world import World


@law(
    "add-many.in-order",
    kinds=RECORDS,
    means="add_many stores every item whole and in order, and returns them in order.",
    look_at="the batch call: the order of its answer, and fields that only the single call stores",
    batch=True,
)
async def in_order(w: World) -> None:
    items: list[dict[str, Any]] = []
    for number in range(w.profile.many):
        item: dict[str, Any] = {"content": f"item number {number}"}
        if w.has(Feature.METADATA) and number % 2:
            item["metadata"] = {"number": number}
        if w.has(Feature.ATTRIBUTION) and not w.home and number % 3:
            item |= w.user(f"user-{number % 3}")
        if w.has(Feature.CLIENT_IDS) and number % 5 == 0:
            item[w.records.id_name] = w.label(f"id-{number}")
        items.append(item)
    added = await w.records.api.add_many(items, **w.home)
    once_each([record.id for record in added], "the list of ids that add_many returned")
    equal([_stored(r) for r in added], [_stored(_Item(w, item)) for item in items], "the answer of add_many")
    listed = await w.records.listed()
    equal([w.records.view(r) for r in listed], [w.records.view(r) for r in added], "what is listed after add_many")


@law(
    "add-many.owners",
    kinds=RECORDS,
    needs=(Feature.ATTRIBUTION,),
    means="Each item of add_many has the owner that it names: no item lends its owner to another.",
    look_at="an owner that is taken from the first item, or from the call, for the whole batch",
    batch=True,
)
async def owners(w: World) -> None:
    named: list[Labels] = [w.user("alice"), w.user("bob"), w.user("alice"), w.user("alice ")]
    named = [{**owner, "agent_id": w.label(f"agent-{n % 3}")} for n, owner in enumerate(named)]
    named.append(w.user("bob"))
    if w.has(Feature.NAMESPACES):
        named += [{**w.user("alice"), "namespace": w.path("a", "b")}, {**w.user("alice"), "namespace": w.path("a/b")}]
    named += [] if w.home else [{"agent_id": w.label("agent-0")}, {}]
    for order in (named, named[::-1]):
        items = [{"content": f"words {number}", **owner} for number, owner in enumerate(order)]
        added = await w.records.api.add_many(items)
        expected = [Owner(**owner) for owner in order]
        for place, records in (
            ("the answer of add_many", added),
            (
                "a read by id",
                [(await w.records.get(r.id, owner=w.reading(o))) for r, o in zip(added, order, strict=True)],
            ),
        ):
            equal([record.owner for record in records], expected, f"the owners in {place}")
    if w.has(Feature.USER_SCOPE):
        users = [record.user_id for record in await w.records.listed(owner=w.user("bob"))]
        count = sum(owner.get("user_id") == w.label("bob") for owner in named)
        equal(users, [w.label("bob")] * 2 * count, "the owners of what bob lists")


@law(
    "add-many.conflict",
    kinds=RECORDS,
    needs=(Feature.CLIENT_IDS,),
    means="An add_many with a conflict adds nothing, or raises an error that lists what it added.",
    look_at="what the batch call leaves behind when one item fails: roll back, or raise PartialWriteError with it",
    batch=True,
)
async def conflict(w: World) -> None:
    await w.records.add("taken", id=w.label("taken"))
    items = [
        *({"content": f"before {number}"} for number in range(w.profile.many)),
        {"content": "something else", w.records.id_name: w.label("taken")},
        {"content": "after"},
    ]
    try:
        answer = await w.records.api.add_many(items, **w.home)
    except PartialWriteError as error:
        equal(error.outcome, "unknown" if error.unknown else "partial", "the outcome that the error states")
        expected = ["taken", *(record.content for record in error.added)]
        given = [item["content"] for item in (*error.not_added, *error.unknown)] + expected[1:]
        equal(sorted(given), sorted(item["content"] for item in items), "the items in the lists of the error, sorted")
        that("something else" in [item["content"] for item in error.not_added], "`not_added` lacks the refused item")
        unknown = [item["content"] for item in error.unknown]
        listed = [record.content for record in await w.records.listed() if record.content not in unknown]
        equal(sorted(listed), sorted(expected), "the contents that are listed after the failure, sorted")
        return
    except ConflictError:
        pass
    else:
        broken(f"add_many with an id that is taken must raise ConflictError or PartialWriteError, it returned {answer}")
    equal([r.content for r in await w.records.listed()], ["taken"], "the contents that are listed after the failure")


@law(
    "add-many.retries",
    kinds=RECORDS,
    needs=(Feature.CLIENT_IDS,),
    means="An item that is stored already, by an earlier call or earlier in the batch, is a retry as it is for add.",
    look_at="the look for the id: before each item, or in the statement that inserts; and rows that are left out",
    batch=True,
)
async def retries(w: World) -> None:
    first = await w.records.add("first words", id=w.label("id-1"))
    items = [
        {"content": "new words", w.records.id_name: w.label("id-2")},
        {"content": "first words", w.records.id_name: first.id},
        {"content": "other words"},
        {"content": "new words", w.records.id_name: w.label("id-2")},
    ]
    for call in ("add_many", "the same add_many again"):
        added = await w.records.api.add_many(items, **w.home)
        equal([record.content for record in added], [item["content"] for item in items], f"the answer of {call}")
        equal([r.id for r in (added[0], added[1], added[3])], [w.label("id-2"), first.id, w.label("id-2")], "the ids")
        equal(added[1], first, f"the record that was there before, in the answer of {call}")
        items[2] |= {w.records.id_name: added[2].id}
    listed = [record.id for record in await w.records.listed()]
    equal(listed, [first.id, w.label("id-2"), added[2].id], "the ids that are listed after both")


class _Item:
    """An item, with the attributes of the record that it becomes."""

    def __init__(self, world: World, item: dict[str, Any]) -> None:
        self.content = item["content"]
        self.metadata = item.get("metadata", {})
        self.user_id = item.get("user_id", world.home.get("user_id"))


def _stored(record: Any) -> tuple[Any, ...]:
    return record.content, record.metadata, record.user_id
