"""The error of middleware whose package is not installed."""

from __future__ import annotations

from memio.errors import ConfigError, Fault


class MissingExtraError(ConfigError):
    """The configuration names middleware whose extra, which has the same name, is not installed."""

    def __init__(self, middleware: str, package: str) -> None:
        super().__init__(
            [Fault("middleware", f"{middleware!r} needs {package}: pip install 'memio-core[{middleware}]'")]
        )
