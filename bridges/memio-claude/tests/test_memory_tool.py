"""The memory tool: what the SDK's tests check of its own tool, on files that are documents, with both of its faces."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from anthropic.lib.tools import ToolError
from anthropic.lib.tools._beta_builtin_memory_tool import BetaLocalFilesystemMemoryTool

from memio import Memio, NotSupportedError, Owner, StoreNotConfiguredError
from memio_claude import MemioAsyncMemoryTool, MemioMemoryTool

MEMORY = {"provider": "sqlite", "path": ":memory:"}


class Tool:
    """A tool that is called as the SDK's runner calls it."""

    def __init__(self, tool: Any) -> None:
        self.tool = tool
        self._runner = asyncio.Runner()

    def __call__(self, command: str, **arguments: Any) -> str:
        answer = self.tool.call({"command": command, **arguments})
        return answer if isinstance(answer, str) else self._runner.run(answer)

    def refuses(self, command: str, **arguments: Any) -> str:
        with pytest.raises(ToolError) as caught:
            self(command, **arguments)
        return str(caught.value)

    def create(self, path: str, text: str) -> str:
        return self("create", path=path, file_text=text)

    def files(self) -> dict[str, str]:
        """Every file and its text, as a program reads them."""

        async def read() -> dict[str, str]:
            documents = self.tool._memio.documents
            return {each.id: each.data["text"] if each.data else each.content async for each in documents.iter_all()}

        return asyncio.run(read())

    def close(self) -> None:
        if isinstance(self.tool, MemioMemoryTool):
            self.tool.close()
        else:
            self._runner.run(self.tool.aclose())
        self._runner.close()


@pytest.fixture(params=[MemioMemoryTool, MemioAsyncMemoryTool])
def tool(request: pytest.FixtureRequest) -> Iterator[Tool]:
    made = Tool(request.param({"documents": MEMORY}))
    yield made
    made.close()


def test_a_file_is_created_once_with_the_folders_that_it_is_in(tool: Tool) -> None:
    assert tool.create("/memories/a.txt", "Hello") == "File created successfully at: /memories/a.txt"
    assert tool.create("/memories/x/y/b.txt", "nested") == "File created successfully at: /memories/x/y/b.txt"
    assert tool.files() == {"/memories/a.txt": "Hello", "/memories/x/y/b.txt": "nested"}
    for text in ("other", "Hello"):
        assert tool.refuses("create", path="/memories/a.txt", file_text=text) == "File /memories/a.txt already exists"
    assert "already exists" in tool.refuses("create", path="/memories/x", file_text="a folder")
    assert "is a file" in tool.refuses("create", path="/memories/a.txt/b.txt", file_text="in a file")
    assert tool.files()["/memories/a.txt"] == "Hello"


def test_a_file_is_viewed_with_the_numbers_of_its_lines(tool: Tool) -> None:
    tool.create("/memories/f", "one\ntwo\nthree\nfour\nfive")
    header = "Here's the content of /memories/f with line numbers:\n"
    assert tool("view", path="/memories/f").startswith(f"{header}     1\tone\n     2\ttwo")
    assert tool("view", path="/memories/f", view_range=[2, 4]) == f"{header}     2\ttwo\n     3\tthree\n     4\tfour"
    assert tool("view", path="/memories/f", view_range=[4, -1]) == f"{header}     4\tfour\n     5\tfive"
    missing = "The path /memories/nope does not exist. Please provide a valid path."
    assert tool.refuses("view", path="/memories/nope") == missing
    for view_range in ([1], [1, 2, 3], [3, 2], "12", [[1], 2], {"a": 1}):
        assert "Invalid `view_range`" in tool.refuses("view", path="/memories/f", view_range=view_range)


def test_a_file_of_too_many_lines_is_not_viewed(tool: Tool) -> None:
    tool.create("/memories/huge", "\n" * 999_999)
    assert "exceeds maximum line limit of 999,999 lines" in tool.refuses("view", path="/memories/huge")
    tool.create("/memories/large", "\n" * 999_998)
    assert tool("view", path="/memories/large", view_range=[999_999, -1]).endswith("999999\t")


def test_a_folder_is_viewed_two_levels_deep_without_hidden_files(tool: Tool) -> None:
    assert tool("view", path="/memories").endswith("\n0B\t/memories")
    for path in ("dir/b", "dir/sub/c", "dir/sub/deep/d", ".hidden/e", "dir/.f", "a", "dir2/g"):
        tool.create(f"/memories/{path}", "x" * 1536)
    shown = tool("view", path="/memories").split("\n")
    assert shown[0] == "Here're the files and directories up to 2 levels deep in /memories, excluding hidden items:"
    assert [line.split("\t")[1].removeprefix("/memories") for line in shown[1:]] == [
        *("", "/a", "/dir/", "/dir/b", "/dir/sub/", "/dir2/", "/dir2/g")
    ]
    assert shown[2].split("\t")[0] == "1.5K"
    assert "/memories/dir/sub/deep/" in tool("view", path="/memories/dir")
    assert "/memories/dir/sub/deep/d" not in tool("view", path="/memories/dir")
    assert tool("view", path="/memories/dir/") == tool("view", path="/memories//dir/.")


def test_the_one_place_of_a_text_is_replaced(tool: Tool) -> None:
    tool.create("/memories/f", "Line 1\nOld Text\nLine 3")
    edited = "The memory file has been edited. Here is the snippet showing the change (with line numbers):\n"
    replaced = tool("str_replace", path="/memories/f", old_str="Old Text", new_str="New Text")
    assert replaced == f"{edited}     1\tLine 1\n     2\tNew Text\n     3\tLine 3"
    assert tool.files() == {"/memories/f": "Line 1\nNew Text\nLine 3"}
    missing = tool.refuses("str_replace", path="/memories/f", old_str="gone", new_str="x")
    assert missing == "No replacement was performed, old_str `gone` did not appear verbatim in /memories/f."
    several = tool.refuses("str_replace", path="/memories/f", old_str="Line", new_str="x")
    assert "Multiple occurrences of old_str `Line` in lines: 1, 3. Please ensure it is unique" in several
    assert "old_str is empty" in tool.refuses("str_replace", path="/memories/f", old_str="", new_str="x")
    assert "does not exist" in tool.refuses("str_replace", path="/memories/nope", old_str="a", new_str="b")
    tool.create("/memories/aaa", "aaa")
    assert "in lines: 1, 1" in tool.refuses("str_replace", path="/memories/aaa", old_str="aa", new_str="b")
    tool("str_replace", path="/memories/aaa", old_str="aaa", new_str="")
    assert tool.files()["/memories/aaa"] == ""


def test_lines_are_inserted(tool: Tool) -> None:
    for line, text in ((0, "new\none\ntwo\n"), (1, "one\nnew\ntwo\n"), (2, "one\ntwo\nnew\n")):
        tool.create(f"/memories/{line}", "one\ntwo")
        done = tool("insert", path=f"/memories/{line}", insert_line=line, insert_text="new\n")
        assert done == f"The file /memories/{line} has been edited."
        assert tool.files()[f"/memories/{line}"] == text
    refused = tool.refuses("insert", path="/memories/0", insert_line=10, insert_text="x")
    assert refused == "Invalid `insert_line` parameter: 10. It should be within the range [0, 3]."
    for line in (-1, "x", None, 1.5, [1]):
        assert "Invalid `insert_line`" in tool.refuses("insert", path="/memories/0", insert_line=line, insert_text="x")
    assert "does not exist" in tool.refuses("insert", path="/memories/nope", insert_line=0, insert_text="x")


def test_line_endings_and_any_character_stay(tool: Tool) -> None:
    tool.create("/memories/crlf", "line1\r\nline2\r\nline3\r\n")
    shown = tool("view", path="/memories/crlf")
    assert shown.endswith("     1\tline1\r\n     2\tline2\r\n     3\tline3\r\n     4\t")
    tool("str_replace", path="/memories/crlf", old_str="line2", new_str="LINE2")
    tool("insert", path="/memories/crlf", insert_line=1, insert_text="Inserted")
    assert tool.files()["/memories/crlf"] == "line1\r\nInserted\nLINE2\r\nline3\r\n"
    odd = "\0 \ud800 \u2028 é e\u0301 ☕ \x0c \x85"
    tool.create("/memories/odd", odd)
    assert tool.files()["/memories/odd"] == odd
    tool("str_replace", path="/memories/odd", old_str=odd, new_str="plain")
    assert tool.files()["/memories/odd"] == "plain"


def test_files_and_folders_are_deleted(tool: Tool) -> None:
    for path in ("a", "dir/b", "dir/sub/c", "dir2/d", "dir0"):
        tool.create(f"/memories/{path}", path)
    assert tool("delete", path="/memories/a") == "Successfully deleted /memories/a"
    assert tool("delete", path="/memories/dir") == "Successfully deleted /memories/dir"
    assert set(tool.files()) == {"/memories/dir2/d", "/memories/dir0"}
    for path in ("/memories/a", "/memories/dir", "/memories/di"):
        assert tool.refuses("delete", path=path) == f"The path {path} does not exist"
    for path in ("/memories", "/memories/", "/memories//."):
        assert tool.refuses("delete", path=path) == "Cannot delete the /memories directory itself"


def test_files_and_folders_are_renamed(tool: Tool) -> None:
    for path in ("a", "dir/b", "dir/sub/c", "dir2/d"):
        tool.create(f"/memories/{path}", path)
    assert "Successfully renamed" in tool("rename", old_path="/memories/a", new_path="/memories/x/y/a")
    assert "Successfully renamed" in tool("rename", old_path="/memories/dir", new_path="/memories/moved")
    files = {"x/y/a": "a", "moved/b": "dir/b", "moved/sub/c": "dir/sub/c", "dir2/d": "dir2/d"}
    assert tool.files() == {f"/memories/{path}": text for path, text in files.items()}
    for old, new, message in (
        ("nope", "z", "The path /memories/nope does not exist"),
        ("moved/b", "x/y/a", "The destination /memories/x/y/a already exists"),
        ("moved/b", "dir2", "The destination /memories/dir2 already exists"),
        ("moved", "dir2", "The destination /memories/dir2 already exists"),
        ("moved", "dir2/d", "The destination /memories/dir2/d already exists"),
        ("moved", "moved/inside", "which is the same or inside of it"),
        ("moved/b", "moved/b", "which is the same or inside of it"),
        ("moved/b", "x/y/a/b", "is a file"),
    ):
        refused = tool.refuses("rename", old_path=f"/memories/{old}", new_path=f"/memories/{new}")
        assert message in refused, (old, new)
    assert "itself" in tool.refuses("rename", old_path="/memories", new_path="/memories/z")
    assert "already exists" in tool.refuses("rename", old_path="/memories/moved", new_path="/memories")
    assert tool.files() == {f"/memories/{path}": text for path, text in files.items()}


def test_everything_can_be_cleared_by_the_program(tool: Tool) -> None:
    tool.create("/memories/a", "a")
    answer = tool.tool.clear_all_memory()
    assert (answer if isinstance(answer, str) else asyncio.run(answer)) == "All memory cleared"
    assert tool.files() == {}


HOSTILE = [
    "/etc/passwd",
    "memories/a",
    "/memoriesx/a",
    "/Memories/a",
    "",
    "/",
    "..",
    "/memories/..",
    "/memories/../etc/passwd",
    "/memories/../../../etc/passwd",
    "/memories/a/../../b",
    "/memories/a/..",
    "/memories/%2e%2e/%2e%2e/etc/passwd",
    "/memories/%252e%252e/b",
    "/memories/..%2fetc",
    "/memories/..\\..\\windows",
    "/memories/a\\b",
    "/memories/a\0b",
    "/memories/a\nb",
    "/memories/\ud800",
    "/memories/\u2028",
    "/memories/" + "a" * 2000,
    "/memories/" + "a/" * 2000,
    " /memories/a",
    "//memories/a",
    "file:///memories/a",
    None,
    5,
    ["/memories/a"],
    {"path": "/memories/a"},
]


@pytest.mark.parametrize("path", HOSTILE)
def test_a_hostile_path_is_refused_by_every_command(path: Any, tool: Tool) -> None:
    tool.create("/memories/safe", "safe")
    for command, arguments in (
        ("view", {"path": path}),
        ("create", {"path": path, "file_text": "x"}),
        ("str_replace", {"path": path, "old_str": "safe", "new_str": "x"}),
        ("insert", {"path": path, "insert_line": 0, "insert_text": "x"}),
        ("delete", {"path": path}),
        ("rename", {"old_path": path, "new_path": "/memories/b"}),
        ("rename", {"old_path": "/memories/safe", "new_path": path}),
    ):
        assert tool.refuses(command, **arguments).startswith("Path ")
    assert tool.files() == {"/memories/safe": "safe"}


@pytest.mark.parametrize("text", [None, 5, ["x"], {"a": 1}])
def test_a_text_that_is_none_is_refused_by_every_command(text: Any, tool: Tool) -> None:
    tool.create("/memories/f", "None 5")
    assert "`file_text`" in tool.refuses("create", path="/memories/g", file_text=text)
    assert "`old_str`" in tool.refuses("str_replace", path="/memories/f", old_str=text, new_str="x")
    assert "`insert_text`" in tool.refuses("insert", path="/memories/f", insert_line=0, insert_text=text)
    assert tool.files() == {"/memories/f": "None 5"}


@pytest.mark.parametrize("name", ["ü ☕", "a'b\"c", "$where", "*", "%", "a b", "...", "~", "-rf", "con", "a;b", "<x>"])
def test_an_odd_name_is_a_name_like_any_other(name: str, tool: Tool) -> None:
    path = f"/memories/{name}/{name}"
    tool.create(path, "text")
    tool.create("/memories/other/x", "text")
    assert f"{name}/{name}" in tool("view", path=f"/memories/{name}") or name.startswith(".")
    tool("rename", old_path=path, new_path=f"/memories/{name}2")
    tool("delete", path=f"/memories/{name}2")
    assert set(tool.files()) == {"/memories/other/x"}


def test_changes_at_the_same_time_are_all_kept(tmp_path: Path) -> None:
    async def main() -> None:
        config: Any = {"documents": {"provider": "sqlite", "path": str(tmp_path / "m.db")}}
        lines = "\n".join(f"line {n};" for n in range(20))
        async with MemioAsyncMemoryTool(config) as one, MemioAsyncMemoryTool(config) as two:
            await one.call({"command": "create", "path": "/memories/f", "file_text": lines})
            await asyncio.gather(
                *(
                    (one, two)[n % 2].call(
                        {
                            "command": "str_replace",
                            "path": "/memories/f",
                            "old_str": f"line {n};",
                            "new_str": f"new {n};",
                        }
                    )
                    for n in range(20)
                )
            )
            shown = str(await two.call({"command": "view", "path": "/memories/f"}))
            assert [f"new {n};" in shown for n in range(20)] == [True] * 20
            # Of changes of one place, one is done, and the others are told that it is not there any more.
            outcomes = await asyncio.gather(
                *(
                    (one, two)[n % 2].call(
                        {"command": "str_replace", "path": "/memories/f", "old_str": "new 0;", "new_str": f"by {n};"}
                    )
                    for n in range(10)
                ),
                return_exceptions=True,
            )
            assert sum(isinstance(each, str) for each in outcomes) == 1
            assert all("did not appear" in str(each) for each in outcomes if not isinstance(each, str))
            created = await asyncio.gather(
                *(
                    (one, two)[n % 2].call({"command": "create", "path": "/memories/g", "file_text": f"text {n}"})
                    for n in range(10)
                ),
                return_exceptions=True,
            )
            assert sum(isinstance(each, str) for each in created) == 1
            moved = await asyncio.gather(
                *(
                    (one, two)[n % 2].call(
                        {"command": "rename", "old_path": "/memories/g", "new_path": f"/memories/g{n}"}
                    )
                    for n in range(4)
                ),
                one.call({"command": "insert", "path": "/memories/g", "insert_line": 0, "insert_text": "kept"}),
                return_exceptions=True,
            )
            texts = [each.content async for each in one._memio.documents.iter_all() if each.id != "/memories/f"]
            assert texts
            assert all(text.startswith(("text", "kept")) for text in texts)
            if isinstance(moved[-1], str):
                assert any(text.startswith("kept") for text in texts)

    asyncio.run(main())


def test_users_do_not_see_each_others_files_and_a_client_stays_open() -> None:
    config: Any = {"documents": MEMORY}
    memio = Memio.from_config(config)
    alice, bob = MemioMemoryTool(memio, user_id="alice"), MemioMemoryTool(memio, user_id="bob")
    create = {"command": "create", "path": "/memories/pin", "file_text": "4711"}
    alice.call(create)
    with pytest.raises(ToolError, match="does not exist"):
        bob.call({"command": "view", "path": "/memories/pin"})
    bob.call(create)
    bob.clear_all_memory()
    assert "4711" in str(alice.call({"command": "view", "path": "/memories/pin"}))
    alice.close()
    bob.close()

    async def found() -> list[Owner]:
        async with memio:
            return [each.owner for each in await memio.documents.search("4711")]

    assert asyncio.run(found()) == [Owner("alice", None, ("claude", "memories"))]


def test_a_sync_tool_works_where_an_event_loop_is_running() -> None:
    async def main() -> str:
        with MemioMemoryTool({"documents": MEMORY}) as tool:
            return str(tool.call({"command": "view", "path": "/memories"}))

    assert asyncio.run(main()).endswith("/memories")


def test_what_is_missing_is_stated_when_the_tool_is_made() -> None:
    with pytest.raises(StoreNotConfiguredError, match="needs documents, and this client has no documents"):
        MemioMemoryTool({"facts": MEMORY})

    class Documents:
        features = guarantees = frozenset()

        async def add(self, *, content): ...
        async def get(self, *, doc_id): ...
        async def get_all(self, *, limit, cursor): ...
        async def search(self, *, query, limit): ...
        async def delete(self, *, doc_id): ...
        async def delete_all(self): ...
        async def aclose(self): ...

    with pytest.raises(NotSupportedError, match="needs namespaces, metadata, filters"):
        MemioAsyncMemoryTool(Memio(documents=Documents()))  # type: ignore[arg-type]


def test_the_answers_are_those_of_the_tool_of_the_sdk(tmp_path: Path, tool: Tool) -> None:
    theirs = Tool(BetaLocalFilesystemMemoryTool(str(tmp_path)))
    steps: list[tuple[str, dict[str, Any]]] = [
        ("create", {"path": "/memories/a.md", "file_text": "one\ntwo\n\nthree"}),
        ("create", {"path": "/memories/a.md", "file_text": "x"}),
        ("create", {"path": "/memories/d/b.md", "file_text": ""}),
        ("view", {"path": "/memories/a.md"}),
        ("view", {"path": "/memories/a.md", "view_range": [2, 100]}),
        ("view", {"path": "/memories/a.md", "view_range": [0, 1]}),
        ("view", {"path": "/memories/d/b.md"}),
        ("view", {"path": "/memories/nope"}),
        ("str_replace", {"path": "/memories/a.md", "old_str": "two", "new_str": "2\n2"}),
        ("str_replace", {"path": "/memories/a.md", "old_str": "2", "new_str": "x"}),
        ("str_replace", {"path": "/memories/d", "old_str": "2", "new_str": "x"}),
        ("insert", {"path": "/memories/d/b.md", "insert_line": 0, "insert_text": "first"}),
        ("insert", {"path": "/memories/d/b.md", "insert_line": 9, "insert_text": "x"}),
        ("insert", {"path": "/memories/d", "insert_line": 0, "insert_text": "x"}),
        ("view", {"path": "/memories/d/b.md"}),
        ("rename", {"old_path": "/memories/a.md", "new_path": "/memories/d/b.md"}),
        ("rename", {"old_path": "/memories/a.md", "new_path": "/memories/e/f/a.md"}),
        ("rename", {"old_path": "/memories/nope", "new_path": "/memories/n"}),
        ("view", {"path": "/memories/e/f/a.md"}),
        ("delete", {"path": "/memories/e"}),
        ("delete", {"path": "/memories/e"}),
        ("delete", {"path": "/memories"}),
        ("view", {"path": "/memories/../x"}),
    ]

    def outcome(each: Tool, command: str, arguments: dict[str, Any]) -> str:
        try:
            return each(command, **arguments)
        except ToolError as error:
            return f"refused: {error}"

    for command, arguments in steps:
        assert outcome(tool, command, arguments) == outcome(theirs, command, arguments), (command, arguments)
