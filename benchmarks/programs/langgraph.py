"""LangGraph's store on SQLite; without an embedding model its search ignores the query."""

from importlib import import_module
from typing import Any

library: Any = import_module("langgraph.store.sqlite")  # not installed where types are checked
with library.SqliteStore.from_conn_string("cold.db") as store:
    store.setup()
    store.put(("facts", "alice"), "1", {"content": "Alice likes coffee"})
    found = store.search(("facts", "alice"), query="coffee")
    assert [item.value["content"] for item in found] == ["Alice likes coffee"]
