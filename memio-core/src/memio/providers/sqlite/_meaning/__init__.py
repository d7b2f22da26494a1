"""Search by meaning.

- `models`: the models whose vectors a table has, and the keys of vectors
- `queue`: which texts are still to be embedded, and what every writer does with the vectors of what it changes
- `nearest`: the records of a span whose vectors are nearest to that of a query
- `question`: what a search asks for, by words, by meaning, or by both
- `store`: what the stores of texts have of it

Nothing here needs numpy but where there are vectors to store or to compare.
"""
