"""`memio check NAME`: the suite without pytest."""

from __future__ import annotations

import sys
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast

from hypothesis.configuration import set_hypothesis_home_dir

from memio.capabilities import KINDS, Kind
from memio.errors import InvalidInputError, MemioError
from memio_contract import once
from memio_contract.discovery import chosen, distribution_of, labels, targets_of
from memio_contract.lawbook import laws
from memio_contract.outcome import SetUpFailed, Status
from memio_contract.profile import PROFILES, Profile
from memio_contract.result import Checked, Result
from memio_contract.runner import declared, run_law, unknown_expectations
from memio_contract.scorecard import write_scorecard
from memio_contract.table import lines
from memio_contract.target import ContractTarget
from memio_contract.written import write

_WIDTH = 65
_MARKS = {
    Status.PASSED: ".",
    Status.FAILED: "F",
    Status.EXPECTED_FAILURE: "x",
    Status.NOT_APPLICABLE: "-",
    Status.NOT_RUN: "?",
}


def check(
    provider: str,
    *,
    config: str | Path | None = None,
    kinds: Iterable[str] = (),
    profile: str = "ci",
    report: str | Path | None = None,
    scorecard: str | Path | None = None,
    seed: int = 0,
) -> int:
    """Check a provider against the laws, and print progress, every failure, and a table.

    Args:
        provider: The name of the provider.
        config: A configuration file.
        kinds: Only these kinds; all that the provider has when empty.
        profile: `dev`, `ci` or `live`.
        report: Where to write the result as JSON; the same name in `.md` gets it as Markdown.
        scorecard: Where to write a page for publishing, as Markdown; the same name in `.svg` gets the badge.
        seed: Where generated values start.

    Returns:
        0 when everything passed, 1 when a law failed or was not run, 2 when the question is wrong.
    """
    wanted = cast("tuple[Kind, ...]", tuple(kinds or ()))
    try:
        _look(wanted, profile)
        targets = targets_of(provider, None if config is None else str(config), wanted)
        for target in targets:
            if unknown := unknown_expectations(target.expected_failures):
                raise InvalidInputError(f"expected_failures names ids that no law has: {', '.join(unknown)}")
    except MemioError as error:
        print(error, file=sys.stderr)  # noqa: T201  # a command line prints
        return 2
    _print(f"memio contract: {provider}, profile {profile}, seed {seed}")
    try:
        with _hypothesis_elsewhere():
            checked = list(_checked(targets, wanted, PROFILES[profile], seed))
    finally:
        once.leave()
    result = Result(checked=checked, profile=profile, seed=seed)
    for outcome in result.all():
        if outcome.status is Status.FAILED or (outcome.status is Status.NOT_RUN and outcome.report):
            _print(f"\n{'-' * 79}\n{outcome.report}")
    for line in lines(result):
        _print(line)
    if report is not None:
        write(result, Path(report))
        _print(f"The report is in {report}, as JSON, with Markdown in the same folder.")
    if scorecard is not None:
        image = write_scorecard(result, Path(scorecard), title=provider, provider=distribution_of(provider))
        _print(f"The scorecard is in {scorecard}, its badge in {image}.")
    return 0 if result.verdict == "passed" else 1


def _checked(
    targets: Sequence[ContractTarget], kinds: Sequence[Kind], profile: Profile, seed: int
) -> Iterator[Checked]:
    for label, target in zip(labels(targets), targets, strict=True):
        for kind in chosen(target, kinds):
            store = Checked(kind=kind, label=label)
            _run(store, target, profile, seed)
            yield store


@contextmanager
def _hypothesis_elsewhere() -> Generator[None, None, None]:
    """Keep the files of Hypothesis out of the working directory."""
    with TemporaryDirectory(prefix="memio-contract-") as folder:
        set_hypothesis_home_dir(folder)
        try:
            yield
        finally:
            set_hypothesis_home_dir(None)


def _run(store: Checked, target: ContractTarget, profile: Profile, seed: int) -> None:
    """Check one store, with a mark for each law on the terminal."""
    kind = cast("Kind", store.kind)
    _print(f"{kind:10} ", end="")
    for number, law in enumerate(laws(kind)):
        if number and not number % _WIDTH:
            _print("\n" + " " * 11, end="")
        outcome = run_law(law, target, profile=profile, seed=seed)
        store.outcomes[law.id] = outcome
        _print(_MARKS[outcome.status], end="")
    _print("")
    try:
        seen = declared(target, kind)
    except SetUpFailed:
        return  # the outcomes of its laws have the reason
    store.declare(seen)


def _look(kinds: tuple[str, ...], profile: str) -> None:
    if strange := [kind for kind in kinds if kind not in KINDS]:
        raise InvalidInputError(f"{strange[0]!r} is not a kind; the kinds are {', '.join(KINDS)}")
    if profile not in PROFILES:
        raise InvalidInputError(f"{profile!r} is not a profile; the profiles are {', '.join(PROFILES)}")


def _print(text: str, end: str = "\n") -> None:
    print(text, end=end, flush=True)  # noqa: T201  # a command line prints
