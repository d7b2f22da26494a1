"""What is imported when: letta-client takes almost half a second, and comes only when a store is used."""

from __future__ import annotations

import subprocess
import sys
from importlib.metadata import entry_points

import pytest

HEAVY = "assert not {'letta_client', 'httpx'} & set(sys.modules), 'imported too early'"


@pytest.mark.parametrize(
    "code",
    [
        "import memio.providers.letta",
        "import memio.providers.letta.plugin as plugin; list(plugin.memio_stores())",
        "from memio.providers.letta import LettaFactAdapter, LettaHistoryAdapter, LettaDocumentAdapter",
        "from memio.providers.letta import LettaFactAdapter; LettaFactAdapter(agent_id='a', base_url='http://localhost')",
        (
            "from memio import Memio; Memio.from_config({kind: {'provider': 'letta', 'agent_id': 'a'}"
            " for kind in ('facts', 'history', 'documents')})"
        ),
    ],
)
def test_nothing_heavy_is_imported_before_the_first_call(code: str) -> None:
    # defect: every plugin imported at start-up
    subprocess.run([sys.executable, "-c", f"import sys; {code}; {HEAVY}"], check=True)


def test_the_package_alone_imports_no_adapter() -> None:
    code = "import sys, memio.providers.letta as letta; assert 'memio.providers.letta.facts' not in sys.modules"
    subprocess.run([sys.executable, "-c", f"{code}; assert 'LettaFactAdapter' in dir(letta)"], check=True)


def test_an_unknown_name_of_the_package_is_an_attribute_error_that_lists_what_there_is() -> None:
    from memio.providers import letta

    with pytest.raises(AttributeError, match="LettaHistoryAdapter"):
        _ = letta.LettaGraphAdapter


def test_the_entry_points_offer_three_kinds_and_no_graph() -> None:
    groups = {
        kind: {point.value for point in entry_points(group=f"memio.{kind}") if point.name == "letta"}
        for kind in ("facts", "history", "documents", "graph")
    }
    plugin = {"memio.providers.letta.plugin"}
    assert groups == {"facts": plugin, "history": plugin, "documents": plugin, "graph": set()}
