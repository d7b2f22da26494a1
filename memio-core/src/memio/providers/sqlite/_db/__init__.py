"""The database file: what it must be, the connections to it, and the threads that use them.

From a call down to the file:

- `engine`: sends the work of a call to a pool of threads, and its answer back to the event loop
- `pool`, `runner`, `jobs`: the threads, the transactions that they run, and what is queued for them
- `forks`: forked processes
- `files`, `other_processes`, `foreign_log`, `checkpoints`: that all connections use the same database and log
- `opening`, `location`: a connection that is ready for use
- `schema`, `migrations`: the tables, and how a file of an older schema gets them
- `erase`: the file without what was deleted
- `errors`: SQLite's errors as errors of memio
"""
