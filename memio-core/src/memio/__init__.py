"""One async client for the memory of AI agents, with backends as plugins.

from memio import Memio

async with Memio.from_config({"facts": "sqlite"}) as memio:
    await memio.facts.add(content="Alice likes coffee", user_id="alice")
    hits = await memio.facts.search(query="coffee", user_id="alice")
"""

from pkgutil import extend_path

__path__ = extend_path(__path__, __name__)
