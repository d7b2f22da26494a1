"""The contract suite that every memio backend must pass.

    pytest --pyargs memio_contract.suite --memio-provider sqlite

or, by class, in a test file of a provider:

    from memio_contract import ContractTarget, FactStoreContract

    class TestAcmeFacts(FactStoreContract):
        target = ContractTarget(fresh=…)
"""

from typing import TYPE_CHECKING as _TYPE_CHECKING

if _TYPE_CHECKING:
    from memio_contract.contracts import DocumentStoreContract as DocumentStoreContract
    from memio_contract.contracts import FactStoreContract as FactStoreContract
    from memio_contract.contracts import GraphStoreContract as GraphStoreContract
    from memio_contract.contracts import HistoryStoreContract as HistoryStoreContract
    from memio_contract.embedder import MeaningEmbedder as MeaningEmbedder
    from memio_contract.law import Law as Law
    from memio_contract.lawbook import laws as laws
    from memio_contract.outcome import Outcome as Outcome
    from memio_contract.outcome import Status as Status
    from memio_contract.profile import Profile as Profile
    from memio_contract.runner import run_law as run_law
    from memio_contract.target import ContractTarget as ContractTarget
    from memio_contract.target import Limits as Limits

_HOMES = {
    "contracts": ("DocumentStoreContract", "FactStoreContract", "GraphStoreContract", "HistoryStoreContract"),
    "embedder": ("MeaningEmbedder",),
    "law": ("Law",),
    "lawbook": ("laws",),
    "outcome": ("Outcome", "Status"),
    "profile": ("Profile",),
    "runner": ("run_law",),
    "target": ("ContractTarget", "Limits"),
}
_HOME = {name: module for module, names in _HOMES.items() for name in names}

__all__ = sorted(_HOME)  # noqa: PLE0605  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> object:
    """Import a public name when it is first used: the pytest plugin must cost nothing in runs without the suite."""
    if name not in _HOME:
        raise AttributeError(f"module 'memio_contract' has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"memio_contract.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names, also those that were not imported yet."""
    return sorted({*globals(), *__all__})
