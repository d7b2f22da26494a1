"""`memio users`: the users that have records, over all kinds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from memio.capabilities import Feature, Kind
from memio.cli import options
from memio.cli.client import facade_of, opened, run_with
from memio.cli.groups import Common, Span, grouped
from memio.cli.io.input import kinds_of
from memio.cli.io.output import console, write_json
from memio.cli.io.records import plain_table
from memio.errors import NotSupportedError

if TYPE_CHECKING:
    from memio.client import Memio


@grouped
def users(*, span: Span, kinds: options.Kinds = None, common: Common) -> None:
    """List the users that have records, each once, with the kinds of memory that have them.

    Records without a user are not listed: `memio facts owners`, and likewise for the other kinds, lists all owners.
    """
    labels = span.labels
    client = opened(common, *kinds_of(kinds or [], "--kind"))
    _check_features(client)
    found = run_with(client, lambda memio: _users(memio, labels))
    items = sorted(found.items())
    if common.as_json:
        write_json({"items": [{"user_id": user, "kinds": kinds} for user, kinds in items]})
    elif items:
        console().print(plain_table(("user", "kinds"), [(user, ", ".join(kinds)) for user, kinds in items]))
    else:
        console().print("no users")


async def _users(memio: Memio, labels: Mapping[str, Any]) -> dict[str, list[Kind]]:
    """Return the kinds of memory that have records of each user."""
    found: defaultdict[str, list[Kind]] = defaultdict(list)
    for kind in memio.kinds:
        async for owner in facade_of(memio, kind).iter_owners(**labels):
            if owner.user_id is not None and kind not in found[owner.user_id]:
                found[owner.user_id].append(kind)
    return found


def _check_features(memio: Memio) -> None:
    """Refuse stores that cannot list owners: their users would be missing."""
    lacking: list[Kind] = [kind for kind in memio.kinds if Feature.OWNERS not in facade_of(memio, kind).features]
    if not lacking:
        return
    named = ", ".join(f"the {kind} of {facade_of(memio, kind).provider}" for kind in lacking)
    others = " ".join(f"--kind {kind}" for kind in memio.kinds if kind not in lacking)
    hint = f"pass {others} to list the users of the others" if others else "read the owner of each record of a listing"
    raise NotSupportedError(f"{named} cannot list their owners (feature 'owners')", hint=hint)
