"""`memio new-provider`: write the sources of a provider that works and passes the contract."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated

import typer

from memio._values.suggest import did_you_mean
from memio.capabilities import KINDS, Kind
from memio.cli import options
from memio.cli.io.input import as_utf8
from memio.cli.io.output import done
from memio.errors import InvalidInputError


def new_provider(
    *,
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="The name in configurations, such as acme.", show_default=False)
    ],
    kinds: Annotated[
        list[str],
        typer.Option(
            "--kind",
            "-k",
            callback=as_utf8,
            metavar="KIND",
            help=f"A kind of memory that it has: {', '.join(KINDS)}. May be repeated.",
        ),
    ] = ["facts"],  # noqa: B006  # typer copies it
    example: Annotated[
        str,
        typer.Option(
            "--example",
            "-e",
            metavar="EXAMPLE",
            help="The example to start from: memory (short, few features) or database (every feature).",
        ),
    ] = "memory",
    directory: Annotated[
        Path,
        typer.Option("--directory", "-d", metavar="DIR", help="The folder in which memio-NAME is created."),
    ] = Path(),
    as_json: options.AsJson = False,
) -> None:
    """Write a new provider: a distribution memio-NAME that works and passes the contract.

    Its stores keep their records in the process or, with --example database, in a database, until you replace that
    by your backend.
    """
    if find_spec("jinja2") is None:
        raise InvalidInputError("the template needs the extra 'cli': pip install 'memio-core[cli]'")
    # Imported here, because the help needs none of it.
    from memio.cli.scaffold.project import EXAMPLES, render, write
    from memio.cli.scaffold.provider_names import check_free, provider_names

    names = provider_names(name)
    chosen = _kinds(kinds)
    if example not in EXAMPLES:
        raise InvalidInputError(
            f"--example: unknown example {example!r}{did_you_mean(example, list(EXAMPLES))}; "
            f"the examples are {', '.join(EXAMPLES)}"
        )
    check_free(names)
    folder = directory / names.distribution
    files = render(names, chosen, example)
    write(folder, files)
    done(
        "\n".join(_next_steps(folder, names.name, chosen)),
        as_json=as_json,
        provider=names.name,
        distribution=names.distribution,
        package=names.package,
        kinds=chosen,
        folder=str(folder),
        files=sorted(files),
    )


def _kinds(given: Sequence[str]) -> list[Kind]:
    """Return the kinds that were asked for, in memio's order."""
    for kind in given:
        if kind not in KINDS:
            raise InvalidInputError(
                f"--kind: unknown kind {kind!r}{did_you_mean(kind, KINDS)}; the kinds are {', '.join(KINDS)}. "
                "For several, repeat the option, as in --kind facts --kind history"
            )
        if given.count(kind) > 1:
            raise InvalidInputError(f"--kind: {kind!r} is given twice; leave one out")
    return [kind for kind in KINDS if kind in given]


def _next_steps(folder: Path, name: str, kinds: Sequence[Kind]) -> list[str]:
    from shlex import quote

    return [
        f"wrote {folder}: a provider {name!r} for {', '.join(kinds)}",
        "",
        "Next, in a virtual environment:",
        f"  cd {quote(str(folder))}",
        "  pip install -e '.[test]'",
        "  pytest                     # its tests: the contract of each store",
        "  memio providers            # lists it",
        f"  memio check {name:14} # the contract again, as its users run it",
        "",
        "Then replace src/*/backend.py by your backend; README.md describes the files.",
    ]
