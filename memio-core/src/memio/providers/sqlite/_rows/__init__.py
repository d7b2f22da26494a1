"""The SQL of each kind.

- `records`, with `record_rows` and `selection`: facts and documents, which have the same table
- `history`, `history_search`, `message_selection`, with the tables `messages` and `sessions`: conversations
- `graph`: triples
- `owners`, `namespaces`, `scopes`, `counts`: whose records there are, for all kinds
- `filters`: filters of metadata in SQL
- `values`, `parts`, `cursors`: columns, bounded reads and places in listings
- `reindex`: the full-text indexes of all kinds
"""
