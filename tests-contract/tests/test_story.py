"""A failure tells the calls that show it, as code that can be pasted."""

from __future__ import annotations

import asyncio
import textwrap
from dataclasses import replace

import pytest
from proof.catalogue import catalogue
from proof.dict_stores import DictFacts
from proof.shelf import Backend

from memio import Memio
from memio_contract import run_law
from memio_contract.folding import folded
from memio_contract.journal import ascii_safe, code
from memio_contract.law import law_by_id
from memio_contract.outcome import Outcome
from memio_contract.profile import CI

FAULTS = {fault.name: fault for fault in catalogue()}


def failure(name: str) -> Outcome:
    fault = FAULTS[name]
    return run_law(law_by_id(fault.kills), fault.target(), profile=CI)


def calls(report: str) -> str:
    """Return the code of a report, without the line that opens the client."""
    story = report.partition("The calls that show it:")[2].partition("If this fails, look at:")[0]
    return "\n".join(line for line in textwrap.dedent(story).splitlines() if not line.startswith("memio ="))


def carried_out(story: str, store: object) -> list[object]:
    """Carry out a story against a store, and return the answers of its calls."""
    answers: list[object] = []

    async def middleware(operation, call_next):
        answers.append(await call_next(operation))
        return answers[-1]

    names: dict[str, object] = {"memio": Memio(facts=store, middleware=[middleware])}
    exec("async def story():\n" + textwrap.indent(story, "    "), names)  # noqa: S102  # it is the test
    asyncio.run(names["story"]())
    return answers


def test_the_story_of_a_failure_shows_the_fault_when_it_is_pasted() -> None:
    fault = FAULTS["facts-MergesMetadata-dict"]
    broken = type("Broken", (fault.mixin, DictFacts), {})
    story = calls(failure(fault.name).report)
    assert carried_out(story, broken(Backend()))[1].metadata == {"colour": "green", "size": 2}
    assert carried_out(story, DictFacts(Backend()))[1].metadata == {"size": 2}


def test_ids_and_cursors_are_told_as_what_they_came_from() -> None:
    story = calls(failure("facts-MovesToTheEnd-dict").report)
    assert "added_1 = await memio.facts.add(" in story
    assert "fact_id=added_1.id" in story


def test_the_smallest_values_that_fail_are_told() -> None:
    story = calls(failure("facts-ChangesLineEnds-dict").report)
    assert story.count("facts.add(") == 1
    assert "\\r\\n" in story


def test_the_smallest_sequence_of_a_state_machine_is_told() -> None:
    report = failure("facts-NumbersByCount-dict").report
    assert calls(report).count("await ") <= 8


def test_calls_at_once_and_cancelled_calls_are_told() -> None:
    story = calls(failure("facts-RewritesTheFileOnAdd-dict").report)
    assert "import asyncio" in story
    assert "await asyncio.gather(*(memio.facts.add(content=f'words of task {n}') for n in range(16)))" in story
    assert "while 15 other calls were running" in failure("facts-RewritesTheFileOnAdd-dict").calls[-2]
    assert "# was cancelled" in failure("facts-LosesTheTextWhenCancelled-dict").report


def test_an_error_of_the_store_is_shown_with_its_traceback() -> None:
    report = failure("facts-TakesQueriesForSyntax-dict").report
    assert "a call raised what it must not raise" in report
    assert "ValueError: fts5: syntax error" in report
    assert "faults_calls.py" in report


def test_a_long_story_is_told_from_its_end_and_whole_in_the_data() -> None:
    outcome = failure("history-PagesSessionsByOffset-dict")
    assert len(outcome.calls) > outcome.report.count("await memio")


@pytest.mark.parametrize(
    ("value", "source"),
    [
        ("x" * 500, "'x' * 500"),
        ("ab" * 100, "'ab' * 100"),
        ("caf\u00e9", "'caf\u00e9'"),
        ("cafe\u0301", "'cafe\\u0301'"),
        ("\u200b", "'\\u200b'"),
        ({"a": [1, None, True]}, "{'a': [1, None, True]}"),
    ],
)
def test_values_are_told_as_code(value: object, source: str) -> None:
    assert code(value) == source
    assert eval(source) == value  # noqa: S307  # it is the test


def test_what_looks_like_something_else_is_escaped() -> None:
    assert ascii_safe("\u212b") == "'\\u212b'"
    assert ascii_safe("a\u00a0b") == "'a\\xa0b'"


def test_calls_that_differ_by_a_number_are_told_as_a_loop() -> None:
    lines = [(f"await memio.facts.add(content='record {n}', metadata={{'n': {n}}})", "Fact()") for n in range(3, 9)]
    assert list(folded([("# begin", ""), *lines, ("await memio.aclose()", "")])) == [
        "# begin",
        "for n in range(3, 9):",
        "    await memio.facts.add(content=f'record {n}', metadata={'n': n})",
        "await memio.aclose()",
    ]


def test_calls_that_differ_otherwise_are_told_one_by_one() -> None:
    lines = [(f"await memio.facts.add(content='record {n * n}')", "Fact()") for n in range(5)]
    assert len(list(folded(lines))) == 5


def test_a_run_without_shrinking_tells_its_story_too() -> None:
    fault = FAULTS["history-NumbersByCount-dict"]
    outcome = run_law(law_by_id(fault.kills), fault.target(), profile=replace(CI, shrink=False))
    assert "await memio.history.add(" in outcome.report
