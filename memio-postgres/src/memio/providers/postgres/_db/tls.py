"""How connections are encrypted."""

from __future__ import annotations

import ssl
from typing import Any

from memio.errors import ConfigError, Fault
from memio.providers.postgres.settings import PostgresSettings


def tls_of(settings: PostgresSettings) -> dict[str, Any]:
    """Return the arguments of asyncpg about encryption; none where the URL says everything.

    Raises:
        ConfigError: The file with the authorities' certificates cannot be read.
    """
    if settings.tls_ca is None:
        return {} if settings.tls is None else {"ssl": settings.tls}
    try:
        context = ssl.create_default_context(cafile=settings.tls_ca)
    except (OSError, ssl.SSLError) as error:
        raise ConfigError([Fault("tls_ca", f"cannot be read as certificates: {error}")]) from error
    context.check_hostname = settings.tls != "verify-ca"
    return {"ssl": context}
