"""All laws, one module per subject. Importing this package declares them, in this order."""

# ruff: noqa: I001  # the order of the result, not of the alphabet

from memio_contract.lawbook import content as content
from memio_contract.lawbook import metadata as metadata
from memio_contract.lawbook import owners as owners
from memio_contract.lawbook import ids as ids
from memio_contract.lawbook import conversations as conversations
from memio_contract.lawbook import sessions as sessions
from memio_contract.lawbook import triples as triples
from memio_contract.lawbook import updates as updates
from memio_contract.lawbook import deletes as deletes
from memio_contract.lawbook import listings as listings
from memio_contract.lawbook import filters as filters
from memio_contract.lawbook import searches as searches
from memio_contract.lawbook import batches as batches
from memio_contract.lawbook import concurrency as concurrency
from memio_contract.lawbook import clients as clients
from memio_contract.lawbook import models as models
