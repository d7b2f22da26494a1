# ruff: noqa: INP001, T201  # a script that prints what it wrote
"""Write `memio.blocking` from the async client: the same classes, methods, arguments and docstrings.

Run: python tools/generate_blocking.py   (needs ruff; a test fails when the modules are not current)

Every public member of an async class gets its counterpart:

* of an async method, one that waits for the result; an iterator among the arguments is read in the caller's thread;
* of a method that returns `self._pages(...)`, the same over blocking pages;
* of a property or method that returns one of `CLASSES`, one that returns its counterpart;
* of any other, one that calls the async object.

Anything else is an error, so that nothing is left out silently.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "memio-core" / "src" / "memio"
MODULES = {
    "facades/facade.py": "facade.py",
    "facades/facts.py": "facts.py",
    "facades/history.py": "history.py",
    "facades/documents.py": "documents.py",
    "facades/graph.py": "graph.py",
    "client.py": "client.py",
}
ROOTS = ("Facade", "Stores")
"""The classes that the others derive from: they are generic in the async class."""
SLOTS = '("_runner", "_async")  # noqa: RUF023  # pickle reads the slots in this order'
CLASSES = {"Facade", "Facts", "History", "Documents", "Graph", "Stores", "ScopedMemio", "Memio"}

IMPORTS = (
    ({"Generic"}, "from typing import Generic, TypeVar"),
    ({"Iterator"}, "from collections.abc import Iterator"),
    ({"Runner"}, "from memio.blocking._runtime.runner import Runner"),
    ({"lent"}, "from memio.blocking._runtime.runner import lent"),
    ({"listed"}, "from memio.blocking._runtime.runner import listed"),
    ({"pages"}, "from memio.blocking._runtime.pages import pages"),
)
"""Names, and the import that a module needs for them."""
REPLACED_IMPORTS = {"TypeVar", "pages"}
"""Imports of the async modules that have a blocking counterpart."""

PASSAGES = {
    """\
    The client owns its stores and closes them, with `async with` or `aclose`, in any event loop. Each store
    with the guarantee `any_loop` can be called from any event loop and thread; without `own_loop`, every
    other store belongs to the event loop of its first call.
""": """\
    The client owns its stores and closes them: with `with`, by `close`, or else at the end of the process.
    Any thread may call it; the calls run on one event loop in the background, which the clients of a
    process share. Middleware is async here, too.
""",
    """\
        own_loop: Whether stores without the guarantee `any_loop` are called on a background loop of memio,
            so that the client can be used from any event loop and thread; default `False`.
""": "",
    """\
            own_loop: Whether the client can be used from any event loop and thread, whatever its stores are; see
                `Memio`. Default `False`.
""": "",
}
"""Passages of docstrings that describe the async client only, and those that replace them."""
LEFT_OUT = {"own_loop"}
"""Arguments that only the async client has."""
REPLACED = (
    (r"^( *)>>> import asyncio\n", ""),
    (r">>> from memio import Memio\n", ">>> from memio.blocking import Memio\n"),
    (
        r"( *)>>> from memio import Memio, (.*)\n",
        r"\1>>> from memio import \2\n\1>>> from memio.blocking import Memio\n",
    ),
    (r"asyncio\.run\((main\(\))\)", r"\1"),
    (r"\basync (def main|with Memio|for)\b", r"\1"),
    (r"\bawait ", ""),
)
"""Patterns that turn the examples of docstrings into blocking ones, and what replaces them."""
LEFT = re.compile(r"\b(async(?!` def\(operation| def\(operation)|await|asyncio|aclose|event loop of)\b(?! here, too)")
"""Words that must not be left in a blocking docstring."""


class UnsupportedError(Exception):
    """The async client has something that this script cannot convert."""


def generate(source: Path) -> str:
    """Return the blocking module for an async one, not yet formatted."""
    tree = ast.parse(source.read_text(encoding="utf-8"))
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef) and node.name in CLASSES]
    module = "memio." + source.relative_to(SOURCE).with_suffix("").as_posix().replace("/", ".")
    body = "\n\n".join(write_class(node) for node in classes)
    origin = source.relative_to(SOURCE).as_posix()
    return "\n".join(
        [
            f'"""{heading(source.name)}"""',
            "",
            f"# Written by tools/generate_blocking.py from {origin}: change that, and run the script.",
            "",
            "from __future__ import annotations",
            "",
            *imports(tree, module, body, {node.name for node in classes}),
            "",
            body,
        ]
    )


def heading(name: str) -> str:
    """Return the docstring of a module."""
    if name == "client.py":
        return "The blocking client: one object for an application's memory, without async."
    if name == "facade.py":
        return "What the blocking façades of all kinds have."
    return f"`memio.{name.removesuffix('.py')}`, without async."


def imports(tree: ast.Module, module: str, body: str, own: set[str]) -> Iterator[str]:
    """Yield the imports that a module needs: those of the blocking classes, and those of its source."""
    used = {node.id for node in ast.walk(ast.parse(body)) if isinstance(node, ast.Name)}
    yield from (line for names, line in IMPORTS if used.intersection(names))
    yield from (f"from {module} import {name} as Async{name}" for name in sorted(own))
    for late in (False, True):
        lines = [line for name, line, deferred in imported(tree) if name in used and deferred is late]
        yield from ["from typing import TYPE_CHECKING", "if TYPE_CHECKING:"] if late and lines else []
        yield from (f"    {line}" if late else line for line in lines)
    yield from (f'\nA = TypeVar("A", bound=Async{name})' for name in own.intersection(ROOTS))


def imported(tree: ast.Module) -> Iterator[tuple[str, str, bool]]:
    """Yield the imports of a module: the name, the statement, and whether it is for type checkers only."""
    nodes = [(node, False) for node in tree.body]
    nodes += [(inner, True) for node, _ in nodes if isinstance(node, ast.If) for inner in node.body]
    for node, deferred in nodes:
        if isinstance(node, ast.Import):
            yield from ((alias.name, f"import {alias.name}", deferred) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module != "__future__":
            for alias in node.names:
                name = alias.asname or alias.name
                renamed = f" as {name}" if alias.asname else ""
                if name in CLASSES:
                    yield name, f"from memio.blocking.{name.lower()} import {name}", deferred
                elif name not in REPLACED_IMPORTS:
                    yield name, f"from {node.module} import {alias.name}{renamed}", deferred


def write_class(node: ast.ClassDef) -> str:
    """Return the blocking class for an async one."""
    bases = [base.id for base in node.bases if isinstance(base, ast.Name)]
    base = "Generic[A]" if node.name in ROOTS else f"{bases[0]}[Async{node.name}]"
    kept = "A" if node.name in ROOTS else f"Async{node.name}"
    parts = [f"class {node.name}({base}):", f'    """{document(node)}"""', ""]
    if slotted := any(ast.unparse(member).startswith("__slots__") for member in node.body):
        parts += ["    __slots__ = " + (SLOTS if node.name in ROOTS else "()")]
    if node.name in ROOTS:
        parts += [""] if slotted else []
        parts += [f"    def __init__(self, client: {kept}, runner: Runner) -> None:"]
        parts += ["        self._runner = runner", "        self._async = client"]
    for member in node.body:
        if isinstance(member, (ast.FunctionDef, ast.AsyncFunctionDef)):
            parts += ["", text] if (text := write_member(node.name, member)) else []
        elif not isinstance(member, ast.Expr) and not ast.unparse(member).startswith("__slots__"):
            raise UnsupportedError(f"{node.name} has {ast.unparse(member)!r}, which is not a method")
    return "\n".join(parts) + "\n"


def write_member(owner: str, node: ast.FunctionDef | ast.AsyncFunctionDef) -> str | None:
    """Return the blocking counterpart of a method or property; `None` for one that only the async class needs."""
    if node.name in SPECIAL:
        return SPECIAL[node.name](owner, node)
    if node.name.startswith("_"):
        return None
    decorators = [ast.unparse(decorator) for decorator in node.decorator_list]
    if unknown := set(decorators) - {"property", "cached_property"}:
        raise UnsupportedError(f"{owner}.{node.name} is decorated with {unknown}")
    async_member = f"self._async.{node.name}"
    returns = node.returns
    counterpart = isinstance(returns, ast.Name) and returns.id in CLASSES
    answer: str
    if isinstance(node, ast.AsyncFunctionDef):
        given = passed_on(node)
        answer = f"self._runner.call({', '.join([async_member, *given])})"
        if not (isinstance(returns, ast.Constant) and returns.value is None):
            answer = f"return {answer}"
    elif "AsyncIterator" in ast.unparse(returns or ast.Constant(None)):
        returns, answer = blocking_pages(owner, node)
    else:
        call = async_member if decorators else f"{async_member}({', '.join(passed_on(node))})"
        answer = f"return {returns.id}({call}, self._runner)" if counterpart else f"return {call}"  # type: ignore[union-attr]
    return method(node.name, node.args, returns, document(node), answer, decorators)


def blocking_pages(owner: str, node: ast.FunctionDef) -> tuple[ast.expr, str]:
    """Return the type and the body of an iteration: the same body, over the blocking `_pages`."""
    body = "\n".join(ast.unparse(statement) for statement in node.body[1:])  # without the docstring
    if not ast.unparse(node.body[-1]).startswith("return self._pages(") or not isinstance(node.returns, ast.Subscript):
        raise UnsupportedError(f"{owner}.{node.name} must iterate by `return self._pages(...)`")
    return ast.Subscript(ast.Name("Iterator"), node.returns.slice), body


def passed_on(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[str]:
    """Yield the arguments of a call that passes on every argument, iterators as lists."""
    arguments = node.args
    if arguments.vararg or arguments.kwarg or arguments.posonlyargs:
        raise UnsupportedError(f"{node.name} has arguments without a name, or by position only")
    for argument in arguments.args[1:]:
        yield read(argument)
    for argument in arguments.kwonlyargs:
        yield f"{argument.arg}={read(argument)}"


def read(argument: ast.arg) -> str:
    """Return an argument as it is passed on: as a list where it may be an iterator."""
    parts = ast.walk(argument.annotation) if isinstance(argument.annotation, ast.BinOp) else [argument.annotation]
    many = any(isinstance(p, ast.Subscript) and ast.unparse(p.value) in {"Iterable", "Sequence"} for p in parts)
    return f"listed({argument.arg})" if many else argument.arg


def method(
    name: str, arguments: ast.arguments, returns: ast.expr | None, text: str, answer: str, decorators: list[str]
) -> str:
    """Return the text of a method."""
    shared = [argument for argument in arguments.kwonlyargs if argument.arg not in LEFT_OUT]
    defaults = [
        default
        for argument, default in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
        if argument in shared
    ]
    arguments = ast.arguments(
        posonlyargs=arguments.posonlyargs,
        args=arguments.args,
        defaults=arguments.defaults,
        vararg=arguments.vararg,
        kwonlyargs=shared,
        kw_defaults=defaults,
        kwarg=arguments.kwarg,
    )
    lines = [f"    @{decorator}" for decorator in decorators]
    result = ast.unparse(returns) if returns else "None"
    lines.append(f"    def {name}({ast.unparse(arguments)}) -> {result}:")
    if text:
        lines.append(f'        """{text}"""')
    return "\n".join([*lines, *(f"        {line}" for line in answer.split("\n"))])


def document(node: ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    """Return the docstring, changed so that it describes the blocking client."""
    text = ast.get_docstring(node, clean=False)
    if text is None:
        raise UnsupportedError(f"{node.name} has no docstring")
    for passage, instead in PASSAGES.items():
        text = text.replace(passage, instead)
    for pattern, instead in REPLACED:
        text = re.sub(pattern, instead, text, flags=re.MULTILINE)
    if left := LEFT.search(text):
        raise UnsupportedError(f"the docstring of {node.name} contains {left[0]!r}: add a replacement to PASSAGES")
    return text.replace("\\", "\\\\")


def constructor(owner: str, node: ast.FunctionDef | ast.AsyncFunctionDef) -> str | None:
    """Return the constructor of the client; the other classes are constructed by the client."""
    if owner != "Memio":
        return None
    answer = f"client = AsyncMemio({', '.join(as_given(node))})\nsuper().__init__(client, Runner(client))"
    return method("__init__", node.args, node.returns, "", answer, [])


OVER = '''

    @classmethod
    def over(cls, client: AsyncMemio) -> Self:
        """Make the blocking face of an async client that others use too.

        The client must be usable from any event loop: all of its stores have the guarantee `any_loop`, or it was
        made with `own_loop=True`. Its middleware runs on the background loop for the calls that are made here.

        Args:
            client: The client. It stays open when this one is closed.

        Raises:
            RuntimeError: The client has stores that belong to one event loop.

        Example:
            >>> import asyncio, memio
            >>> from memio.blocking import Memio
            >>> async def main():
            ...     config = {"facts": {"provider": "sqlite", "path": ":memory:"}}
            ...     async with memio.Memio.from_config(config) as client:
            ...         with Memio.over(client) as blocking:
            ...             await asyncio.to_thread(blocking.facts.add, "likes coffee")
            ...         return [fact.content for fact in await client.facts.get_all()]
            >>> asyncio.run(main())
            ['likes coffee']
        """
        made = cls.__new__(cls)
        super(Memio, made).__init__(client, lent(client))
        return made
'''
"""What only the blocking client has."""


def from_config(_: str, node: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    """Return the counterpart of `from_config`."""
    lines = [
        f"client = AsyncMemio.from_config({', '.join(as_given(node))})",
        "made = cls.__new__(cls)",
        "super(Memio, made).__init__(client, Runner(client))",
        "return made",
    ]
    return method("from_config", node.args, node.returns, document(node), "\n".join(lines), ["classmethod"]) + OVER


def as_given(node: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[str]:
    """Yield the arguments of a call that passes on every argument unchanged."""
    yield from (argument.arg for argument in node.args.args[1:])
    yield from (f"{name}={name}" for argument in node.args.kwonlyargs if (name := argument.arg) not in LEFT_OUT)


def close(_: str, node: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    """Return the counterpart of `aclose`."""
    return method("close", node.args, node.returns, document(node), "self._runner.close()", [])


def enter(_: str, node: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    """Return the counterpart of `__aenter__`."""
    return method("__enter__", node.args, node.returns, "", "return self", [])


def leave(_: str, node: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    """Return the counterpart of `__aexit__`."""
    return method("__exit__", node.args, node.returns, "", "self.close()", [])


def refuse_async_with(_: str, __: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    """Return the counterpart of the async client's `__enter__`, which refuses `with`."""
    return """\
    def __aenter__(self) -> NoReturn:
        raise TypeError(
            "this client is blocking: open it with `with`, or use memio.Memio, which is opened with `async with`"
        )

    def __aexit__(self, *_: object) -> None:
        # Never called. Without it, Python refuses `async with` before __aenter__ can give the reason.
        return None"""


def nothing(_: str, __: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
    """Return no counterpart."""


REPRESENTATION = """\
if not hasattr(self, "_async"):  # the constructor failed, and a traceback shows the object
    return f"<{type(self).__name__}, incomplete>"
return repr(self._async)"""


def representation(owner: str, node: ast.FunctionDef | ast.AsyncFunctionDef) -> str | None:
    """Return `__repr__`: the same text as that of the async object."""
    return method("__repr__", node.args, node.returns, "", REPRESENTATION, []) if owner in ROOTS else None


def iteration(_: str, node: ast.FunctionDef | ast.AsyncFunctionDef) -> str:
    """Return the counterpart of `_pages`, which iterates over a listing."""
    # Both are part of the library; `_call` is not for applications.
    answer = (
        "def part(cursor: str | None) -> Page[Any]:\n"
        '    arguments_of_part = {**arguments, "cursor": cursor}\n'
        "    call = self._async._call  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]\n"
        "    return cast('Page[Any]', self._runner.call(call, method, arguments_of_part, *labels, fill=False))\n"
        "return pages(part)"
    )
    return method(node.name, node.args, ast.parse("Iterator[Any]", mode="eval").body, document(node), answer, [])


SPECIAL = {
    "_pages": iteration,
    "__init__": constructor,
    "from_config": from_config,
    "aclose": close,
    "__aenter__": enter,
    "__aexit__": leave,
    "__enter__": refuse_async_with,
    "__exit__": nothing,
    "__repr__": representation,
}
"""The members that are written by a function, by name."""


def formatted(text: str) -> str:
    """Return the text as ruff formats it, with sorted imports."""
    name = ["--stdin-filename", str(SOURCE / "blocking" / "facts.py"), "-"]
    for job in (["check", "--select", "I", "--fix", "--quiet"], ["format"]):
        command = [sys.executable, "-m", "ruff", *job, *name]
        text = subprocess.run(command, input=text, capture_output=True, text=True, check=True, cwd=ROOT).stdout  # noqa: S603  # a constant command
    return text


def generated_modules() -> dict[Path, str]:
    """Return the text of each module, by path."""
    return {SOURCE / "blocking" / name: formatted(generate(SOURCE / source)) for source, name in MODULES.items()}


if __name__ == "__main__":
    for path, text in generated_modules().items():
        path.write_text(text, encoding="utf-8")
        print(path.relative_to(ROOT))
