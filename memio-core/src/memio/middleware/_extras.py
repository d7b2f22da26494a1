"""What a plugin says when the package that it needs is not installed."""

from __future__ import annotations

from memio.errors import ConfigError, Fault


def missing(plugin: str, package: str) -> ConfigError:
    """Return the error of a plugin whose extra, which bears its name, is not installed."""
    advice = f"the plugin {plugin!r} needs {package}: pip install 'memio-core[{plugin}]', or take it out"
    return ConfigError([Fault("plugins", advice)])
