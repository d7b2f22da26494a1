"""Parts that providers share: nothing here reads or writes anything.

A provider needs none of it; each part is a rule that every store keeps, so that an author need not write it again:

- `same_json`, `same_record`: whether adding a record again means the one that is stored;
- `matches`: metadata filters, for backends that cannot judge them exactly;
- `page_of`, `only`: rows to a page with its cursor, and to the one record that an id means;
- `trusted`: records made of values that were checked before;
- `legal_text`: text of any source as every backend can keep it;
- `index_text`, `index_words`, `query_terms`, `Term`, `date_words`: the words of a text, a query and a day, in every
  script, for backends with a full-text index;
- `windows`, `WINDOWS`: long texts cut for embedders; `fused`, `FUSED`: rankings by words and by meaning as one;
- `memio.toolkit.meaning`: which searches need the vector of their query, and embedding texts that were claimed;
- `memio.toolkit.vectors`, a module of its own because it needs numpy: vectors in a byte for each number, scores that do
  not depend on other vectors, and a matrix of bits for many;
- `weights`, `Weights`, `length_class`, `LENGTHS`, `LENGTH_BITS`, `NAMED_SPEAKER`: scores from nothing but which texts
  of a span have which words, for backends whose own ranking counts what other owners stored;
- `memio.toolkit.values`: ids, times and JSON as columns hold them;
- the modules `entries`, `conversation` and `stems`: what an index of words holds for a text, for a message among its
  neighbours, and the stems of English words.
"""

from memio._values.text import legal_text
from memio.toolkit.cutting import WINDOWS, windows
from memio.toolkit.dates import date_words
from memio.toolkit.equality import same_json, same_record
from memio.toolkit.filters import matches
from memio.toolkit.fusion import FUSED, fused
from memio.toolkit.pages import only, page_of
from memio.toolkit.ranking import LENGTH_BITS, LENGTHS, NAMED_SPEAKER, Weights, length_class, weights
from memio.toolkit.records import trusted
from memio.toolkit.words import Term, index_text, index_words, query_terms

__all__ = [
    "FUSED",
    "LENGTHS",
    "LENGTH_BITS",
    "NAMED_SPEAKER",
    "WINDOWS",
    "Term",
    "Weights",
    "date_words",
    "fused",
    "index_text",
    "index_words",
    "legal_text",
    "length_class",
    "matches",
    "only",
    "page_of",
    "query_terms",
    "same_json",
    "same_record",
    "trusted",
    "weights",
    "windows",
]
