"""What a plugin says when the package that it needs is not installed."""

from __future__ import annotations

from memio.errors import ConfigError, Fault


class MissingExtraError(ConfigError):
    """A plugin is named whose extra, which bears its name, is not installed."""

    def __init__(self, plugin: str, package: str) -> None:
        super().__init__([Fault("plugins", f"{plugin!r} needs {package}: pip install 'memio-core[{plugin}]'")])
