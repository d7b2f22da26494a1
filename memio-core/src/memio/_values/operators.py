"""The operators of metadata filters: what the check of filters accepts and `memio.toolkit.matches` evaluates."""

EQUALITY = ("$eq", "$ne")
"""Under a key, with a string, a number, a boolean or null."""

ORDER = ("$gt", "$gte", "$lt", "$lte")
"""Under a key, with a number or a string."""

MEMBERSHIP = ("$in", "$nin")
"""Under a key, with a list of what `EQUALITY` takes."""

EXISTENCE = ("$exists",)
"""Under a key, with a boolean."""

UNDER_KEYS = (*EQUALITY, *ORDER, *MEMBERSHIP, *EXISTENCE)

IN_PLACE_OF_KEYS = ("$and", "$or", "$not")
"""`$and` and `$or` with a list of filters, `$not` with one filter."""
