"""The page that an author publishes, and its badge."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from projects import pytest_run

from memio.capabilities import Guarantee
from memio_contract import laws
from memio_contract.cli import check
from memio_contract.outcome import Outcome, Status
from memio_contract.result import Checked, Result
from memio_contract.scorecard import badge, write_scorecard


def result_of(**ends: Status) -> Result:
    """Return a result in which some laws of facts ended otherwise than passed; a name is the end of a law's id."""
    outcomes = {}
    for law in laws("facts"):
        status = ends.get(law.id.rpartition(".")[2].replace("-", "_"), Status.PASSED)
        relaxed = law.relaxes if status is Status.PASSED else ()
        outcomes[law.id] = Outcome(law=law.id, status=status, reason="because of | this", relaxed=relaxed)
    store = Checked(kind="facts", provider="acme", guarantees=[Guarantee.VERBATIM], outcomes=outcomes)
    return Result(checked=[store], profile="ci", seed=3)


def test_memio_check_writes_page_and_badge(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    card = tmp_path / "out" / "contract.md"
    assert check("sqlite", kinds=["graph"], profile="dev", scorecard=card) == 0
    assert f"The scorecard is in {card}" in capsys.readouterr().out
    text = card.read_text(encoding="utf-8")
    assert text.startswith("# sqlite and the memio contract\n\n![memio contract: passed](contract.svg)\n")
    for row in ("| verdict | **passed** |", "| date | 20", "| provider | memio-core ", "| suite | memio-contract "):
        assert row in text
    assert "| user_scope | " in text
    assert "each part of a triple was tried up to 65,536 bytes; the store states no limit" in text
    count = len(laws("graph"))
    svg = ET.fromstring(card.with_suffix(".svg").read_text(encoding="utf-8"))  # noqa: S314  # our own
    assert svg.attrib["aria-label"] == f"memio contract: {count}/{count} laws"


def test_pytest_writes_it_too(tmp_path: Path) -> None:
    arguments = ("--memio-provider", "sqlite", "--memio-kind", "graph", "-k", "unknown", "--memio-scorecard", "card.md")
    run = pytest_run(tmp_path, "--pyargs", "memio_contract.suite", "-q", "--memio-profile", "dev", *arguments)
    assert run.code == 1
    assert "The scorecard is in card.md" in run.out
    text = (tmp_path / "card.md").read_text(encoding="utf-8")
    assert "| verdict | **incomplete** |" in text
    assert "laws: it was deselected, or the run ended before it" in text


def test_the_page_lists_failing_laws_known_faults_and_relaxations(tmp_path: Path) -> None:
    result = result_of(isolated=Status.FAILED, complete=Status.EXPECTED_FAILURE)
    write_scorecard(result, tmp_path / "card.md", title="acme")
    text = (tmp_path / "card.md").read_text(encoding="utf-8")
    failing = text.partition("## Failing laws")[2].partition("##")[0]
    assert "`facts.owner.isolated`: A user sees exactly the records of that user" in failing
    assert "`facts.listing.complete`" in text.partition("## Known faults")[2].partition("##")[0]
    assert "without insisting on stable_ids" in text.partition("## Relaxations")[2]


@pytest.mark.parametrize(
    ("ends", "message", "colour"),
    [
        ({}, "{n}/{n} laws", "#2e7d32"),
        ({"isolated": Status.FAILED}, "failed, {less}/{n} laws", "#c62828"),
        ({"isolated": Status.NOT_RUN}, "incomplete, {less}/{n} laws", "#b26a00"),
        ({"isolated": Status.NOT_APPLICABLE}, "{less}/{less} laws", "#2e7d32"),
    ],
)
def test_the_badge_shows_how_many_of_the_laws_that_apply_were_passed(
    ends: dict[str, Status], message: str, colour: str
) -> None:
    svg = badge(result_of(**ends))
    count = len(laws("facts"))
    assert f"<title>memio contract: {message.format(n=count, less=count - 1)}</title>" in svg
    assert f'fill="{colour}"' in svg
