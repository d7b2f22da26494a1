"""Every law of a run has an outcome, and the result names it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from projects import adopter, project, pytest_run

from memio_contract import laws

GRAPH = len(laws("graph"))
SHORT = ("-q", "--memio-profile", "live")
"""The fewest examples, and none is made smaller."""
BROKEN = """
from memio_contract import GraphStoreContract
from proof.dict_stores import STORES, DictGraph
from proof.faults_graph import LooksAtSubjectsOnly
from proof.targets import on_dict

class Broken(LooksAtSubjectsOnly, DictGraph):
    pass

class TestStore(GraphStoreContract):
    target = on_dict({{**STORES, "graph": Broken}}, expected_failures={expected})
"""


def test_a_good_store_passes_with_a_table(tmp_path: Path) -> None:
    run = pytest_run(adopter(tmp_path), *SHORT)
    assert run.code == 0, run.out
    assert f"passed: {GRAPH} laws, {GRAPH} passed (profile live, seed 0)" in run.out
    scoped = sum(law.feature == "user_scope" for law in laws("graph"))
    assert f"user_scope          {scoped} ok" in run.out


def test_a_run_in_several_processes_counts_every_law(tmp_path: Path) -> None:
    # defect: without further options, the outcomes of the first worker were lost
    pytest.importorskip("xdist")
    run = pytest_run(adopter(tmp_path), *SHORT, "-n", "2", "-k", "unknown or either")
    assert f"incomplete: {GRAPH} laws, 3 passed, {GRAPH - 3} not run" in run.out


def test_the_header_names_profile_and_seed(tmp_path: Path) -> None:
    run = pytest_run(
        adopter(tmp_path), "--memio-profile", "dev", "--memio-seed", "7", "-k", "unknown", "--memio-report", "r.json"
    )
    assert "memio contract: profile dev, seed 7" in run.out
    assert "(profile dev, seed 7)" in run.out


def test_laws_that_were_deselected_make_the_result_incomplete(tmp_path: Path) -> None:
    # defect: a suite that skips in silence
    run = pytest_run(adopter(tmp_path), *SHORT, "-k", "search")
    assert run.code == 1
    others = GRAPH - len([law for law in laws("graph") if "search" in law.test_name])
    assert f"incomplete: {GRAPH} laws, {GRAPH - others} passed, {others} not run" in run.out
    assert f"not run: {others} laws: it was deselected, or the run ended before it" in run.out
    assert "graph.delete.one-only" not in run.out


def test_a_deselected_test_makes_the_result_incomplete(tmp_path: Path) -> None:
    run = pytest_run(adopter(tmp_path), *SHORT, "--deselect", "test_store.py::TestStore::test_model")
    assert run.code == 1
    assert "not run: graph.model: it was deselected, or the run ended before it" in run.out


def test_a_skipped_class_is_not_a_passed_one(tmp_path: Path) -> None:
    code = adopter(tmp_path).joinpath("test_store.py").read_text(encoding="utf-8")
    marked = "import pytest\n" + code.replace("class TestStore", "@pytest.mark.skip\nclass TestStore")
    run = pytest_run(project(tmp_path, marked), *SHORT)
    assert run.code == 1
    assert f"incomplete: {GRAPH} laws, {GRAPH} not run" in run.out


def test_a_law_that_is_marked_as_xfail_has_failed(tmp_path: Path) -> None:
    code = BROKEN.format(expected="{}")
    marked = "import pytest\n" + code.replace("class TestStore", "@pytest.mark.xfail\nclass TestStore")
    run = pytest_run(project(tmp_path, marked), *SHORT)
    assert run.code == 1
    assert "failed: graph.get.either-end" in run.out


def test_a_run_that_stops_at_the_first_failure_is_incomplete(tmp_path: Path) -> None:
    run = pytest_run(project(tmp_path, BROKEN.format(expected="{}")), *SHORT, "-x")
    assert run.code != 0
    assert f"failed: {GRAPH} laws" in run.out
    assert "not run: " in run.out


def test_a_failure_is_shown_without_the_source_of_the_suite(tmp_path: Path) -> None:
    run = pytest_run(project(tmp_path, BROKEN.format(expected="{}")), *SHORT, "-k", "either_end")
    assert "The law graph.get.either-end is broken by dict." in run.out
    assert "get returns the triples that have an entity as subject or as object" in run.out
    assert "memio = Memio(graph=Broken(...))" in run.out
    assert "If this fails, look at:" in run.out
    assert "expect.py" not in run.out


@pytest.fixture(scope="module")
def failing(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Return an expectation for each law that the broken store breaks."""
    tmp_path = tmp_path_factory.mktemp("failing")
    pytest_run(project(tmp_path, BROKEN.format(expected="{}")), *SHORT, "--memio-report", "first.json")
    report = json.loads((tmp_path / "first.json").read_text(encoding="utf-8"))
    return {law["id"]: f"issue of {law['id']}" for law in report["stores"][0]["laws"] if law["status"] == "failed"}


def test_a_known_fault_that_is_named_is_no_failure(tmp_path: Path, failing: dict[str, str]) -> None:
    run = pytest_run(project(tmp_path, BROKEN.format(expected=failing)), *SHORT)
    assert run.code == 0, run.out
    assert "expected failure: graph.get.either-end: issue of graph.get.either-end" in run.out


def test_a_known_fault_that_is_gone_is_a_failure(tmp_path: Path, failing: dict[str, str]) -> None:
    expected = {**failing, "graph.model": "issue 13", "graph.add.in-order": "issue 14"}
    run = pytest_run(project(tmp_path, BROKEN.format(expected=expected)), *SHORT)
    assert run.code == 1
    assert "graph.add.in-order: it is in expected_failures (issue 14) but is passed: remove it there" in run.out


def test_an_expected_failure_that_is_no_law_is_refused(tmp_path: Path) -> None:
    run = pytest_run(project(tmp_path, BROKEN.format(expected={"graph.get.nonsense": "why"})), *SHORT)
    assert run.code == 4
    assert "expected_failures of TestStore names ids that no law has: graph.get.nonsense" in run.out


def test_a_law_cannot_be_overridden(tmp_path: Path) -> None:
    # defect: an override that raises counts as support
    adopter(tmp_path)
    code = (tmp_path / "test_store.py").read_text(encoding="utf-8")
    run = pytest_run(project(tmp_path, code + "\n    def test_model(self):\n        pass\n"), *SHORT)
    assert run.code == 2
    assert "TestStore overrides or deletes graph.model: laws cannot be changed" in run.out


def test_a_law_cannot_be_overridden_by_a_mixin_or_set_to_none(tmp_path: Path) -> None:
    code = adopter(tmp_path).joinpath("test_store.py").read_text(encoding="utf-8")
    mixin = code.replace("class TestStore(", "class Mixin:\n    test_model = None\n\nclass TestStore(Mixin, ")
    assert "overrides or deletes graph.model" in pytest_run(project(tmp_path, mixin), *SHORT).out
    later = pytest_run(project(tmp_path, code + "\nTestStore.test_model = None\n"), *SHORT)
    assert later.code == 4
    assert "overrides or deletes graph.model" in later.out


def test_a_law_cannot_be_deleted_from_the_contract(tmp_path: Path) -> None:
    code = adopter(tmp_path).joinpath("test_store.py").read_text(encoding="utf-8")
    run = pytest_run(project(tmp_path, code + "\ndel GraphStoreContract.test_model\n"), *SHORT)
    assert run.code == 4
    assert "overrides or deletes graph.model" in run.out


def test_a_class_without_a_target_is_refused(tmp_path: Path) -> None:
    code = "from memio_contract import GraphStoreContract\n\nclass TestStore(GraphStoreContract):\n    pass\n"
    run = pytest_run(project(tmp_path, code), *SHORT)
    assert run.code == 4
    assert "TestStore has no target: set target = ContractTarget(fresh=…)" in run.out


def test_a_namespace_that_cannot_be_opened_breaks_no_law_and_leaves_all_not_run(tmp_path: Path) -> None:
    code = """
from contextlib import asynccontextmanager
from memio_contract import ContractTarget, GraphStoreContract

@asynccontextmanager
async def fresh():
    raise OSError("the server is down")
    yield

class TestStore(GraphStoreContract):
    target = ContractTarget(fresh=fresh)
"""
    run = pytest_run(project(tmp_path, code), *SHORT)
    assert run.code == 1
    assert f"incomplete: {GRAPH} laws, {GRAPH} not run" in run.out
    assert "fresh() failed: OSError: the server is down" in run.out


def test_the_report_holds_every_law_as_json_and_a_table_as_markdown(tmp_path: Path) -> None:
    run = pytest_run(project(tmp_path, BROKEN.format(expected="{}")), *SHORT, "--memio-report", "out/result.json")
    assert "The report is in out/result.json, as JSON, with Markdown in the same folder." in run.out
    report = json.loads((tmp_path / "out" / "result.json").read_text(encoding="utf-8"))
    assert report["verdict"] == "failed"
    assert report["suite"].startswith("memio-contract ")
    (store,) = report["stores"]
    assert (store["kind"], len(store["laws"])) == ("graph", GRAPH)
    assert "user_scope" in store["features"]
    assert "durable" in store["guarantees"]
    broken = next(law for law in store["laws"] if law["id"] == "graph.get.either-end")
    assert broken["status"] == "failed"
    assert broken["calls"][0].startswith("from memio import")
    markdown = (tmp_path / "out" / "result.md").read_text(encoding="utf-8")
    assert "| dict | graph |" in markdown
    assert "- failed: graph.get.either-end" in markdown


def test_a_listing_of_the_tests_has_no_verdict(tmp_path: Path) -> None:
    run = pytest_run(adopter(tmp_path), *SHORT, "--collect-only", "--memio-report", "r.json")
    assert run.code == 0
    assert "not run" not in run.out
    assert not (tmp_path / "r.json").exists()


def test_the_suite_runs_with_no_code_at_all(tmp_path: Path) -> None:
    suite = ("--pyargs", "memio_contract.suite")
    run = pytest_run(tmp_path, *suite, *SHORT, "--memio-provider", "sqlite", "--memio-kind", "graph")
    assert run.code == 0, run.out
    assert f"passed: {GRAPH} laws, {GRAPH} passed" in run.out
    assert {path.name for path in tmp_path.iterdir()} <= {".hypothesis"}


def test_a_provider_that_is_not_installed_is_reported_in_one_line(tmp_path: Path) -> None:
    run = pytest_run(tmp_path, "--pyargs", "memio_contract.suite", "--memio-provider", "sqlitee")
    assert run.code == 4
    assert "no facts provider 'sqlitee' is installed" in run.out
    assert "did you mean" in run.out
    assert "Traceback" not in run.out


def test_the_suite_asks_for_a_provider(tmp_path: Path) -> None:
    run = pytest_run(tmp_path, "--pyargs", "memio_contract.suite")
    assert run.code != 0
    assert "--memio-provider NAME" in run.out


def test_a_configuration_is_checked_under_new_owners_and_left_as_it_was(tmp_path: Path) -> None:
    (tmp_path / "memio.toml").write_text('graph = { provider = "sqlite", path = "mine.db" }\n', encoding="utf-8")
    seed = (
        "import asyncio, memio\n"
        "async def main():\n"
        "    async with memio.Memio.from_config('memio.toml') as m:\n"
        "        await m.graph.add(triples=[memio.Triple(subject='a', predicate='b', object='c')])\n"
        "        return [t.subject for t in await m.graph.get_all()]\n"
        "def test_mine():\n"
        "    assert asyncio.run(main()) == ['a']\n"
    )
    (tmp_path / "test_mine.py").write_text(seed, encoding="utf-8")
    assert pytest_run(tmp_path, "test_mine.py").code == 0
    suite = ("--pyargs", "memio_contract.suite", "--memio-provider", "sqlite", "--memio-config", "memio.toml")
    run = pytest_run(tmp_path, *suite, *SHORT)
    assert run.code == 1
    assert "it needs a target whose fresh() opens an empty namespace" in run.out
    about_all = sum(law.alone for law in laws("graph"))
    passed = GRAPH - about_all - 2
    assert f"incomplete: {GRAPH} laws, {passed} passed, 2 not applicable, {about_all} not run" in run.out
    assert pytest_run(tmp_path, "test_mine.py").code == 0


def test_the_plugin_imports_nothing_when_it_is_not_asked(tmp_path: Path) -> None:
    code = (
        "import sys\n"
        "def test_modules():\n"
        "    heavy = {'hypothesis', 'pydantic', 'memio', 'memio_contract.contracts'}\n"
        "    assert not heavy & set(sys.modules)\n"
        "    assert 'memio_contract.pytest_plugin' in sys.modules\n"
    )
    others = ("anyio", "langsmith_plugin", "memio")  # plugins that may be installed, and import more
    run = pytest_run(project(tmp_path, code), "-q", *(f"-pno:{name}" for name in others), PYTHONPATH="")
    assert run.code == 0, run.out
    assert "memio contract" not in run.out
