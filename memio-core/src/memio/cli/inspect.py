"""The process that checks one plugin: `python -m memio.cli.inspect FINDINGS GROUP=DISTRIBUTION:NAME …`.

The plugin may end it in any way. The file FINDINGS exists only when the check is complete.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path

from memio._extras import MissingExtraError
from memio.cli.installed_commands import GROUP as COMMANDS
from memio.cli.installed_commands import load_command
from memio.cli.isolation import Finding
from memio.client import Memio
from memio.config import Config, ConfiguredEmbedder, ConfiguredMiddleware, ConfiguredStore
from memio.errors import Fault, MemioError
from memio.facades.facade import Facade
from memio.kinds import EMBEDDABLE
from memio.plugins import EmbedderSpec, MiddlewareSpec, StoreSpec
from memio.registry import EMBEDDERS, MIDDLEWARE, Entry, find, load_embedder, load_middleware, load_store
from memio.settings import Settings, environment_variable, resolve_settings


def check(entry: Entry) -> Finding:
    """Load what an entry point names: a command, or what is opened with default settings."""
    try:
        if entry.group == COMMANDS:
            load_command(entry)
            return Finding("ok")
        spec = _spec(entry)
        settings = resolve_settings(spec.settings, [])
        if isinstance(settings, list):
            return Finding("needs settings", _missing(spec.settings, settings))
        if not isinstance(spec, StoreSpec):
            return _opened(_configured(entry, spec, settings))
        client = Memio.from_config(Config(None, (ConfiguredStore(spec.kind, entry, spec, settings),), ()))
        store: Facade = getattr(client, spec.kind)
        finding = Finding("ok", "", tuple(sorted(store.features)), tuple(sorted(store.guarantees)))
        asyncio.run(client.aclose())
    except MemioError as error:
        return Finding("broken", str(error))
    except ExceptionGroup as group:
        return Finding("broken", f"its store cannot be closed: {group.exceptions[0]!r}")
    return finding


def _spec(entry: Entry) -> StoreSpec | MiddlewareSpec | EmbedderSpec:
    if entry.group == MIDDLEWARE:
        return load_middleware(entry)
    return load_embedder(entry) if entry.group == EMBEDDERS else load_store(entry)


def _configured(
    entry: Entry, spec: MiddlewareSpec | EmbedderSpec, settings: Settings
) -> ConfiguredMiddleware | ConfiguredEmbedder:
    if isinstance(spec, MiddlewareSpec):
        return ConfiguredMiddleware(entry, spec, settings)
    return ConfiguredEmbedder(entry, spec, settings, EMBEDDABLE)


def _opened(configured: ConfiguredMiddleware | ConfiguredEmbedder) -> Finding:
    try:
        configured.open()
    except MissingExtraError as error:
        return Finding("needs packages", error.faults[0].message)
    return Finding("ok")


def _missing(model: type[Settings], faults: list[Fault]) -> str:
    """Return what must be set before a store or middleware can be opened."""
    missing: list[str] = []
    for name, field in model.model_fields.items():
        variable = environment_variable(field)
        if field.is_required() and not (variable and os.environ.get(variable)):
            missing.append(f"{name} ({variable})" if variable else name)
    others = [f"{path}: {message}" for path, message in faults if path not in model.model_fields]
    return "; ".join([", ".join(missing), *others] if missing else others)


def main(findings: str, references: list[str]) -> None:
    """Check the entry points, and write what was found as JSON."""
    entries = [find(*reference.split("=", 1)) for reference in references]
    text = json.dumps([asdict(check(entry)) for entry in entries])
    # Renamed when it is complete, because the process may be ended at any moment.
    part = Path(f"{findings}.part")
    part.write_text(text, encoding="utf-8")
    part.replace(findings)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
    # Do not wait for threads that the plugin started.
    os._exit(0)
