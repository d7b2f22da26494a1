"""`memio check`, which hands over to the contract suite."""

from __future__ import annotations

import sys
from typing import Any

WITHOUT = (
    "import sys; sys.modules['memio_contract'] = None; from memio.cli import main; sys.exit(main(['check', 'sqlite']))"
)


def test_without_the_suite_one_line_says_how_to_install_it(memio: Any) -> None:
    done = memio.run([sys.executable, "-c", WITHOUT])
    assert (done.code, done.out) == (2, "")
    assert done.err.splitlines() == ["Error: the contract suite is not installed: pip install memio-contract"]


def test_what_was_given_is_handed_over_and_the_exit_code_comes_back(memio: Any) -> None:
    suite = memio.folder / "memio_contract"
    suite.mkdir()
    (suite / "__init__.py").write_text("")
    (suite / "cli.py").write_text(
        "def check(provider, **given):\n    print(provider, sorted(given.items()))\n    return 7\n"
    )
    environment = {"PYTHONPATH": str(memio.folder)}
    assert memio("check", "sqlite", **environment).out == "sqlite []\n"
    done = memio(
        "check", "letta", "--kind", "facts", "--kind", "history", "--seed", "3", "--profile", "ci", **environment
    )
    assert (done.code, done.err) == (7, "")
    assert done.out == "letta [('kinds', ['facts', 'history']), ('profile', 'ci'), ('seed', 3)]\n"
