"""All laws, one module per subject, in the order of the result."""

# ruff: noqa: I001  # the order of the result, not of the alphabet

from memio.capabilities import KINDS, Kind
from memio_contract.law import LAWS, Law
from memio_contract.lawbook import content as content
from memio_contract.lawbook import metadata as metadata
from memio_contract.lawbook import data as data
from memio_contract.lawbook import owners as owners
from memio_contract.lawbook import owner_listings as owner_listings
from memio_contract.lawbook import ids as ids
from memio_contract.lawbook import identity as identity
from memio_contract.lawbook import conversations as conversations
from memio_contract.lawbook import sessions as sessions
from memio_contract.lawbook import messages as messages
from memio_contract.lawbook import triples as triples
from memio_contract.lawbook import updates as updates
from memio_contract.lawbook import puts as puts
from memio_contract.lawbook import versions as versions
from memio_contract.lawbook import expiry as expiry
from memio_contract.lawbook import deletes as deletes
from memio_contract.lawbook import listings as listings
from memio_contract.lawbook import orders as orders
from memio_contract.lawbook import counts as counts
from memio_contract.lawbook import times as times
from memio_contract.lawbook import filters as filters
from memio_contract.lawbook import searches as searches
from memio_contract.lawbook import meaning as meaning
from memio_contract.lawbook import batches as batches
from memio_contract.lawbook import forms as forms
from memio_contract.lawbook import sizes as sizes
from memio_contract.lawbook import concurrency as concurrency
from memio_contract.lawbook import loops as loops
from memio_contract.lawbook import clients as clients
from memio_contract.lawbook import reopening as reopening
from memio_contract.lawbook import models as models


def laws(kind: Kind | None = None) -> tuple[Law, ...]:
    """Return all laws, or those of one kind, in the order of kinds and of the suite.

    Example:
        >>> from memio_contract import laws
        >>> [law.means for law in laws("facts") if law.id == "facts.update.keeps-owner"]
        ['An update leaves the owner of a record as it is.']
    """
    order = {kind: index for index, kind in enumerate(KINDS)}
    found = [made for made in LAWS.values() if kind is None or made.kind == kind]
    return tuple(sorted(found, key=lambda made: order[made.kind]))


def law_by_id(law_id: str) -> Law:
    """Return one law.

    Raises:
        KeyError: There is none of this id.
    """
    return LAWS[law_id]
