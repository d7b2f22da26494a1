"""The result as a table by feature, for terminals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from memio.capabilities import KINDS, Feature, Guarantee
from memio_contract.lawbook import law_by_id
from memio_contract.outcome import Outcome, Status
from memio_contract.result import Checked, Result

_FEW = 3
"""Of more laws with the same reason, the reason is printed once."""
_RELAXED = {
    "content_bytes": "with content that is shorter than what the store takes, because the target's limits lower it",
    "read_your_writes": "after waiting for the backend before reads, because read_your_writes is not declared",
}
ROWS = ("core", *map(str, Feature), *map(str, Guarantee))


def lines(result: Result) -> Iterator[str]:
    """Yield the lines of the result: a table per provider, what needs a word, and the verdict."""
    for title, stores in by_title(result).items():
        yield ""
        headings = headings_of(stores)
        for first, cells in ((title, headings), *rows(stores)):
            yield "".join([f"{first:19} ", *(f"{cell:14} " for cell in cells)]).rstrip()
    yield ""
    yield from remarks(result)
    yield result.summary()


def by_title(result: Result) -> dict[str, list[Checked]]:
    """Return the stores by what the result calls their provider, their kinds in the usual order."""
    found: dict[str, list[Checked]] = {}
    for checked in sorted(result.checked, key=lambda checked: KINDS.index(checked.kind)):  # processes report in any
        found.setdefault(checked.title, []).append(checked)
    return found


def headings_of(stores: list[Checked]) -> list[str]:
    """Return the headings of the columns: the kinds, or the classes where a kind comes twice."""
    kinds = Counter(store.kind for store in stores)
    return [store.kind if kinds[store.kind] == 1 else store.name for store in stores]


def rows(stores: list[Checked]) -> Iterator[tuple[str, list[str]]]:
    """Yield a row per feature and guarantee that some law is about."""
    for row in ROWS:
        cells = [
            cell(
                [outcome for outcome in store.all() if law_by_id(outcome.law).feature == row],
                declared=row in (*store.features, *store.guarantees),
            )
            for store in stores
        ]
        if any(cells):
            yield row, cells


def cell(outcomes: list[Outcome], *, declared: bool) -> str:
    """Return how the laws of one feature ended, the worst first."""
    counts = Counter(outcome.status for outcome in outcomes)
    for status, word in (
        (Status.FAILED, "FAILED"),
        (Status.NOT_RUN, "not run"),
        (Status.EXPECTED_FAILURE, "known"),
    ):
        if counts[status]:
            return f"{counts[status]}/{len(outcomes)} {word}"
    if counts[Status.PASSED]:
        more = f", {counts[Status.NOT_APPLICABLE]} n/a" if counts[Status.NOT_APPLICABLE] else ""
        return f"{counts[Status.PASSED]} ok{more}"
    if not outcomes:
        return ""
    return f"{len(outcomes)} n/a" if declared else "not declared"


def remarks(result: Result) -> Iterator[str]:
    """Yield a line for every law that failed, is known to fail, was not run, or was relaxed, and for the limits."""
    for status in (Status.FAILED, Status.EXPECTED_FAILURE, Status.NOT_RUN):
        of_status = [outcome for outcome in result.all() if outcome.status is status]
        reasons = Counter(outcome.reason for outcome in of_status)
        for reason, times in reasons.items():
            named = [outcome.law for outcome in of_status if outcome.reason == reason]
            if times <= _FEW:
                yield from (f"{status}: {law}: {reason}" for law in named)
                continue
            yield f"{status}: {counted(times)}: {reason}"
            if status is not Status.NOT_RUN:
                yield from (f"    {law}" for law in named)
    missing = Counter(outcome.reason for outcome in result.all() if outcome.status is Status.NOT_APPLICABLE)
    for reason, times in missing.items():
        yield f"not applicable: {counted(times)}: {reason}"
    yield from relaxations(result)


def counted(laws: int) -> str:
    """Return a number of laws, as in `1 law` and `2 laws`."""
    return f"{laws} law{'' if laws == 1 else 's'}"


def relaxations(result: Result) -> Iterator[str]:
    """Yield a line for everything that laws did not insist on, and for the limits in force."""
    relaxed = Counter(name for outcome in result.all() for name in outcome.relaxed)
    for name, times in relaxed.items():
        how = _RELAXED.get(name, f"without insisting on {name}, which is not declared")
        yield f"relaxed: {counted(times)} passed {how}"
    yield from (f"limits: {limit}" for limit in result.limits)
    limits: dict[str, list[str]] = {}
    for store in result.checked:
        for limit in store.limits:
            limits.setdefault(limit, []).append(f"{store.title} {store.kind}")
    for limit, stores in limits.items():
        yield f"limits: {limit} ({', '.join(stores)})"
