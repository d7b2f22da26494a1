"""The client of a bridge."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from memio import Memio

if TYPE_CHECKING:
    from memio import MemioConfig
    from memio.config import Config

    Source = Memio | str | os.PathLike[str] | MemioConfig | Config


def opened(source: Source) -> tuple[Memio, bool]:
    """Return a client, and whether it was made here.

    Args:
        source: A client, or a configuration to make one of, which can then be used from any event loop.
    """
    if isinstance(source, Memio):
        return source, False
    return Memio.from_config(source, own_loop=True), True
