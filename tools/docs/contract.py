"""The scorecards of the providers, as pages show them."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from itertools import dropwhile, islice
from pathlib import Path
from tempfile import TemporaryDirectory

ASSETS = Path(__file__).absolute().parents[2] / "docs" / "assets"
DATE = "| date |"
SHOWN = 10
"""How many lines of the table of a new provider the documentation shows."""


def contract_result(provider: str, *, check: bool = False) -> Iterator[str]:
    """Run the suite with its usual profile, and yield the scorecard that it writes, without title and date.

    Args:
        provider: Its name.
        check: Compare the badge in `docs/assets` with the new one instead of writing it.
    """
    with TemporaryDirectory() as folder:
        scorecard = Path(folder) / f"contract-{provider}.md"
        command = [sys.executable, "-m", "memio", "check", provider, "--scorecard", str(scorecard)]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603  # our own
        if done.returncode:
            raise SystemExit(f"{provider} does not keep the contract:\n{done.stdout}{done.stderr}")
        page = ASSETS.parent / "providers" / f"{provider}.md"
        yield from (line for line in published(scorecard, page, check=check) if not line.startswith(DATE))


def published(scorecard: Path, page: Path, *, check: bool = False) -> Iterator[str]:
    """Yield the lines of a scorecard without its title, and put its badge into `docs/assets`.

    A page elsewhere, which is published without that folder, gets no badge.

    Args:
        scorecard: The page that the suite has written, with the badge beside it.
        page: Where the lines will stand.
        check: Compare the badge in `docs/assets` with the new one instead of writing it.
    """
    image = scorecard.with_suffix(".svg")
    kept = ASSETS / image.name
    lines = scorecard.read_text(encoding="utf-8").splitlines()
    if not page.absolute().is_relative_to(ASSETS.parent):
        lines, target = lines[4:], ""  # without the title, the badge, and the blank line after each
    else:
        _keep(image.read_text(encoding="utf-8"), kept, check=check)
        lines, target = lines[2:], Path(os.path.relpath(kept, page.absolute().parent)).as_posix()
    for line in lines:
        yield line.replace(f"]({image.name})", f"]({target})").replace("## ", "#### ")


def _keep(badge: str, kept: Path, *, check: bool) -> None:
    if not check:
        kept.write_text(badge, encoding="utf-8")
    elif not kept.exists() or kept.read_text(encoding="utf-8") != badge:
        raise SystemExit(f"{kept} is stale: run python tools/docs/generate.py contract")


def table_of_a_new_provider() -> Iterator[str]:
    """Generate the provider `acme`, run the suite on it, and yield the beginning and the end of the table."""
    with TemporaryDirectory() as folder:
        run = (sys.executable, "-m", "memio")
        subprocess.run([*run, "new-provider", "acme"], cwd=folder, capture_output=True, check=True)  # noqa: S603  # our own
        source = _as_if_installed(Path(folder) / "memio-acme")
        done = subprocess.run(  # noqa: S603  # our own
            [*run, "check", "acme"],
            cwd=folder,
            env=os.environ | {"PYTHONPATH": str(source)},
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        raise SystemExit(f"a new provider does not keep the contract:\n{done.stdout}{done.stderr}")
    lines = done.stdout.splitlines()
    yield "```text"
    yield from islice(dropwhile(lambda line: not line.startswith("acme "), lines), SHOWN)
    yield "…"
    yield lines[-1]
    yield "```"


def _as_if_installed(project: Path) -> Path:
    """Write the metadata that an installed distribution has, and return the folder for the path of Python."""
    described = tomllib.loads((project / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    metadata = project / "src" / f"{described['name'].replace('-', '_')}-{described['version']}.dist-info"
    metadata.mkdir()
    fields = f"Metadata-Version: 2.1\nName: {described['name']}\nVersion: {described['version']}\n"
    (metadata / "METADATA").write_text(fields, encoding="utf-8")
    lines: list[str] = []
    for group, points in described["entry-points"].items():
        lines += [f"[{group}]", *(f"{name} = {place}" for name, place in points.items())]
    (metadata / "entry_points.txt").write_text("\n".join(lines), encoding="utf-8")
    return metadata.parent
