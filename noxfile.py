"""Every job that a person or CI runs on memio.

`nox` alone runs what a change needs before it is pushed, in minutes and without a server. `nox -s ci` runs what CI
runs, `nox -s full` adds what takes long, and `nox --list` shows everything.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import nox

nox.needs_version = ">=2024.10.9"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.sessions = ["lint", "types", "tests"]
nox.options.reuse_venv = "yes"
nox.options.error_on_missing_interpreters = False

EDITABLE = ("./memio-core[cli,otel,resilience,semantic]", "./memio-letta", "./memio-postgres", "./tests-contract")
PACKAGES = tuple(argument for path in EDITABLE for argument in ("-e", path))
PINS = ("-c", "constraints.txt")
LOWEST = {
    "memio-core": ("./memio-core[cli,otel,resilience,semantic]",),
    "memio-letta": ("./memio-core", "./memio-letta"),
    "memio-postgres": ("./memio-core[cli]", "./memio-postgres"),
    "tests-contract": ("./memio-core[semantic]", "./tests-contract"),
}
"""What each project needs for its tests, one by one: together, each would raise the bounds of the others."""
BRIDGES = {
    "memio-claude": ("./memio-core[cli]", "./bridges/memio-claude[agent-sdk,memory-tool]"),
    "memio-langgraph": ("./memio-core", "./bridges/memio-langgraph[suite]"),
    "memio-mcp": ("./memio-core[cli,semantic]", "./bridges/memio-mcp"),
    "memio-openai-agents": ("./memio-core", "./bridges/memio-openai-agents"),
}
"""What each bridge needs for its tests, each in an environment of its own: frameworks disagree about versions."""
OWN_BRIDGES = [path for paths in BRIDGES.values() for path in paths if path.startswith("./bridges/")]
USED_WITH = {
    "memio-langgraph": (
        "langgraph>=1.0.3",
        "langgraph-checkpoint-sqlite>=3.0.1",
        "langmem>=0.0.29",
        "pydantic>=2.11",  # langsmith, which langgraph brings, cannot be imported with older ones
    ),
}
"""What the tests of a bridge use it with, and users may not."""
FRAMEWORKS = ("agent-framework-core>=1.23", "fastapi>=0.115", "google-adk>=2.13", "pydantic-ai-slim>=2.68")
"""What the examples in `examples/frameworks` are for."""
CHECKED = ("memio", "memio.providers.letta", "memio.providers.postgres", "memio_contract")
"""The packages whose types are checked."""
PROJECT = nox.project.load_toml("pyproject.toml")
TEST = nox.project.dependency_groups(PROJECT, "test")
BENCH = nox.project.dependency_groups(PROJECT, "bench")
LOWEST_TEST = ("pytest>=8.0", "pytest-xdist>=3.6", "hypothesis>=6.100", "opentelemetry-sdk>=1.30")
TYPES = nox.project.dependency_groups(PROJECT, "types")
LINT = nox.project.dependency_groups(PROJECT, "lint")
FORMS = {
    "vendor.github-workflows": "workflows/*.yml",
    "custom.github-workflows-require-timeout": "workflows/*.yml",
    "vendor.dependabot": "dependabot.yml",
    "vendor.github-issue-forms": "ISSUE_TEMPLATE/form-*.yml",
    "vendor.github-issue-config": "ISSUE_TEMPLATE/config.yml",
}
"""The schemas that check-jsonschema carries, and the files of `.github` that each is for."""
FAST = "not packaging and not slow"
ONE_SEED = {"MEMIO_CATALOGUE_SEEDS": "1"}
TWO_SEEDS = {"MEMIO_CATALOGUE_SEEDS": "2"}
"""The session `tests` tries each broken store of the contract suite with two seeds, the others with one."""
HALVES = {"versions": "1/2", "lowest": "2/2"}
"""Which of the stores that prove the suite a session of CI tries: half on the newest Python, half with the lowest."""
BOTH_CORES = ("--numprocesses=2", "--dist=worksteal")
WAITING = ("--numprocesses=4", "--dist=worksteal")
"""For tests that mostly wait for a server."""
PYTHONS = ("3.11", "3.12", "3.13", "3.14")
"""Tested where they are installed: by CI the newest of them, by `full` every one."""
HERE = f"{sys.version_info.major}.{sys.version_info.minor}"
"""The Python that runs nox, and `tests` and `lowest` with it."""

# pyenv keeps its interpreters off the path, behind commands that fail until a version is chosen.
PYENV = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"))
os.environ["PATH"] = os.pathsep.join([os.environ["PATH"], *map(str, sorted(PYENV.glob("versions/3.*/bin")))])


@nox.session
def lint(session: nox.Session) -> None:
    """Check the code without running it, its format, its imports, the workflows, and the news fragments."""
    session.install(*PINS, *PACKAGES, *LINT)
    session.install("--no-deps", *_editable(*OWN_BRIDGES))  # to see their imports; their frameworks are not needed
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    session.run("lint-imports")
    session.run("zizmor", "--offline", "--quiet", ".github")
    for schema, files in FORMS.items():
        session.run("check-jsonschema", "--builtin-schema", schema, *map(str, sorted(Path(".github").glob(files))))
    session.run("check-jsonschema", "--builtin-schema", "vendor.compose-spec", "tools/postgres/compose.yaml")
    session.run("towncrier", "build", "--draft", silent=True)


@nox.session
def types(session: nox.Session) -> None:
    """Check the types of the distributions, and of programs that use them, with mypy and pyright."""
    session.install(*PINS, *PACKAGES, *_editable(*OWN_BRIDGES), *TYPES)
    modules = [path.name for path in sorted(Path("bridges").glob("*/src/*")) if path.is_dir()]
    session.run("mypy", *(f"--package={name}" for name in (*CHECKED, *modules)))
    programs = [*Path("examples").glob("*.py"), *Path("benchmarks").rglob("*.py")]
    programs += [Path("tools/generate_blocking.py"), Path("tools/release.py")]
    programs += [Path("memio-core/tests/packaging/user_program.py")]
    session.run("mypy", "noxfile.py", *map(str, sorted(programs)))
    # The project file names the environment of a developer, `.venv`; use that of this session instead.
    stand_in = Path(session.create_tmp()) / ".venv"
    stand_in.unlink(missing_ok=True)
    stand_in.symlink_to(Path(session.virtualenv.location).resolve(), target_is_directory=True)
    session.run("pyright", "--venvpath", str(stand_in.parent), env={"PYRIGHT_PYTHON_IGNORE_WARNINGS": "1"})


@nox.session
def tests(session: nox.Session) -> None:
    """Run every test that is neither slow nor about installing, also of what the documentation shows."""
    session.install(*PINS, *PACKAGES, *TEST)
    session.run("pytest", *BOTH_CORES, "-m", FAST, *session.posargs, env=TWO_SEEDS)


@nox.session
def packaging(session: nox.Session) -> None:
    """Build the distributions, and install them, with other distributions, into fresh environments."""
    session.install(*PINS, *PACKAGES, *TYPES, "uv")
    # File by file, because the tests of one share their environments.
    session.run("pytest", "--numprocesses=2", "--dist=loadfile", "-m", "packaging and not slow", *session.posargs)


@nox.session(venv_backend="uv", reuse_venv=False)
@nox.parametrize("project", list(LOWEST), ids=list(LOWEST))
def lowest(session: nox.Session, project: str) -> None:
    """Run a project's tests with the lowest version of each of its dependencies, in a fresh environment."""
    session.install("--resolution", "lowest-direct", *_editable(*LOWEST[project]), *LOWEST_TEST)
    session.run("pytest", *BOTH_CORES, "-m", FAST, f"{project}/tests", *session.posargs, env=_few("lowest"))


@nox.session
@nox.parametrize("bridge", list(BRIDGES), ids=list(BRIDGES))
def bridges(session: nox.Session, bridge: str) -> None:
    """Run the tests of one bridge, with the framework that it is for."""
    session.install(*PINS, *_editable(*BRIDGES[bridge]), *USED_WITH.get(bridge, ()), *TEST)
    session.run("pytest", *BOTH_CORES, "-m", FAST, f"bridges/{bridge}/tests", *session.posargs)


@nox.session(venv_backend="uv", reuse_venv=False)
@nox.parametrize("bridge", list(BRIDGES), ids=list(BRIDGES))
def lowest_bridges(session: nox.Session, bridge: str) -> None:
    """Run a bridge's tests with the lowest version of each of its dependencies, in a fresh environment."""
    wanted = (*_editable(*BRIDGES[bridge]), *USED_WITH.get(bridge, ()), *LOWEST_TEST)
    session.install("--resolution", "lowest-direct", *wanted)
    session.run("pytest", *BOTH_CORES, "-m", FAST, f"bridges/{bridge}/tests", *session.posargs)


@nox.session
def frameworks(session: nox.Session) -> None:
    """Run the examples with frameworks that have no bridge of their own."""
    session.install("./memio-core", *FRAMEWORKS, "pytest", "httpx", "pytest-xdist")
    session.run("pytest", "examples/tests/test_frameworks.py", *session.posargs)


_in_ci = False


def _editable(*paths: str) -> list[str]:
    return [argument for path in paths for argument in ("-e", path)]


@nox.session(python=False)
def ci(session: nox.Session) -> None:
    """Run everything that CI runs: the tests on the newest Python here, and each project's with its lowest versions."""
    present = [version for version in PYTHONS if version == HERE or _runs(version)]
    for version in PYTHONS:
        if version not in present:
            session.warn(f"Python {version} is not on this machine, so nothing is tested on it")
    global _in_ci  # noqa: PLW0603  # the sessions that follow read it
    tests = "tests" if present[-1] == HERE else f"versions-{present[-1]}"
    _in_ci = tests != "tests"
    each = [f"lowest({project})" for project in LOWEST]
    each += [f"bridges({bridge})" for bridge in BRIDGES]  # with their lowest versions in `full` and in the workflow
    for name in ["lint", "types", tests, "packaging", *each, "docs", "bench_smoke", "letta", "postgres"]:
        session.notify(name)


@nox.session(python=False)
def full(session: nox.Session) -> None:
    """Run what CI runs but the benchmarks, the slow tests, and the tests on the other Pythons of this machine."""
    others = [f"lowest({project})" for project in LOWEST]
    others += [f"{name}({bridge})" for bridge in BRIDGES for name in ("bridges", "lowest_bridges")]
    others += ["frameworks", *(f"versions-{version}" for version in PYTHONS if version != HERE)]
    servers = ["letta", "letta_contract", "postgres", "postgres_full"]
    for name in ["lint", "types", "tests", "packaging", "docs", *servers, "slow", *others]:
        session.notify(name)


@nox.session
def slow(session: nox.Session) -> None:
    """Run the tests that take long."""
    session.install(*PINS, *PACKAGES, *TYPES, "uv")
    session.run("pytest", *BOTH_CORES, "-m", "slow", *session.posargs)


@nox.session(python=PYTHONS, download_python="never")
def versions(session: nox.Session) -> None:
    """Run the tests on one Python."""
    session.install(*PINS, *PACKAGES, *TEST)
    session.run("pytest", *BOTH_CORES, "-m", FAST, *session.posargs, env=_few("versions"))


def _few(session: str) -> dict[str, str]:
    """Return which of the stores that prove the suite a session tries: those of its half in CI, else all."""
    return {**ONE_SEED, "MEMIO_STORES_PART": HALVES[session] if _in_ci else "1/1"}


def _runs(version: str) -> bool:
    """Return whether there is a Python of this version that starts; a shim of pyenv may only print an error."""
    for folder in os.environ["PATH"].split(os.pathsep):
        python = shutil.which(f"python{version}", path=folder)
        if python and subprocess.run([python, "-c", ""], check=False, capture_output=True).returncode == 0:  # noqa: S603
            return True
    return False


@nox.session
def letta(session: nox.Session) -> None:
    """Test the letta provider on a real server: the one at MEMIO_LETTA_URL, or one started for it (1 GB)."""
    session.install(*PINS, *PACKAGES, *TEST, "uv")
    # Of the other projects, what needs the server: the rest runs without it.
    tests = (
        "memio-letta/tests",
        "memio-core/tests/core/test_docs.py::test_what_a_page_shows_works_on_a_letta_server",
        "examples/tests/test_backends.py::test_the_program_runs_on_letta_when_one_line_is_changed",
    )
    with _letta_server(session) as url:
        session.run("pytest", *WAITING, "-m", "not slow", *tests, *session.posargs, env={"MEMIO_LETTA_URL": url})
        # Documents are passages as facts are, and share their code: `letta_contract` adds them, and history.
        _letta_laws(session, url, "facts")


@nox.session
def letta_contract(session: nox.Session) -> None:
    """Hold all kinds of the letta provider to the contract, on a server as `letta` does, for its README."""
    session.install(*PINS, *PACKAGES, *TEST, "uv")
    with _letta_server(session) as url:
        scorecard = _letta_laws(session, url, "facts", "history", "documents")
    session.log(f"to publish it: python tools/docs/put_scorecard.py {scorecard} memio-letta/README.md")


@contextmanager
def _letta_server(session: nox.Session) -> Generator[str]:
    """Yield the URL of a Letta server; one that runs already is used, and not stopped."""
    if url := os.environ.get("MEMIO_LETTA_URL"):
        yield url
        return
    server = "tools/letta/start_letta.sh"
    ours = subprocess.run([server, "running"], check=False).returncode != 0  # noqa: S603  # our own script
    session.run(server, "install", external=True)
    session.run(server, "start", external=True)
    try:
        yield f"http://127.0.0.1:{os.environ.get('LETTA_PORT', '8283')}"
    finally:
        if ours:
            session.run(server, "stop", external=True)


def _letta_laws(session: nox.Session, url: str, *kinds: str) -> Path:
    """Hold kinds of the letta provider to the contract, and return the scorecard."""
    agent = str(session.run("python", "tools/letta/create_agent.py", url, silent=True)).strip()
    # Not in `session.create_tmp()`: it sets TMPDIR, where the server would be looked for when it is to be stopped.
    scorecard = session.cache_dir / "-".join(kinds) / "contract-letta.md"
    suite = ["--pyargs", "memio_contract.suite", "--memio-provider=letta", "--memio-profile=live"]
    suite += [f"--memio-kind={kind}" for kind in kinds]
    settings = {"LETTA_BASE_URL": url, "LETTA_AGENT_ID": agent}
    session.run(
        "pytest", *WAITING, "--durations=15", f"--memio-scorecard={scorecard}", *suite, *session.posargs, env=settings
    )
    return scorecard


@nox.session
def postgres(session: nox.Session) -> None:
    """Test the postgres provider on a real server: the one at MEMIO_POSTGRES_DSN, or one started for it (90 MB)."""
    session.install(*PINS, *PACKAGES, *TEST)
    with _postgres_server(session) as dsn:
        settings = {"MEMIO_POSTGRES_DSN": dsn}
        session.run("pytest", *BOTH_CORES, "-m", FAST, "memio-postgres/tests", *session.posargs, env=settings)
        _postgres_laws(session, dsn, "live")


@nox.session
def postgres_full(session: nox.Session) -> None:
    """Hold all kinds of the postgres provider to the contract, on plain and partitioned tables; run its slow tests."""
    session.install(*PINS, *PACKAGES, *TEST)
    with _postgres_server(session) as dsn:
        session.run("pytest", "-m", "slow", "memio-postgres/tests", *session.posargs, env={"MEMIO_POSTGRES_DSN": dsn})
        scorecard = _postgres_laws(session, dsn, "ci")
    session.log(f"to publish it: python tools/docs/put_scorecard.py {scorecard} docs/providers/postgres.md")
    # Debian's server, where it is installed: an older one, without pgvector.
    debian = {"MEMIO_POSTGRES_SERVER": "debian"}
    if subprocess.run(["tools/postgres/start_postgres.sh", "install"], check=False, env=os.environ | debian).returncode:  # noqa: S607  # our own script
        session.warn("Debian's PostgreSQL is not on this machine, so nothing is tested on it")
        return
    with _postgres_server(session, MEMIO_POSTGRES_SERVER="debian", MEMIO_POSTGRES_DSN="") as dsn:
        session.run("pytest", *BOTH_CORES, "-m", FAST, "memio-postgres/tests", env={"MEMIO_POSTGRES_DSN": dsn})
        _postgres_laws(session, dsn, "live")


@contextmanager
def _postgres_server(session: nox.Session, **settings: str) -> Generator[str]:
    """Yield the DSN of a PostgreSQL server; one that runs already is used, and not stopped."""
    environment = os.environ | settings
    if dsn := environment.get("MEMIO_POSTGRES_DSN"):
        yield dsn
        return
    server = "tools/postgres/start_postgres.sh"
    ours = subprocess.run([server, "running"], check=False, env=environment).returncode != 0  # noqa: S603  # our own script
    session.run(server, "start", external=True, env=settings)
    try:
        yield str(session.run(server, "dsn", external=True, silent=True, env=settings)).strip()
    finally:
        if ours:
            session.run(server, "stop", external=True, env=settings)


def _postgres_laws(session: nox.Session, dsn: str, profile: str) -> Path:
    """Hold the kinds of the postgres provider to the contract, and return the scorecard."""
    scorecard = session.cache_dir / profile / "contract-postgres.md"
    suite = ("--pyargs", "memio_contract.suite", "--memio-provider=postgres", f"--memio-profile={profile}")
    options = (*BOTH_CORES, "--durations=15", f"--memio-scorecard={scorecard}")
    session.run("pytest", *options, *suite, env={"MEMIO_POSTGRES_DSN": dsn})
    return scorecard


@nox.session
def blocking(session: nox.Session) -> None:
    """Regenerate the modules of `memio.blocking` from the async client."""
    session.install(*PINS, "ruff")
    session.run("python", "tools/generate_blocking.py")


@nox.session
def docs(session: nox.Session) -> None:
    """Build the documentation into `site/`, strictly and without network access."""
    session.install(*PINS, *PACKAGES, *nox.project.dependency_groups(PROJECT, "docs"))
    session.run("python", "tools/docs/generate.py", "contract", "--check")
    session.run("mkdocs", "build", "--strict", env={"NO_MKDOCS_2_WARNING": "1"})
    session.run("python", "tools/docs/check_site.py", "site")
    session.run("python", "tools/docs/check_reference.py", "site")


@nox.session
def bench(session: nox.Session) -> None:
    """Measure memio and its peers, for the pages that show figures: `nox -s bench -- [GROUP …] [--quick]`."""
    session.install(*PINS, *PACKAGES, *BENCH, "uv")
    session.run("python", "-m", "benchmarks", *session.posargs)
    session.run("python", "tools/docs/generate.py")  # the figures of the first page


@nox.session
def bench_smoke(session: nox.Session) -> None:
    """Check that every part of the benchmark runs, with tiny amounts and memio alone; no time is asserted."""
    session.install(*PINS, *PACKAGES, *BENCH)
    session.run("python", "-m", "benchmarks", "--smoke", *session.posargs)


@nox.session
def pins(session: nox.Session) -> None:
    """Rewrite constraints.txt with the newest versions that go together."""
    session.install("uv")
    wanted = Path(session.create_tmp()) / "wanted.txt"
    tools = nox.project.dependency_groups(PROJECT, *PROJECT["dependency-groups"])
    used = [requirement for requirements in USED_WITH.values() for requirement in requirements]
    lines = [*(f"-e {path}" for path in (*EDITABLE, *OWN_BRIDGES)), *used, *tools]
    wanted.write_text("\n".join(lines), encoding="utf-8")
    own = [
        f"--no-emit-package={name}"
        for name in ("memio-core", "memio-letta", "memio-postgres", "memio-contract", *BRIDGES)
    ]
    bare = ["--quiet", "--no-header", "--no-annotate", "--upgrade"]
    session.run("uv", "pip", "compile", *bare, *own, str(wanted), "--output-file", "constraints.txt")
