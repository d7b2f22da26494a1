"""What is set up once per run: entered before the first namespace of a target, left at the end of the run."""

from __future__ import annotations

import atexit
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack

from memio_contract.outcome import SetUpFailed
from memio_contract.target import ContractTarget

SetUp = Callable[[], AbstractContextManager[object]]
_STACK = ExitStack()
_ENTERED: dict[SetUp, SetUpFailed | None] = {}
"""By set-up, why it failed; `None` for one that is entered. Targets that share one enter it once."""


def enter(target: ContractTarget) -> None:
    """Enter the set-up of a target, unless it is entered.

    Raises:
        SetUpFailed: It failed, now or when it was entered first.
    """
    if target.once is None:
        return
    if target.once not in _ENTERED:
        if not _ENTERED:
            atexit.register(leave)  # for programs that call `run_law` and end
        try:
            _STACK.enter_context(target.once())
        except Exception as error:  # noqa: BLE001  # kept, and raised for every law
            _ENTERED[target.once] = SetUpFailed(f"once() failed: {type(error).__name__}: {error}")
        else:
            _ENTERED[target.once] = None
    if (failure := _ENTERED[target.once]) is not None:
        raise failure


def leave() -> None:
    """Leave every set-up that was entered, the last one first."""
    _ENTERED.clear()
    _STACK.close()
