"""The floor of the embedded ones: a table and a full-text index of SQLite, without any of the rest."""

import sqlite3

db = sqlite3.connect("cold.db")
db.execute("PRAGMA journal_mode = WAL")
db.execute("CREATE VIRTUAL TABLE fact USING fts5 (body)")
with db:
    db.execute("INSERT INTO fact VALUES (?)", ("Alice likes coffee",))
assert db.execute("SELECT body FROM fact WHERE fact MATCH 'coffee'").fetchall() == [("Alice likes coffee",)]
db.close()
