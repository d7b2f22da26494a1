"""What a target cannot hold is reported before anything is written; the transfer continues only when it is accepted."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from lacking import Lacking
from somewhat import LATER, fill, open_client

from memio import Memio, Message, Owner, Triple
from memio.capabilities import KINDS, Kind
from memio.errors import InvalidInputError
from memio.kinds import SPECS
from memio.owners import OWNERS
from memio.transfer import Intent, Loss, LossError, _losses, copy, export, import_

LACKS = {
    "owner": ("attribution",),
    "namespaces": ("namespaces",),
    "metadata": ("metadata",),
    "data": ("data",),
    "expiry": ("expiry",),
    "ids": ("client_ids",),
    "roles": ("all_roles",),
    "timestamps": ("message_timestamps",),
    "names": ("message_names",),
    "replies": ("silent_append",),
}
ALL = tuple(feature for features in LACKS.values() for feature in features)


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("losses") / "filled.db"

    async def main() -> None:
        async with open_client(path) as memio:
            await fill(memio)

    asyncio.run(main())
    return path


@pytest.mark.parametrize(
    ("kind", "loss"),
    [("facts", loss) for loss in ("owner", "namespaces", "metadata", "ids", "created_at", "expiry")]
    + [
        ("history", loss)
        for loss in ("owner", "namespaces", "metadata", "data", "ids", "roles", "timestamps", "names", "replies")
    ]
    + [("documents", loss) for loss in ("owner", "namespaces", "metadata", "data", "ids", "created_at", "expiry")]
    + [("graph", loss) for loss in ("owner", "namespaces", "metadata", "ids", "created_at")],
)
def test_a_loss_is_reported_and_nothing_is_written_until_it_is_accepted(
    kind: str, loss: str, source: Path, tmp_path: Path, run: Any
) -> None:
    # defect: metadata, owners, roles or times accepted and dropped
    async def main() -> None:
        store = Lacking(kind, tmp_path / "new.db", LACKS.get(loss, ()))
        also = ["created_at"] if kind != "history" else []
        async with open_client(source) as old, Memio(**{kind: store}) as new:
            with pytest.raises(LossError) as caught:
                await copy(old, new, kinds=[kind], accept=[name for name in also if name != loss])
            assert [(finding.kind, str(finding.loss)) for finding in caught.value.findings] == [(kind, loss)]
            assert caught.value.findings[0].records > 0
            assert f"accept the losses: {loss}" in str(caught.value)
            assert store.adds == 0
            assert not (tmp_path / "j").exists()
            done = await copy(old, new, kinds=[kind], accept=[loss, *also], journal=tmp_path / "j")
            assert store.adds > 0
            assert loss in {str(finding.loss) for finding in done.losses}
            # Without a label, records of one id are one, or in conflict; that is reported.
            assert (done.differences == ()) == (loss not in ("owner", "namespaces") or kind == "documents")
            left_out = {("history", "roles"): 9, ("history", "data"): 1, ("documents", "data"): 1}
            assert done.kinds[0].left_out == left_out.get((kind, loss), 0)

    run(main())


def test_what_will_be_lost_is_reported_before_anything_is_written(source: Path, tmp_path: Path, run: Any) -> None:
    async def main() -> None:
        intents: list[Intent] = []
        store = Lacking("facts", tmp_path / "new.db", LACKS["ids"])
        async with open_client(source) as old, Memio(facts=store) as new:

            def announce(intent: Intent) -> None:
                assert store.adds == 0
                assert not (tmp_path / "j").exists()
                intents.append(intent)
                if len(intents) == 1:
                    raise RuntimeError("rather not")

            arguments = {"kinds": ["facts"], "accept": ["ids", "created_at"], "journal": tmp_path / "j"}
            with pytest.raises(RuntimeError, match="rather not"):
                await copy(old, new, **arguments, announce=announce)
            assert await new.facts.get_all() == []
            done = await copy(old, new, **arguments, announce=announce)
            assert intents[0] == intents[1] == Intent({"facts": done.kinds[0].source.count}, done.losses)
            assert {str(finding.loss): finding.records for finding in done.losses} == dict.fromkeys(
                ["ids", "created_at"], done.kinds[0].source.count
            )

    run(main())


def test_all_losses_are_reported_at_once(source: Path, tmp_path: Path, run: Any) -> None:
    async def main() -> None:
        store = Lacking("history", tmp_path / "new.db", ALL)
        async with open_client(source) as old, Memio(history=store) as new:
            with pytest.raises(LossError) as caught:
                await copy(old, new, kinds=["history"], accept=["ids"])
            assert [str(finding.loss) for finding in caught.value.findings] == [
                "owner", "namespaces", "metadata", "data", "roles", "timestamps", "names", "replies",
            ]  # fmt: skip
            assert "accept the losses: owner,namespaces,metadata,data,roles,timestamps,names,replies" in str(
                caught.value
            )

    run(main())


def test_only_what_the_records_use_is_a_loss(tmp_path: Path, run: Any) -> None:
    async def main() -> None:
        store = Lacking("history", tmp_path / "new.db", (*LACKS["owner"], *LACKS["names"], *LACKS["metadata"]))
        async with open_client(tmp_path / "old.db") as old, Memio(history=store) as new:
            await old.history.add(session_id="s", messages=[Message(role="user", content="hello")])
            assert (await copy(old, new, kinds=["history"])).differences == ()

    run(main())


def test_a_history_that_answers_is_refused_unless_replies_are_accepted(source: Path, tmp_path: Path, run: Any) -> None:
    async def main() -> None:
        async with open_client(source) as old, Memio(history=Lacking("history", tmp_path / "n.db", ALL)) as new:
            with pytest.raises(LossError, match="replies: history, 23 records, to lacking: its agent answers"):
                await copy(old, new, kinds=["history"], accept=[str(loss) for loss in Loss if loss != "replies"])

    run(main())


def test_an_unknown_loss_is_an_error_that_lists_the_known_ones(source: Path, tmp_path: Path, run: Any) -> None:
    async def main() -> None:
        async with open_client(source) as old, open_client(tmp_path / "new.db") as new:
            with pytest.raises(
                InvalidInputError,
                match=r"unknown loss 'id': the losses are owner, namespaces, metadata, data, ids, roles",
            ):
                await copy(old, new, accept=["id"])
            with pytest.raises(InvalidInputError, match=r"accept must be a list of losses, such as \['ids'\]"):
                await copy(old, new, accept="ids")

    run(main())


def test_what_is_too_long_for_the_target_is_a_loss(tmp_path: Path, run: Any) -> None:
    async def main() -> None:
        store = Lacking("facts", tmp_path / "new.db")
        store.max_content_bytes = 6  # type: ignore[attr-defined]
        async with open_client(tmp_path / "old.db") as old, Memio(facts=store) as new:
            await old.facts.add_many(["short", "日本", "日本語"])
            with pytest.raises(LossError, match="oversized: facts, 1 record,"):
                await copy(old, new, kinds=["facts"], accept=["created_at"])
            done = await copy(old, new, kinds=["facts"], accept=["created_at", "oversized"])
            assert (done.kinds[0].left_out, done.kinds[0].source.count, done.differences) == (1, 2, ())

    run(main())


def test_data_that_is_lost_anyway_does_not_count_as_too_long(tmp_path: Path, run: Any) -> None:
    async def main() -> None:
        store = Lacking("documents", tmp_path / "new.db", LACKS["data"])
        store.max_content_bytes = 6  # type: ignore[attr-defined]
        async with open_client(tmp_path / "old.db") as old, Memio(documents=store) as new:
            await old.documents.add("short", data="x" * 100)
            await old.documents.add("", data="only data")
            with pytest.raises(LossError) as caught:
                await copy(old, new, kinds=["documents"], accept=["created_at"])
            assert [(str(finding.loss), finding.records) for finding in caught.value.findings] == [("data", 2)]
            done = await copy(old, new, kinds=["documents"], accept=["created_at", "data"])
            assert (done.kinds[0].left_out, done.differences) == (1, ())
            assert [(each.content, each.data) for each in await new.documents.get_all()] == [("short", None)]

    run(main())


def test_each_record_counts_once_for_a_loss(tmp_path: Path, run: Any) -> None:
    async def main() -> None:
        store = Lacking("facts", tmp_path / "new.db", (*LACKS["owner"], *LACKS["namespaces"], *LACKS["expiry"]))
        async with open_client(tmp_path / "old.db") as old, Memio(facts=store) as new:
            await old.facts.add("a", user_id="alice", agent_id="bot", namespace=("x",), expires_at=LATER)
            await old.facts.add("b", agent_id="bot")
            await old.facts.add("c")
            with pytest.raises(LossError) as caught:
                await copy(old, new, kinds=["facts"], accept=["created_at"])
            found = {str(finding.loss): finding.records for finding in caught.value.findings}
            assert found == {"owner": 2, "namespaces": 1, "expiry": 1}
            done = await copy(old, new, kinds=["facts"], accept=["created_at", *found])
            assert done.differences == ()
            assert [fact.expires_at async for fact in new.facts.iter_all()] == [None] * 3

    run(main())


def test_some_owners_are_moved_to_a_target_without_owners(tmp_path: Path, run: Any) -> None:
    async def main() -> None:
        stores = {kind: Lacking(kind, tmp_path / "new.db", LACKS["owner"]) for kind in ("facts", "history")}
        async with open_client(tmp_path / "old.db") as old, Memio(**stores) as new:
            for user in ("alice", "bob"):
                await old.facts.add(f"{user}'s", user_id=user, namespace=("app",))
                messages = [Message(role="user", content=f"of {user}")]
                await old.history.add(session_id="s", messages=messages, user_id=user, namespace=("app",))
            arguments: Any = {"kinds": list(stores), "accept": ["owner", "created_at"], "user_id": "alice"}
            done = await copy(old, new, **arguments, namespace_prefix=("app",))
            assert (done.differences, [moved.source.count for moved in done.kinds]) == ((), [1, 1])
            assert [fact.owner for fact in await new.facts.get_all()] == [Owner(namespace=("app",))]

    run(main())


def test_records_from_before_the_limits_are_exported_and_left_out_when_that_is_accepted(
    tmp_path: Path, run: Any
) -> None:
    large = {"k": "x" * 2_000_000}

    async def main() -> None:
        async with open_client(tmp_path / "old.db") as old:
            await old.facts.add_many(["first", "large", "last"])
            await old.graph.add(triples=[Triple(subject="a", predicate="b", object="c")])
        with closing(sqlite3.connect(tmp_path / "old.db")) as db, db:
            db.execute("UPDATE fact SET metadata = ? WHERE content = 'large'", (json.dumps(large),))
            db.execute("UPDATE triple SET object = ?", ("c" * 100_000,))
        path = tmp_path / "old.jsonl"
        async with open_client(tmp_path / "old.db") as old, open_client(tmp_path / "new.db") as new:
            assert [fact.metadata async for fact in old.facts.iter_all()] == [{}, large, {}]
            assert (await export(old, path)).counts["facts"] == 3
            for move in (partial(import_, new, path), partial(copy, old, new)):
                with pytest.raises(LossError) as caught:
                    await move()
                assert [(f.kind, f.loss, f.records) for f in caught.value.findings] == [
                    ("facts", "oversized", 1),
                    ("graph", "oversized", 1),
                ]
                done = await move(accept=["oversized"])
                assert done.differences == ()
                assert [moved.left_out for moved in done.kinds] == [1, 1]
            assert [fact.content async for fact in new.facts.iter_all()] == ["first", "last"]

    run(main())


def test_facts_and_documents_in_one_place_are_not_moved_twice(tmp_path: Path, run: Any) -> None:
    async def main() -> None:
        mixed = {kind: Lacking(kind, tmp_path / "mixed.db", ("separate_kinds",)) for kind in ("facts", "documents")}
        async with Memio(**mixed) as one, open_client(tmp_path / "other.db") as other:
            with pytest.raises(
                InvalidInputError, match="as configured, the facts and documents of lacking are the same records"
            ):
                await copy(one, other)
            await other.facts.add(content="fact")
            await other.documents.add(content="document")
            with pytest.raises(LossError, match="kinds: facts, 1 record, to lacking: it does not keep facts"):
                await copy(other, one, accept=["created_at"])
            assert (await copy(other, one, accept=["created_at", "kinds"])).differences == ()

    run(main())


def test_records_that_a_loss_makes_the_same_are_reported(tmp_path: Path, run: Any) -> None:
    async def main() -> None:
        without = (*LACKS["owner"], *LACKS["timestamps"])
        async with open_client(tmp_path / "old.db") as old:
            for user in ("alice", "bob"):
                await old.facts.add(content="tea", fact_id="f", user_id=user)
                await old.history.add(
                    session_id="s", messages=[Message(role="user", content="hi", id="m")], user_id=user
                )
                await old.graph.add(triples=[Triple(subject="a", predicate="b", object="c", id="t")], user_id=user)
            stores = {kind: Lacking(kind, tmp_path / "new.db", without) for kind in ("facts", "history", "graph")}
            async with Memio(**stores) as new:
                accept = ["owner", "timestamps", "created_at"]
                done = await copy(old, new, kinds=list(stores), accept=accept)
                assert [difference.what for difference in done.differences] == ["merged"] * 3
                assert "facts 'f', user 'bob'" in str(done.differences[0])

    run(main())


@pytest.mark.parametrize("kind", KINDS)
def test_every_feature_that_a_record_can_ask_for_is_a_loss(kind: Kind) -> None:
    spec = SPECS[kind]
    losses = {_losses.BY_FEATURE[feature] for feature in spec.asks.values()}
    assert _losses.dropped_fields(kind, losses) == set(spec.asks) - {"role"}
    assert _losses.dropped_fields(kind, frozenset(Loss)) == {*spec.asks, *OWNERS, *spec.times} - {"role"}
