"""Checks of any store of LangGraph, on its sync and its async methods.

Run them on a store of your own:

    pytest --pyargs memio_langgraph.store_suite --store my_package.stores:make

`make` takes no arguments and returns a new, empty store, or a context manager of one, which may be async. A store that
has async methods only is checked on those. Checks of what a store does not offer are skipped: a time to live where
`supports_ttl` is false, and the order of results where a search returns no scores.

The checks state what LangGraph documents, and what its own stores are tested for; where these differ, what loses no
data and finds every match.
"""
