"""The plugins that memio-core brings with it: found also where no metadata is installed.

An application that was frozen into one program, or runs from a copied source tree, has memio's modules but not the
metadata that lists its entry points.
"""

from __future__ import annotations

from types import ModuleType

DISTRIBUTION = "memio-core"

ENTRY_POINTS = (
    ("facts", "sqlite", "memio.providers.sqlite.plugin"),
    ("history", "sqlite", "memio.providers.sqlite.plugin"),
    ("documents", "sqlite", "memio.providers.sqlite.plugin"),
    ("graph", "sqlite", "memio.providers.sqlite.plugin"),
    ("middleware", "log", "memio.middleware.log"),
    ("middleware", "otel", "memio.middleware.otel"),
    ("middleware", "resilience", "memio.middleware.resilience"),
)
"""Group, name and module of each, as pyproject.toml declares them."""


def load(module: str) -> ModuleType | None:
    """Import a built-in plugin module, or return `None` for any other name.

    The imports are written out, because PyInstaller and its like add to an application the modules that they find in
    import statements; a module that is imported by a computed name is left out.
    """
    if module == "memio.providers.sqlite.plugin":
        from memio.providers.sqlite import plugin

        return plugin
    if module == "memio.middleware.log":
        from memio.middleware import log

        return log
    if module == "memio.middleware.otel":
        from memio.middleware import otel

        return otel
    if module == "memio.middleware.resilience":
        from memio.middleware import resilience

        return resilience
    return None
