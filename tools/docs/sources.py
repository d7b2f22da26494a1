"""Extensions of griffe, which reads the sources for the site."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from griffe import Extension, GriffeLoader, Module, Object

ROOT = Path(__file__).resolve().parents[2]
PROVIDERS = [
    ROOT / folder / "src" / "memio" / "providers" for folder in ("memio-core", "memio-letta", "memio-postgres")
]
"""The folders of the package `memio.providers`. It has no `__init__.py`, because several distributions share it."""


class OneExample(Extension):
    """Reads `Example:` as a section of examples.

    Griffe knows `Examples:` only. It reads `Example:` as a remark, and its code as text.
    """

    def on_object(self, *, obj: Object, **more: Any) -> None:  # noqa: ARG002  # griffe passes what this does not need
        """Look at one docstring."""
        if obj.docstring is not None:
            obj.docstring.value = re.sub(r"^( *)Example:$", r"\1Examples:", obj.docstring.value, flags=re.MULTILINE)


class Providers(Extension):
    """Adds the providers to the package `memio`: griffe leaves out folders without an `__init__.py`."""

    def on_package(self, *, pkg: Module, loader: GriffeLoader, **more: Any) -> None:  # noqa: ARG002
        """Look at one package."""
        if pkg.path != "memio" or "providers" in pkg.members:
            return
        pkg.set_member("providers", Module("providers", filepath=PROVIDERS))
        for folder in PROVIDERS:
            finder = GriffeLoader(
                search_paths=[folder],
                extensions=loader.extensions,
                lines_collection=loader.lines_collection,
                modules_collection=loader.modules_collection,
            )
            for package in sorted(folder.glob("*/__init__.py")):
                pkg["providers"].set_member(package.parent.name, finder.load(package.parent.name))
