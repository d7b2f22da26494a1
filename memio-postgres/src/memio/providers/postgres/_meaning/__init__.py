"""Search by meaning, with the extension `vector`.

- `models`: the models whose vectors a table has
- `horizon`: up to which number every text is seen, since transactions commit in another order than they get numbers
- `queue`: which texts are still to be embedded
- `embedding`: embedding them
- `nearest`: the records of a span whose vectors are nearest to that of a query, alone or together with words

`_db.schema` describes the tables.
"""
