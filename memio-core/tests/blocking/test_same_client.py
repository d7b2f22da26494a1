"""The blocking client equals the async one: the same members, arguments, docstrings, results and errors."""

from __future__ import annotations

import importlib.util
import inspect
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import memio
import memio.blocking
import memio.facades
from memio import ConflictError, Message, Owner, Triple
from memio.blocking import Memio

ROOT = Path(__file__).parents[3]
RENAMED = {
    "aclose": "close",
    "__aenter__": "__enter__",
    "__aexit__": "__exit__",
    "__enter__": "__aenter__",  # each refuses the other's way to be opened
    "__exit__": "__aexit__",
}
ASYNC_ONLY = {"own_loop"}
"""Arguments of the async client only: the calls of blocking clients run on the background loop anyway."""
BLOCKING_ONLY = {"over"}
PAIRS = [
    *((getattr(memio.facades, name), getattr(memio.blocking, name)) for name in memio.facades.__all__),
    (memio.Memio, memio.blocking.Memio),
    (memio.ScopedMemio, memio.blocking.ScopedMemio),
]
IN_MEMORY = {kind: {"provider": "sqlite", "path": ":memory:"} for kind in ("facts", "history", "documents", "graph")}


def members(cls: type) -> dict[str, object]:
    """The public members of a class, and those that Python calls when it opens and closes it."""
    # Each client also has the methods that open the other one; they only raise an error.
    opening = {"__enter__", "__exit__"} if "blocking" in cls.__module__ else {"__aenter__", "__aexit__"}
    names = {name for name in dir(cls) if not name.startswith("_") or name in opening}
    return {name: inspect.getattr_static(cls, name) for name in names}


def signature(member: object) -> inspect.Signature:
    # Of a property, a cached property, a class method, or the function itself.
    found = (getattr(member, name, None) for name in ("fget", "func", "__func__"))
    function = next(filter(None, found), member)
    return inspect.signature(function)


def shared_parameters(of: inspect.Signature) -> list[inspect.Parameter]:
    return [parameter for name, parameter in of.parameters.items() if name not in ASYNC_ONLY]


@pytest.fixture(scope="module")
def generator():
    spec = importlib.util.spec_from_file_location("generate_blocking", ROOT / "tools" / "generate_blocking.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.skipif(
    importlib.util.find_spec("ruff") is None, reason="ruff, which formats the generated modules, is not installed"
)
def test_generating_the_client_again_changes_nothing(generator):
    for path, text in generator.generated_modules().items():
        assert path.read_text(encoding="utf-8") == text, f"{path.name} is not current: run tools/generate_blocking.py"


def test_a_new_async_method_gets_a_blocking_counterpart(generator, tmp_path, monkeypatch):
    source = tmp_path / "client.py"
    source.write_text(
        '''
from memio.models import Receipt
class Memio(Stores):
    """A client."""
    async def forget(self, *, user_id: str, kinds: Iterable[str] = ()) -> Receipt:
        """Forget.

        Example:
            >>> import asyncio
            >>> from memio import Memio, Fact
            >>> asyncio.run(main())
        """
        return await self._everything(user_id)
'''
    )
    monkeypatch.setattr(generator, "SOURCE", tmp_path)
    text = generator.generate(source)
    assert "def forget(self, *, user_id: str, kinds: Iterable[str]=()) -> Receipt:" in text
    assert "return self._runner.call(self._async.forget, user_id=user_id, kinds=listed(kinds))" in text
    assert "from memio.models import Receipt" in text
    assert (
        ">>> from memio import Fact\n            >>> from memio.blocking import Memio\n            >>> main()" in text
    )


@pytest.mark.parametrize(
    ("member", "complaint"),
    [
        ("async def f(self):\n        '''To await.'''", "contains 'await'"),
        ("async def f(self):\n        '''In the asyncio way.'''", "contains 'asyncio'"),
        ("async def f(self): ...", "f has no docstring"),
        ("async def f(self, *args):\n        '''It.'''", "arguments without a name"),
        ("@staticmethod\n    def f():\n        '''It.'''", "decorated with"),
        ("def f(self) -> AsyncIterator[int]:\n        '''It.'''\n        return self.other()", "must iterate by"),
        ("size = 5", "which is not a method"),
    ],
)
def test_what_cannot_be_converted_is_an_error(member, complaint, generator, tmp_path, monkeypatch):
    source = tmp_path / "facts.py"
    source.write_text(f'class Facts(Facade):\n    """Facts."""\n    {member}\n')
    monkeypatch.setattr(generator, "SOURCE", tmp_path)
    with pytest.raises(generator.UnsupportedError, match=complaint):
        generator.generate(source)


@pytest.mark.parametrize(("cls", "blocking"), PAIRS, ids=lambda cls: cls.__name__)
def test_both_have_the_same_members(cls, blocking):
    assert {RENAMED.get(name, name) for name in members(cls)} == set(members(blocking)) - BLOCKING_ONLY


@pytest.mark.parametrize(("cls", "blocking"), PAIRS, ids=lambda cls: cls.__name__)
def test_both_have_the_same_signatures(cls, blocking):
    for name, member in members(cls).items():
        ours, theirs = signature(members(blocking)[RENAMED.get(name, name)]), signature(member)
        assert list(ours.parameters.values()) == shared_parameters(theirs), name
        assert ours.return_annotation == theirs.return_annotation.removeprefix("Async"), name


def test_both_are_made_from_the_same_arguments():
    ours, theirs = inspect.signature(Memio), inspect.signature(memio.Memio)
    assert list(ours.parameters.values()) == shared_parameters(theirs)


@pytest.mark.parametrize(("cls", "blocking"), PAIRS, ids=lambda cls: cls.__name__)
def test_nothing_is_async(cls, blocking):
    for name, member in members(blocking).items():
        assert not inspect.iscoroutinefunction(getattr(member, "__func__", member)), name
        assert not inspect.isasyncgenfunction(member), name
    assert not hasattr(blocking, "aclose")


def test_every_kind_answers_as_the_async_client_does():
    with Memio.from_config(IN_MEMORY) as memio:
        assert memio.kinds == ("facts", "history", "documents", "graph")
        fact = memio.facts.add(content="likes coffee", user_id="alice", metadata={"n": 1})
        assert memio.facts.get(fact_id=fact.id) == fact
        assert memio.facts.update(fact_id=fact.id, content="likes tea").content == "likes tea"
        assert [hit.id for hit in memio.facts.search(query="tea", filters={"n": 1})] == [fact.id]
        memio.facts.delete(fact_id=fact.id)
        assert memio.facts.get_all() == []

        turn = memio.history.add(session_id="s", messages=(Message(role="user", content=c) for c in "ab"))
        assert [message.content for message in turn.stored] == ["a", "b"]
        assert [message.content for message in memio.history.iter_messages(session_id="s", page_size=1)] == ["a", "b"]
        assert [(session.id, session.message_count) for session in memio.history.iter_all()] == [("s", 2)]

        memio.documents.add_many((f"page {n}" for n in range(5)), user_id="alice")
        page = memio.documents.get_all(limit=2)
        rest = memio.documents.get_all(limit=3, cursor=page.next_cursor)
        assert [document.content for document in [*page, *rest]] == [f"page {n}" for n in range(5)]
        assert rest.next_cursor is None

        memio.graph.add(triples=iter([Triple(subject="Alice", predicate="knows", object="Bob")]))
        assert memio.graph.get(entity="Bob")[0].subject == "Alice"
        memio.graph.delete_entity(entity="Bob")
        assert list(memio.graph.iter_all()) == []


def test_what_version_2_has_answers_as_the_async_client_does():
    yesterday = datetime.now(UTC) - timedelta(days=1)
    with Memio.from_config(IN_MEMORY) as memio:
        first = memio.facts.put("f1", "likes coffee", user_id="alice")
        second = memio.facts.put("f1", "likes tea", user_id="alice", if_version=first.version)
        with pytest.raises(ConflictError) as caught:
            memio.facts.delete("f1", if_version=first.version)
        assert caught.value.reason == "version"
        memio.facts.add("gone", expires_at=yesterday)
        assert (memio.facts.count(), memio.facts.count(filters={"n": {"$gt": 1}})) == (1, 0)
        assert memio.facts.get_all(order="newest", since=yesterday) == [second]
        assert set(memio.purge()) == {"facts", "documents"}
        assert memio.facts.get_owners() == list(memio.facts.iter_owners()) == [Owner("alice")]
        assert memio.facts.get("f1", owner=Owner("alice")) == second

        document = memio.documents.add("", data={"n": 1})
        assert memio.documents.update(doc_id=document.id, content="x", data=None).data is None

        call = {"role": "assistant", "content": None, "tool_calls": [{"id": "c1"}]}
        memio.history.add(session_id="s", messages=[Message(role="user", content="a", id="m1"), call])
        assert [message.data for message in memio.history.delete_messages("s", last=1)] == [call]
        assert memio.history.count_messages(session_id="s") == 1


def test_an_iterator_of_ids_is_read_in_the_thread_of_the_caller():
    # defect: it is read on the loop of the client, where a call of the client waits for itself
    with Memio.from_config(IN_MEMORY) as memio:
        memio.history.add(session_id="s", messages=[Message(role="user", content=c) for c in "abc"])
        ids = (message.id for message in memio.history.iter_messages("s", page_size=1))
        assert [message.content for message in memio.history.delete_messages("s", message_ids=ids)] == ["a", "b", "c"]
        assert memio.history.get_all() == []


def test_features_guarantees_and_names_are_those_of_the_async_client():
    with Memio.from_config(IN_MEMORY) as memio:
        alice = memio.scoped(user_id="alice")
        assert memio.facts.provider == "sqlite"
        assert "filters" in memio.facts.features
        assert "durable" in memio.facts.guarantees
        assert repr(memio).startswith("<Memio facts='sqlite'")
        assert repr(alice.history) == "<History of sqlite, user_id='alice'>"


def test_errors_are_those_of_the_async_client():
    with Memio.from_config({"facts": {"provider": "sqlite", "path": ":memory:"}}) as client:
        with pytest.raises(memio.NotFoundError, match=r"facts\.get, provider sqlite"):
            client.facts.get(fact_id="x")
        with pytest.raises(memio.InvalidInputError, match="content"):
            client.facts.add(content="")
        with pytest.raises(memio.StoreNotConfiguredError, match="no graph store"):
            _ = client.graph
        with pytest.raises(memio.InvalidInputError, match="limit"):
            next(client.facts.iter_all(page_size=0))
        with pytest.raises(memio.InvalidInputError, match="items must be a list"):
            client.facts.add_many("a text")
    with pytest.raises(memio.ConfigError, match="needs a store"):
        Memio()
    with pytest.raises(memio.UnknownProviderError):
        Memio.from_config({"facts": "sqllite"})


def test_a_scoped_client_is_confined():
    with Memio.from_config({"facts": {"provider": "sqlite", "path": ":memory:"}}) as client:
        alice, bob = client.scoped(user_id="alice"), client.scoped(user_id="bob")
        fact = alice.facts.add(content="the PIN is 4711")
        with pytest.raises(memio.NotFoundError):
            bob.facts.get(fact_id=fact.id)
        assert list(bob.facts.iter_all()) == []
        with pytest.raises(memio.InvalidInputError, match="confined to 'alice'"):
            alice.facts.delete_all(user_id="bob")
