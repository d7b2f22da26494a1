"""`memio forget`: delete all records of one owner in every configured store."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from memio._call.labels import narrowed
from memio.cli import options
from memio.cli.client import opened, run_with
from memio.cli.groups import Common, Span, grouped
from memio.cli.io.exit import ExitCode
from memio.cli.io.input import as_utf8, confirmed, kinds_of
from memio.cli.io.labels import words
from memio.cli.io.output import console, note, reporting, visible, write_json
from memio.cli.io.receipts import json_of, show
from memio.errors import ForgetError, InvalidInputError
from memio.owners import ANYWHERE

if TYPE_CHECKING:
    from memio.receipts import ForgetReceipt


@grouped
def forget(
    *,
    span: Span,
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
    common: Common,
) -> None:
    """Delete all records of an owner from every store, verify it, and print a receipt, after a confirmation."""
    labels = span.labels
    named = words(narrowed(ANYWHERE, **labels).labels)
    if not named:
        raise InvalidInputError("no owner was passed: pass --user, --agent, --namespace or --namespace-prefix")
    client = opened(common)
    skipped = kinds_of(skip or [], "--skip")
    stores = [f"{kind} in {getattr(client, kind).provider}" for kind in client.kinds if kind not in skipped]
    # Asked outside the event loop, which would delay an interrupt of the question.
    if not confirmed(f"Forget {named}: delete all {', '.join(stores)}", yes=yes):
        note("nothing was deleted", as_json=common.as_json)
        raise typer.Exit(ExitCode.NEGATIVE)
    try:
        receipt = run_with(client, lambda memio: memio.forget(**labels, skip=skipped))
    except ForgetError as error:
        if not common.as_json:  # as JSON, the receipt is part of the error
            show(error.receipt)
        raise
    with reporting("what the receipt lists is deleted"):
        _show(receipt, as_json=common.as_json)


def _show(receipt: ForgetReceipt, *, as_json: bool) -> None:
    if as_json:
        write_json(json_of(receipt))
        return
    show(receipt)
    owner = words(receipt.labels)
    if not any(store.before for store in receipt.stores):
        console().print(visible(f"there are no records of {owner}; nothing was deleted"), soft_wrap=True)
        return
    rest = "" if receipt.complete else ", except in what was skipped"
    console().print(visible(f"forgot {owner}{rest}"), soft_wrap=True)
