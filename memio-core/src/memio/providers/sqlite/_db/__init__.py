"""The database file: opening, connections, threads, transactions, erasing."""
