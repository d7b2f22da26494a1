"""Laws about any sequence of calls: the store behaves like a plain list."""

from __future__ import annotations

from typing import Any, cast

from memio_contract.law import law
from memio_contract.lawbook._kinds import GRAPH, HISTORY, RECORDS
from memio_contract.machines.conversations import Conversations
from memio_contract.machines.records import Records
from memio_contract.machines.triples import Triples

_MEANS = "Any sequence of calls, of any owners, answers as a plain list would."
_LOOK = "the last of the calls above: its answer contradicts the calls before it"

for _kinds, _machine in ((RECORDS, Records), (HISTORY, Conversations), (GRAPH, Triples)):
    law("model", kinds=_kinds, means=_MEANS, look_at=_LOOK)(cast("Any", _machine))
