"""`memio forget`: delete all records of one owner in every configured store."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from memio._call.labels import as_argument
from memio.capabilities import KINDS, Kind
from memio.cli import options
from memio.cli.client import run_with, source_for
from memio.cli.io.exit import ExitCode
from memio.cli.io.input import as_utf8, confirmed
from memio.cli.io.output import console, note, reporting, visible, write_json
from memio.cli.io.receipts import json_of, show
from memio.errors import ForgetError, InvalidInputError

if TYPE_CHECKING:
    from memio.client import Memio
    from memio.receipts import ForgetReceipt


def forget(
    *,
    user: Annotated[
        str | None,
        typer.Option("--user", "-u", callback=as_utf8, metavar="ID", help="The user to forget.", show_default=False),
    ] = None,
    agent: Annotated[
        str | None,
        typer.Option(
            "--agent",
            "-a",
            callback=as_utf8,
            metavar="ID",
            help="The agent to forget; only facts have agents.",
            show_default=False,
        ),
    ] = None,
    skip: Annotated[
        list[str] | None,
        typer.Option(
            "--skip",
            callback=as_utf8,
            metavar="KIND",
            help="Do not change this kind. May be repeated.",
            show_default=False,
        ),
    ] = None,
    yes: options.Yes = False,
    config: options.Config = None,
    as_json: options.AsJson = False,
) -> None:
    """Delete all records of one owner from every store, verify it, and print a receipt, after a confirmation."""
    owner = {"user": user, "agent": agent}
    named = [f"{word} {value!r}" for word, value in owner.items() if value is not None]
    if not named:
        raise InvalidInputError("no owner was passed: pass --user ID, --agent ID or both")
    client = _opened(config)
    skipped = _kinds(skip or [])
    stores = [f"{kind} in {getattr(client, kind).provider}" for kind in client.kinds if kind not in skipped]
    # Asked outside the event loop, which would delay an interrupt of the question.
    if not confirmed(f"Forget {' and '.join(named)}: delete all {', '.join(stores)}", yes=yes):
        note("nothing was deleted", as_json=as_json)
        raise typer.Exit(ExitCode.NEGATIVE)
    try:
        receipt = run_with(
            client, lambda memio: memio.forget(user_id=as_argument(user), agent_id=as_argument(agent), skip=skipped)
        )
    except ForgetError as error:
        if not as_json:  # as JSON, the receipt is part of the error
            show(error.receipt)
        raise
    with reporting("what the receipt lists is deleted"):
        _show(receipt, " and ".join(named), as_json=as_json)


def _show(receipt: ForgetReceipt, owner: str, *, as_json: bool) -> None:
    if as_json:
        write_json(json_of(receipt))
        return
    show(receipt)
    if not any(store.before for store in receipt.stores):
        console().print(visible(f"there are no records of {owner}; nothing was deleted"), soft_wrap=True)
        return
    rest = "" if receipt.complete else ", except in what was skipped"
    console().print(visible(f"forgot {owner}{rest}"), soft_wrap=True)


def _opened(config: Path | None) -> Memio:
    from memio.client import Memio
    from memio.config import load

    return Memio.from_config(load(source_for(config, *KINDS)))


def _kinds(names: list[str]) -> list[Kind]:
    kinds: list[Kind] = [kind for kind in KINDS if kind in names]
    for name in names:
        if name not in KINDS:
            raise InvalidInputError(f"--skip {name!r}: unknown kind; the kinds are {', '.join(KINDS)}")
    return kinds
