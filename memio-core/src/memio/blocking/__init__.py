"""The client for scripts and notebooks: the same as `memio.Memio`, without async.

    from memio.blocking import Memio

    with Memio.from_config({"facts": "sqlite"}) as memio:
        memio.facts.add("Alice likes coffee", user_id="alice")
        hits = memio.facts.search("coffee", user_id="alice")

Every method of the async client is here under the same name, with the same arguments, answers and
errors; `aclose` is `close`. Records, errors and configurations are those of `memio`.
"""

from memio.blocking.client import Memio, ScopedMemio
from memio.blocking.documents import Documents
from memio.blocking.facts import Facts
from memio.blocking.graph import Graph
from memio.blocking.history import History

__all__ = ["Documents", "Facts", "Graph", "History", "Memio", "ScopedMemio"]
