"""What the adapters' constructors refuse, and that they show no key."""

from __future__ import annotations

from traceback import TracebackException

import pytest

from memio import ConfigError
from memio.providers.letta import LettaDocumentAdapter, LettaFactAdapter, LettaHistoryAdapter

ADAPTERS = [LettaFactAdapter, LettaDocumentAdapter, LettaHistoryAdapter]
KEY = "sk-Zz9secret"


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_a_setting_by_position_is_refused_with_how_to_write_it(adapter):
    with pytest.raises(TypeError, match=rf"not a str by position: {adapter.__name__}\(agent_id=…\)") as caught:
        adapter("agent-1")
    assert "agent-1" not in str(caught.value)


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_refused_settings_are_not_shown_in_a_traceback_with_local_variables(adapter):
    with pytest.raises(ConfigError) as caught:
        adapter(agent_id="agent-1", timeout=-1, api_key=KEY)
    assert KEY not in "".join(TracebackException.from_exception(caught.value, capture_locals=True).stack.format())
