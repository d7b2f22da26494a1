"""The error of middleware or an embedder whose package is not installed."""

from __future__ import annotations

from memio.errors import ConfigError, Fault


class MissingExtraError(ConfigError):
    """The configuration names something whose extra, which has the same name, is not installed.

    Args:
        name: The name of the middleware or embedder.
        package: The package that it needs.
        place: The key of the configuration that names it.
        note: What else to know, such as where the package can be installed.
    """

    def __init__(self, name: str, package: str, place: str = "middleware", note: str = "") -> None:
        super().__init__([Fault(place, f"{name!r} needs {package}: pip install 'memio-core[{name}]'{note}")])
