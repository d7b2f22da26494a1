"""Items with a time to live, of stores that have it.

No check waits for a given time: each compares an item with another one that has the same time to live.
"""

from __future__ import annotations

from collections.abc import Iterator
from time import monotonic, sleep

from memio_langgraph.store_suite.face import Face

PLACE = ("ttl",)
SHORT = 2 / 60
"""Minutes: two seconds, so that a busy machine does not stop between two reads for as long."""
PATIENCE = 30
"""Seconds after which a check fails."""


def until_gone(store: Face, key: str) -> Iterator[None]:
    """Yield until an item has expired."""
    end = monotonic() + PATIENCE
    while store.get(PLACE, key, refresh_ttl=False) is not None:
        assert monotonic() < end, f"{key!r} is still there after {PATIENCE} s"
        yield
        sleep(0.05)


def test_an_expired_item_is_gone(expiring: Face) -> None:
    expiring.put(PLACE, "gone", {"text": "zebra"}, ttl=SHORT)
    expiring.put(("kept",), "kept", {"text": "zebra"}, ttl=60)
    expiring.put(("kept",), "always", {"text": "zebra"}, ttl=None)
    for _ in until_gone(expiring, "gone"):
        pass
    assert expiring.search(PLACE, refresh_ttl=False) == []
    assert expiring.search(PLACE, query="zebra", refresh_ttl=False) == []
    assert sorted(expiring.keys(())) == ["always", "kept"]
    assert expiring.namespaces() == [("kept",)]


def test_reading_an_item_lets_it_live_longer(expiring: Face) -> None:
    expiring.put(PLACE, "read", {"v": 1}, ttl=SHORT)
    expiring.put(PLACE, "unread", {"v": 1}, ttl=SHORT)
    for _ in until_gone(expiring, "unread"):
        assert expiring.get(PLACE, "read", refresh_ttl=True) is not None
    assert expiring.value(PLACE, "read") == {"v": 1}


def test_finding_an_item_lets_it_live_longer(expiring: Face) -> None:
    expiring.put((*PLACE, "found"), "found", {"v": 1}, ttl=SHORT)
    expiring.put(PLACE, "unread", {"v": 1}, ttl=SHORT)
    for _ in until_gone(expiring, "unread"):
        assert expiring.keys((*PLACE, "found"), refresh_ttl=True) == ["found"]
    assert expiring.value((*PLACE, "found"), "found") == {"v": 1}


def test_reading_without_a_refresh_changes_nothing(expiring: Face) -> None:
    expiring.put(PLACE, "gone", {"v": 1}, ttl=SHORT)
    for _ in until_gone(expiring, "gone"):
        expiring.search(PLACE, refresh_ttl=False)


def test_a_put_without_a_time_to_live_ends_it(expiring: Face) -> None:
    expiring.put(PLACE, "replaced", {"v": 1}, ttl=SHORT)
    expiring.put(PLACE, "replaced", {"v": 2}, ttl=None)
    expiring.put(PLACE, "gone", {"v": 1}, ttl=SHORT)
    for _ in until_gone(expiring, "gone"):
        pass
    assert expiring.value(PLACE, "replaced") == {"v": 2}


def test_the_key_of_an_expired_item_is_free(expiring: Face) -> None:
    expiring.put(PLACE, "gone", {"v": 1}, ttl=SHORT)
    for _ in until_gone(expiring, "gone"):
        pass
    expiring.put(PLACE, "gone", {"v": 2}, ttl=None)
    assert expiring.value(PLACE, "gone") == {"v": 2}
