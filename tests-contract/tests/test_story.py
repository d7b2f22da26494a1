"""A report of a failure shows the calls that lead to it, as code that can be pasted."""

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
from memio_contract.lawbook import law_by_id
from memio_contract.outcome import Outcome
from memio_contract.profile import CI
from memio_contract.source import ascii_safe, code

FAULTS = {fault.name: fault for fault in catalogue()}


def failure(name: str) -> Outcome:
    fault = FAULTS[name]
    return run_law(law_by_id(fault.kills), fault.target(), profile=CI)


def calls(report: str) -> str:
    """Return the code of a report without the line that opens the client."""
    story = report.partition("The calls that show it:")[2].partition("If this fails, look at:")[0]
    return "\n".join(line for line in textwrap.dedent(story).splitlines() if not line.startswith("memio ="))


def carried_out(story: str, store: object) -> list[object]:
    """Run the code of a report against a store, and return the answers of its calls."""
    answers: list[object] = []

    async def middleware(operation, call_next):
        answers.append(await call_next(operation))
        return answers[-1]

    names: dict[str, object] = {"memio": Memio(facts=store, middleware=[middleware])}
    exec("async def story():\n" + textwrap.indent(story, "    "), names)  # noqa: S102  # it is the test
    asyncio.run(names["story"]())
    return answers


def test_the_calls_of_a_report_show_the_fault_when_they_are_pasted() -> None:
    fault = FAULTS["facts-MergesMetadata-dict"]
    broken = type("Broken", (fault.mixin, DictFacts), {})
    story = calls(failure(fault.name).report)
    assert carried_out(story, broken(Backend()))[1].metadata == {"colour": "green", "size": 2}
    assert carried_out(story, DictFacts(Backend()))[1].metadata == {"size": 2}


def test_ids_and_cursors_are_shown_as_the_answers_they_came_from() -> None:
    story = calls(failure("facts-MovesToTheEnd-dict").report)
    assert "added_1 = await memio.facts.add(" in story
    assert "fact_id=added_1.id" in story


def test_the_smallest_values_that_fail_are_shown() -> None:
    story = calls(failure("facts-ChangesLineEnds-dict").report)
    assert story.count("facts.add(") == 1
    assert "\\r\\n" in story


def test_the_smallest_sequence_of_a_state_machine_is_shown() -> None:
    report = failure("facts-NumbersByCount-dict").report
    assert calls(report).count("await ") <= 8


def test_concurrent_and_cancelled_calls_are_marked() -> None:
    report = failure("facts-RewritesTheFileOnAdd-dict").report
    assert "while 15 other calls were running" in report
    assert "# was cancelled" in failure("facts-LosesTheTextWhenCancelled-dict").report


def test_an_error_of_the_store_is_shown_with_the_frames_of_the_store_first() -> None:
    report = failure("facts-TakesQueriesForSyntax-dict").report
    assert "a call raised what it must not raise" in report
    lines = report.partition("a call raised")[2].splitlines()
    assert lines[1].strip() == "ValueError: fts5: syntax error"
    assert "faults_calls.py" in lines[2]
    assert "searches.py" not in report
    assert "runner.py" not in report


def test_many_calls_are_shown_from_the_end_and_all_of_them_in_the_data() -> None:
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
def test_values_are_shown_as_code(value: object, source: str) -> None:
    assert code(value) == source
    assert eval(source) == value  # noqa: S307  # it is the test


def test_what_looks_like_something_else_is_escaped() -> None:
    assert ascii_safe("\u212b") == "'\\u212b'"
    assert ascii_safe("a\u00a0b") == "'a\\xa0b'"


def test_of_many_calls_that_differ_in_a_number_only_the_first_and_the_last_are_shown() -> None:
    report = failure("facts-RewritesTheFileOnAdd-dict").report
    assert "# 14 more calls like this one" in report
    assert "words of task 0" in report
    assert "words of task 15" in report
    assert "words of task 7" not in calls(report)


def test_a_run_without_shrinking_shows_its_calls_too() -> None:
    fault = FAULTS["history-NumbersByCount-dict"]
    outcome = run_law(law_by_id(fault.kills), fault.target(), profile=replace(CI, shrink=False))
    assert "await memio.history.add(" in outcome.report
