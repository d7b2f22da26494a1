"""Sessions of the OpenAI Agents SDK in any backend of memio.

`MemioSession` is a `Session` over `memio.history`: pass it to `Runner.run(…, session=…)`.
"""

from memio_openai_agents.session import MemioSession as MemioSession

__all__ = ["MemioSession"]
