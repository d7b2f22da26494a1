"""Forgetting an owner: every store is emptied, and whatever is left, for whatever reason, is reported in an error."""

from __future__ import annotations

import asyncio
import pickle
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from memio import (
    ConfigError,
    Feature,
    ForgetError,
    ForgetReceipt,
    Guarantee,
    InvalidInputError,
    Memio,
    Message,
    NotFoundError,
    NotSupportedError,
    Operation,
    Owner,
    Page,
    ProviderError,
    Triple,
)
from memio.owners import Scope
from memio.providers.sqlite import (
    SqliteDocumentAdapter,
    SqliteFactAdapter,
    SqliteGraphAdapter,
    SqliteHistoryAdapter,
)

KINDS = ("facts", "history", "documents", "graph")
STORES: dict[str, Any] = {
    "facts": SqliteFactAdapter,
    "history": SqliteHistoryAdapter,
    "documents": SqliteDocumentAdapter,
    "graph": SqliteGraphAdapter,
}


def stores(**others: Any) -> dict[str, Any]:
    """Four stores, each with a new database; `others` take the place of some."""
    return {kind: others[kind] if kind in others else store(path=":memory:") for kind, store in STORES.items()}


async def fill(memio: Memio, user: str | None, kinds: Any = None, **labels: Any) -> None:
    """Add two records of each kind, with the same ids whatever the labels are."""
    owner = Owner(user, **labels)
    kinds = kinds or memio.kinds
    for number in range(2):
        text = f"{user} was in Lisbon {number} times"
        if "facts" in kinds:
            await memio.facts.add(content=text, owner=owner, fact_id=f"f{number}")
        if "history" in kinds:
            await memio.history.add(session_id=f"s{number}", messages=[Message(role="user", content=text)], owner=owner)
        if "documents" in kinds:
            await memio.documents.add(content=text, owner=owner, doc_id=f"d{number}")
        if "graph" in kinds:
            triple = Triple(subject=str(user), predicate="in", object=f"city {number}", id=f"t{number}")
            await memio.graph.add(triples=[triple], owner=owner)


async def left(memio: Memio, user: str) -> list[int]:
    """Count the records of a user, by kind."""
    return [len(await getattr(memio, kind).get_all(user_id=user)) for kind in memio.kinds]


async def owners(memio: Memio) -> list[set[Owner]]:
    """Return the owners that have records, by kind."""
    return [{record.owner async for record in getattr(memio, kind).iter_all()} for kind in memio.kinds]


def counts(receipt: ForgetReceipt) -> list[tuple[str, int | None, int | None]]:
    return [(store.kind, store.before, store.after) for store in receipt.stores]


def test_everything_of_one_user_is_deleted_and_nothing_of_another():
    async def main():
        async with Memio(**stores()) as memio:
            await fill(memio, "alice")
            await fill(memio, "bob")
            receipt = await memio.forget(user_id="alice")
            assert receipt.complete
            assert receipt.labels == {"user_id": "alice"}
            assert counts(receipt) == [(kind, 2, 0) for kind in KINDS]
            for store in receipt.stores:
                assert store.provider == "sqlite"
                assert store.verified == ("listing", "get", "search", "count", "owners")
                assert (store.remains, store.skipped, store.error) == ((), None, None)
                assert 0 < store.seconds <= receipt.seconds
            assert receipt.started_at.tzinfo is not None
            assert await left(memio, "alice") == [0] * 4
            assert await left(memio, "bob") == [2] * 4

    asyncio.run(main())


def test_it_can_be_repeated():
    async def main():
        async with Memio(**stores()) as memio:
            await fill(memio, "alice")
            await memio.forget(user_id="alice")
            again = await memio.forget(user_id="alice")
            assert again.complete
            assert counts(again) == [(kind, 0, 0) for kind in KINDS]

    asyncio.run(main())


def test_a_store_that_fails_does_not_stop_the_deletion_in_the_others():
    class Broken(SqliteFactAdapter):
        broken = True

        async def delete_all(self, **owner: Any) -> None:
            if self.broken:
                raise ConnectionError("the line is cut")
            await super().delete_all(**owner)

    async def main():
        facts = Broken(path=":memory:")
        async with Memio(**stores(facts=facts)) as memio:
            await fill(memio, "alice")
            with pytest.raises(ForgetError, match=r"facts of sqlite: .*the line is cut") as caught:
                await memio.forget(user_id="alice")
            assert not caught.value.receipt.complete
            assert counts(caught.value.receipt) == [("facts", 2, 2), *((kind, 2, 0) for kind in KINDS[1:])]
            [error] = caught.value.errors
            assert isinstance(error, ProviderError)
            assert error.operation == "facts.delete_all"
            assert await left(memio, "alice") == [2, 0, 0, 0]

            facts.broken = False
            assert (await memio.forget(user_id="alice")).complete
            assert await left(memio, "alice") == [0] * 4

    asyncio.run(main())


def test_a_store_that_cannot_be_listed_is_emptied_and_reported():
    class Mute(SqliteFactAdapter):
        async def get_all(self, **_arguments: Any) -> Any:
            raise OSError("no list today")

    async def main():
        facts = Mute(path=":memory:")
        async with Memio(facts=facts) as memio:
            await memio.facts.add(content="likes coffee", user_id="alice")
            with pytest.raises(ForgetError, match="no list today") as caught:
                await memio.forget(user_id="alice")
            assert counts(caught.value.receipt) == [("facts", None, None)]
            assert await memio.facts.search(query="coffee") == []

    asyncio.run(main())


def unreliable(**answers: Callable[..., Any]) -> Any:
    """A store of facts that does not delete, and some of whose reads hide that."""

    async def delete_all(self: Any, **_owner: Any) -> None:
        self.deleted = True

    def replaced(name: str, answer: Callable[..., Any]) -> Any:
        async def method(self: Any, **arguments: Any) -> Any:
            if self.deleted:
                return answer()
            return await getattr(SqliteFactAdapter, name)(self, **arguments)

        return method

    methods = {name: replaced(name, answer) for name, answer in ({"count": int, "get_owners": Page} | answers).items()}
    return type("Unreliable", (SqliteFactAdapter,), {"deleted": False, "delete_all": delete_all, **methods})(
        path=":memory:"
    )


def _not_found() -> None:
    raise NotFoundError("fact", "?")


ALL_HIDDEN: dict[str, Callable[..., Any]] = {"get_all": Page, "get": _not_found, "search": list}


@pytest.mark.parametrize(
    ("answers", "message", "shown"),
    [
        ({}, "its listing still shows 2, its get still shows 2, its search still shows 2", 2),
        ({"get_all": Page}, "its get still shows 2, its search still shows 2", 2),
        ({"get_all": Page, "get": _not_found}, "its search still shows 2", 2),
        ({"get_all": Page, "search": list}, "its get still shows 2", 2),
        (ALL_HIDDEN | {"count": lambda: 2}, "its count still shows 2", 2),
        (ALL_HIDDEN | {"get_owners": lambda: Page([Owner("alice")])}, "its owners still shows 1", 1),
    ],
)
def test_a_store_that_does_not_delete_is_detected(answers, message, shown):
    async def main():
        async with Memio(**stores(facts=unreliable(**answers))) as memio:
            await fill(memio, "alice")
            with pytest.raises(ForgetError, match=message) as caught:
                await memio.forget(user_id="alice")
            assert counts(caught.value.receipt) == [("facts", 2, shown), *((kind, 2, 0) for kind in KINDS[1:])]
            assert caught.value.errors == ()
            assert caught.value.receipt.stores[0].error == message

    asyncio.run(main())


def test_sessions_that_are_unlisted_but_can_still_be_read_are_found():
    class Unlisting(SqliteHistoryAdapter):
        deleted = False

        async def delete_all(self, **_owner: Any) -> None:
            self.deleted = True

        async def get_all(self, **arguments: Any) -> Any:
            return Page() if self.deleted else await super().get_all(**arguments)

    async def main():
        async with Memio(history=Unlisting(path=":memory:")) as memio:
            await fill(memio, "alice")
            with pytest.raises(ForgetError, match="its get still shows 2, its search still shows 2"):
                await memio.forget(user_id="alice")

    asyncio.run(main())


def test_an_erasure_that_fails_is_reported_and_the_rest_is_verified():
    class Blocked(SqliteFactAdapter):
        async def erase(self, **_owner: Any) -> list[str]:
            raise OSError("somebody reads")

    async def main():
        async with Memio(**stores(facts=Blocked(path=":memory:"))) as memio:
            await fill(memio, "alice")
            with pytest.raises(ForgetError, match=r"somebody reads \[?.*facts\.erase") as caught:
                await memio.forget(user_id="alice")
            assert counts(caught.value.receipt) == [(kind, 2, 0) for kind in KINDS]

    asyncio.run(main())


@pytest.mark.parametrize("answer", [None, "a note", 3])
def test_an_erasure_that_does_not_return_a_list_is_reported(answer):
    class Strange(SqliteFactAdapter):
        async def erase(self, **_owner: Any) -> Any:
            return answer

    async def main():
        async with Memio(facts=Strange(path=":memory:")) as memio:
            with pytest.raises(ForgetError, match=r"the store's erase returned"):
                await memio.forget(user_id="alice")

    asyncio.run(main())


def test_a_store_whose_erase_cannot_be_called_is_refused_when_the_client_is_made():
    class Strange(SqliteFactAdapter):
        def erase(self, *, harder: bool) -> Any:  # type: ignore[override]
            return harder

    with pytest.raises(ConfigError, match=r"its `erase` is not async"):
        Memio(facts=Strange(path=":memory:"))


def test_a_store_gets_the_labels_that_it_has_features_for(recorder):
    async def main():
        async def erase(self: Any, **owner: Any) -> list[str]:
            self.calls.append(("erase", owner))
            return ["a copy in the moon's archive"]

        facts = type("Erasing", (recorder,), {"erase": erase})("facts")
        async with Memio(facts=facts) as memio:
            receipt = await memio.forget(user_id="alice", agent_id="bot")
        scope = {"scope": Scope(user_id="alice", agent_id="bot")}
        assert [call for call in facts.calls if call[0] in ("delete_all", "erase")] == [
            ("delete_all", scope),
            ("erase", scope),
        ]
        assert receipt.complete
        assert receipt.stores[0].remains == ("a copy in the moon's archive",)

    asyncio.run(main())


def test_the_receipt_states_what_a_store_does_not_promise(recorder):
    async def main():
        slow = recorder("facts")
        slow.guarantees = frozenset(Guarantee) - {Guarantee.READ_YOUR_WRITES}
        async with Memio(facts=slow) as memio:
            [store] = (await memio.forget(user_id="alice")).stores
        assert store.complete
        assert store.remains == (
            "Recorder does not report what it keeps of what was deleted, such as backups or free space",
            "Recorder does not promise that a read sees what was written just before: look again later",
        )

    asyncio.run(main())


def test_a_store_that_cannot_separate_owners_is_refused_before_anything_is_deleted(recorder):
    async def main():
        plain = recorder("documents", {Feature.ATTRIBUTION})
        plain.hints = {Feature.USER_SCOPE: "set user_scope = true"}
        async with Memio(**stores(documents=plain)) as memio:
            await fill(memio, "alice", kinds=["facts", "history", "graph"])
            with pytest.raises(NotSupportedError, match=r"nothing was deleted.*documents of Recorder lack") as caught:
                await memio.forget(user_id="alice")
            assert "set user_scope = true" in str(caught.value)
            assert caught.value.hint.startswith("pass skip=['documents']")
            assert (caught.value.provider, caught.value.operation) == ("Recorder", "forget")
            assert plain.calls == []
            assert [len(await getattr(memio, kind).get_all()) for kind in ("facts", "history", "graph")] == [2, 2, 2]

            receipt = await memio.forget(user_id="alice", skip=["documents"])
            assert plain.calls == []
            assert not receipt.complete
            assert counts(receipt) == [
                ("facts", 2, 0), ("history", 2, 0), ("documents", None, None), ("graph", 2, 0),
            ]  # fmt: skip
            assert [store.skipped for store in receipt.stores] == [None, None, "the caller skipped it", None]

    asyncio.run(main())


EVERYBODY = {
    Owner(),
    Owner("alice"),
    Owner("alice", "bot"),
    Owner("alice", "bot", ("app", "notes")),
    Owner("alice", None, ("app",)),
    Owner("alice", None, ("app/notes",)),
    Owner("bob", "bot", ("app",)),
}


@pytest.mark.parametrize(
    ("arguments", "scope"),
    [
        ({"user_id": "alice"}, Scope(user_id="alice")),
        ({"agent_id": "bot"}, Scope(agent_id="bot")),
        ({"user_id": "alice", "agent_id": "bot"}, Scope(user_id="alice", agent_id="bot")),
        ({"namespace": ("app",)}, Scope(namespace=("app",))),
        ({"namespace": ()}, Scope(namespace=())),
        ({"namespace_prefix": ("app",)}, Scope(prefix=("app",))),
        ({"user_id": "alice", "namespace_prefix": ("app",)}, Scope(user_id="alice", prefix=("app",))),
        ({"owner": Owner("alice")}, Scope.of(Owner("alice"))),
        ({"owner": Owner()}, Scope.of(Owner())),
    ],
)
def test_exactly_the_owners_in_scope_are_forgotten_though_ids_are_equal(arguments, scope):
    # defect: a namespace that only begins like the one to forget; "nobody" that means everybody
    async def main():
        async with Memio(**stores()) as memio:
            for owner in EVERYBODY:
                await fill(memio, owner.user_id, agent_id=owner.agent_id, namespace=owner.namespace)
            receipt = await memio.forget(**arguments)
            assert receipt.complete
            assert receipt.labels == scope.labels
            gone = {owner for owner in EVERYBODY if scope.matches(owner)}
            assert counts(receipt) == [(kind, 2 * len(gone), 0) for kind in KINDS]
            assert await owners(memio) == [EVERYBODY - gone] * 4

    asyncio.run(main())


@pytest.mark.parametrize("kind", KINDS)
def test_what_one_of_several_owners_still_has_is_found(kind):
    # defect: only the first and the last record are looked for, which belong to two of three owners
    async def main():
        class Unlisting(STORES[kind]):  # type: ignore[misc]
            deleted = False

            async def delete_all(self, **_arguments: Any) -> None:
                for agent in ("one", "three"):
                    await super().delete_all(scope=Scope(user_id="alice", agent_id=agent))
                self.deleted = True

            async def get_all(self, **arguments: Any) -> Any:
                return Page() if self.deleted else await super().get_all(**arguments)

            async def search(self, **_arguments: Any) -> Any:
                return []

            async def count(self, **_arguments: Any) -> int:
                return 0

            async def get_owners(self, **_arguments: Any) -> Any:
                return Page()

        async with Memio(**{kind: Unlisting(path=":memory:")}) as memio:
            for agent in ("one", "two", "three"):
                await fill(memio, "alice", agent_id=agent)
            with pytest.raises(ForgetError, match="its get still shows") as caught:
                await memio.forget(user_id="alice")
            assert counts(caught.value.receipt) == [(kind, 6, 2 if kind == "history" else 1)]

    asyncio.run(main())


@pytest.mark.parametrize("lacking", [Feature.AGENT_SCOPE, Feature.NAMESPACES])
def test_a_store_that_cannot_confine_to_every_label_is_read_again_by_those_that_it_can(lacking):
    async def main():
        made = {kind: store(path=":memory:") for kind, store in STORES.items()}
        for store in made.values():
            store.features = store.features - {lacking}
        async with Memio(**made) as memio:
            await fill(memio, "alice", agent_id="bot")
            await fill(memio, "bob")
            receipt = await memio.forget(user_id="alice")
            assert counts(receipt) == [(kind, 2, 0) for kind in KINDS]
            assert await left(memio, "bob") == [2] * 4

    asyncio.run(main())


def test_in_a_store_without_labels_everything_is_of_nobody(recorder):
    async def main():
        plain = recorder("facts", ())
        async with Memio(facts=plain) as memio:
            with pytest.raises(NotSupportedError, match="lack the feature 'user_scope'"):
                await memio.forget(owner=Owner("alice"))
            assert plain.calls == []
            assert (await memio.forget(owner=Owner())).complete
        assert ("delete_all", {}) in plain.calls

    asyncio.run(main())


def test_what_has_expired_is_erased_too(tmp_path):
    # defect: records that no read shows stay in the file
    path = tmp_path / "memio.db"

    async def main():
        async with Memio(facts=SqliteFactAdapter(path=path), documents=SqliteDocumentAdapter(path=path)) as memio:
            for add in (memio.facts.add, memio.documents.add):
                await add("the secret word is quokka", user_id="alice", expires_at=datetime(2020, 1, 1, tzinfo=UTC))
            await memio.facts.add("likes coffee", user_id="alice")
            receipt = await memio.forget(user_id="alice")
            assert counts(receipt) == [("facts", 1, 0), ("documents", 0, 0)]  # what has expired is in no listing
            assert await memio.purge() == {"facts": 0, "documents": 0}

    asyncio.run(main())
    assert [file.name for file in tmp_path.iterdir() if b"quokka" in file.read_bytes()] == []


def test_messages_and_documents_without_text_are_forgotten():
    async def main():
        async with Memio(
            history=STORES["history"](path=":memory:"), documents=STORES["documents"](path=":memory:")
        ) as memio:
            message = Message(role="assistant", data={"tool_calls": []})
            await memio.history.add(session_id="s", messages=[message], user_id="alice")
            await memio.documents.add("", data=[1], user_id="alice")
            receipt = await memio.forget(user_id="alice")
            assert [store.verified for store in receipt.stores] == [("listing", "get", "count", "owners")] * 2

    asyncio.run(main())


def test_a_confined_client_forgets_its_owner_and_no_other():
    async def main():
        async with Memio(**stores()) as memio:
            await fill(memio, "alice")
            await fill(memio, "bob")
            alice = memio.scoped(user_id="alice")
            with pytest.raises(InvalidInputError, match="confined to 'alice'"):
                await alice.forget(user_id="bob")
            assert (await alice.forget(namespace_prefix=("app",))).labels == {
                "user_id": "alice",
                "namespace_prefix": ("app",),
            }
            assert await left(memio, "alice") == [2] * 4
            assert (await alice.forget()).labels == {"user_id": "alice"}
            assert await left(memio, "alice") == [0] * 4
            assert await left(memio, "bob") == [2] * 4

    asyncio.run(main())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "needs an owner"),
        ({"user_id": ""}, "user_id must not be empty"),
        ({"user_id": "a\0"}, "NUL"),
        ({"user_id": 3}, "user_id must be"),
        ({"agent_id": ""}, "agent_id must not be empty"),
        ({"user_id": None}, "user_id is None, which does not mean all"),
        ({"namespace_prefix": ()}, "namespace_prefix is empty"),
        ({"namespace": "app"}, "namespace must be a tuple of texts"),
        ({"owner": Owner(), "user_id": "alice"}, "owner stands for all labels"),
        ({"user_id": "alice", "skip": "facts"}, r"pass a list of kinds, as in skip=\['graph'\]"),
        ({"user_id": "alice", "skip": None}, "skip is None: pass a list"),
        ({"user_id": "alice", "skip": [["facts"]]}, r"skip names \['facts'\]"),
        ({"user_id": "alice", "skip": ["graph"]}, "skip names 'graph', but this client has facts"),
        ({"user_id": "alice", "skip": ["fact"]}, "skip names 'fact'"),
        ({"user_id": "alice", "skip": ["facts"]}, "nothing would be done"),
    ],
)
def test_what_cannot_be_honoured_is_refused_before_a_store_is_touched(arguments, message, recorder):
    async def main():
        store = recorder("facts")
        async with Memio(facts=store) as memio:
            with pytest.raises(InvalidInputError, match=message):
                await memio.forget(**arguments)
        assert store.calls == []

    asyncio.run(main())


def test_middleware_sees_every_call_with_its_owner():
    seen: list[Operation] = []

    async def look(operation: Operation, call_next: Any) -> Any:
        seen.append(operation)
        return await call_next(operation)

    async def main():
        async with Memio(facts=SqliteFactAdapter(path=":memory:"), middleware=[look]) as memio:
            await memio.facts.add(content="likes coffee", user_id="alice")
            seen.clear()
            await memio.forget(user_id="alice")

    asyncio.run(main())
    assert [operation.name for operation in seen] == [
        "facts.get_all",
        "facts.delete_all",
        "facts.erase",
        "facts.get_all",
        "facts.get",
        "facts.search",
        "facts.count",
        "facts.get_owners",
    ]
    assert {operation.scope.user_id for operation in seen} == {"alice"}
    assert [operation.name for operation in seen if operation.writes] == ["facts.delete_all", "facts.erase"]


def test_middleware_that_fails_or_holds_a_call_back_is_reported():
    async def refuse(operation: Operation, call_next: Any) -> Any:
        if operation.name == "facts.delete_all":
            raise LookupError("not on Sundays")
        if operation.name == "graph.delete_all":
            return None
        return await call_next(operation)

    async def main():
        async with Memio(**stores(), middleware=[refuse]) as memio:
            await fill(memio, "alice")
            with pytest.raises(ForgetError, match="not on Sundays") as caught:
                await memio.forget(user_id="alice")
            assert counts(caught.value.receipt) == [
                ("facts", 2, 2), ("history", 2, 0), ("documents", 2, 0), ("graph", 2, 2),
            ]  # fmt: skip

    asyncio.run(main())


def test_a_closed_client_forgets_nothing():
    async def main():
        memio = Memio(**stores())
        await memio.aclose()
        with pytest.raises(RuntimeError, match="this client is closed"):
            await memio.forget(user_id="alice")

    asyncio.run(main())


def test_the_error_can_be_sent_to_another_process():
    async def main() -> ForgetError:
        async with Memio(facts=unreliable()) as memio:
            await memio.facts.add(content="likes coffee", user_id="alice")
            with pytest.raises(ForgetError) as caught:
                await memio.forget(user_id="alice")
            return caught.value

    error = asyncio.run(main())
    copy = pickle.loads(pickle.dumps(error))
    assert copy.receipt == error.receipt
    assert str(copy) == str(error)
