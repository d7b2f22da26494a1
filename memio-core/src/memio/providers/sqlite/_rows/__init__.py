"""The SQL of each kind.

- `records`: facts and documents, which have the same table
- `history`, `history_search`, with the tables `messages` and `sessions`: conversations
- `graph`: triples
- `labels`: owners; `values`, `parts`, `cursors`: columns, bounded reads and places in listings, for all kinds
- `reindex`: the full-text indexes of all kinds
"""
