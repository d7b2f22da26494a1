"""The SQL of each kind.

- `records`, with `record_rows`: facts and documents, whose tables are alike
- `history`, with `messages` and `sessions`: conversations
- `graph`: triples
- `owners`, `scopes`, `keys`: whose records there are, for all kinds
- `listing`: pages, bounded by the number of rows and by the memory that they take
- `tags`: filters of metadata in SQL
- `values`: times, ids and JSON in columns
"""
