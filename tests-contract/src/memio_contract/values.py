"""The values that laws are tried with: chosen specimens first, then what Hypothesis generates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st

from memio_contract.profile import Profile


@dataclass(frozen=True, slots=True)
class Values:
    """Where the values of a law come from.

    Attributes:
        specimens: Always tried, together in one namespace; when that fails, each alone.
        strategy: Generates one value.
        most: How many generated values share one namespace.
        alike: Whether they are names that look alike, of which a profile may try the first ones only.
    """

    specimens: tuple[Any, ...]
    strategy: st.SearchStrategy[Any]
    most: int = 4
    alike: bool = False

    def tried(self, profile: Profile) -> tuple[Any, ...]:
        """Return the specimens that a profile tries."""
        return self.specimens[: profile.names] if self.alike else self.specimens


SPECIMENS = (
    "a",
    "A",
    " leading and trailing ",
    "\ttabs\tand\nlines\r\n",
    "   ",
    "\u00a0",
    "caf\u00e9",
    "cafe\u0301",
    "\ufb01ne",
    "stra\u00dfe STRASSE \u0130stanbul \u01c4",
    "\u212b \u00c5 A\u030a",
    "\U0001f468\u200d\U0001f469\u200d\U0001f467 \U0001f44d\U0001f3fd \U0001f1e9\U0001f1ea \u2764\ufe0f",
    "\u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627 \u200fmixed\u200e",
    "\u65e5\u672c\u8a9e\u306e\u30c6\u30ad\u30b9\u30c8",
    "\u0e20\u0e32\u0e29\u0e32\u0e44\u0e17\u0e22",
    "\u0928\u092e\u0938\u094d\u0924\u0947 \u0926\u0941\u0928\u093f\u092f\u093e",
    "\u0001\u0002\u001b[31m\u007f\u0085\u2028",
    "\ufeffbyte order mark",
    "\uffff \U0010ffff \ufdd0",
    "\u200b",
    'it\'s "quoted" `ticked`',
    "100% _under_ \\back\\slash *star* ?",
    "'; DROP TABLE facts; --",
    'NEAR(a b) OR "unbalanced AND (NOT x:y*',
    "NULL",
    "null",
    "None",
    "true",
    "0",
    "1e5",
    '{"json": [1, "two"]}',
    "<b>html</b> &amp; entity",
    "${HOME} {{template}} %s {0}",
    "!!!",
    "\u2014",
    "two lines as code: \\n, and a tab: \\t",
    "''",
    "doubled '' and \"\" quotes",
    "100%20sure+1",
    "\\u0041 \\x41 &#65; &lt;",
    "a lone\rreturn",
    "soft\u00adhyphen",
    "100%% sure",
)
"""Texts that stores have lost or changed."""

LETTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
ANY_TEXT = st.text(LETTERS, min_size=1, max_size=40)

TEXTS = Values(SPECIMENS, st.one_of(ANY_TEXT, st.sampled_from(SPECIMENS)))
"""Content: every legal character."""

NAMES = Values(
    (
        "a",
        "A",
        "a ",
        "ab",
        "a%",
        "a_",
        "caf\xe9",
        "cafe\u0301",
        "a/b",
        "a:b",
        "a'b",
        "x" * 200,
        "a%20b",
        "a b",
        "..",
        "a\\n",
        "\uff41",
        "a.b",
        "1",
        "1.0",
        # The first ones, up to here, are one of each kind: a profile may try these only.
        " a",
        "a\n",
        "%",
        "_",
        "*",
        "stra\xdfe",
        "STRASSE",
        "\u212b",
        "\xc5",
        "'",
        '"',
        "' OR '1'='1",
        "../a",
        "a\\",
        "a\x1f",
        "0",
        "00",
        "null",
        "None",
        "\U0001f600",
        "\u65e5\u672c",
        ".",
        "a/",
        "a//b",
        "./a",
        "a*",
        "a+b",
        "a%2Fb",
        "a_b",
        "a-b",
        "''",
        "a''b",
        '""',
        "a&b",
        "a&amp;b",
        "a\u200b",
        "\u0430",
        "True",
        "true",
        "1e0",
    ),
    ANY_TEXT,
    alike=True,
)
"""Owners, ids and session names that look alike, or like patterns or code."""

SEPARATORS = (
    *(
        "",
        ":",
        "/",
        " ",
        "|",
        "-",
        "_",
        ".",
        "::",
        ", ",
        "\x1f",
        "%2F",
        "\\",
        "\n",
        ",",
        "', '",
        '","',
        "#",
    ),
    *(
        "--",
        "__",
        ";",
        "||",
        "@",
        "+",
        "=",
        "&",
        "?",
        "~",
        "!",
        "*",
        "%",
        "$",
        "\t",
        "\x01",
        "\x1e",
        "\x7f",
        "\u2063",
        "->",
        "=>",
        '", "',
        "()",
        "%3A",
    ),
)
"""Texts by which a store may join two labels to one key; the usual ones first, which a profile may try alone."""

QUERIES = Values(
    (
        *(
            "NOT tea",
            "tea NOT green",
            "-tea",
            "tea -green",
            "green-tea",
            '"green tea',
            'green "tea"',
            '"',
            "'",
            "-",
            "NOT",
        ),
        *(
            "AND",
            "tea AND",
            "OR tea",
            "tea OR",
            "tea*",
            "*",
            "te?",
            "title:tea",
            "tea:green",
            "(tea",
            "tea)",
            "^tea",
            "tea^2",
        ),
        *("tea~2", "+tea", "tea && green", "tea || black", "!tea", "/tea/", "[tea TO green]", "{tea", "tea\\", "<tea>"),
        *(
            "%tea%",
            "te_",
            "@tea",
            "#tea",
            "$tea",
            "NEAR(tea green)",
            "NEAR/2",
            "tea; --",
            "tea,green",
            "to be or not to be",
        ),
        " ".join(f"word{number}" for number in range(40)),
        " ".join(f"term{number} -not{number}" for number in range(200)),
    ),
    st.lists(
        st.sampled_from(("tea", "green", "NOT", "AND", "OR", "-", '"', "'", "*", "(", ")", ":", "+", "~", "^")),
        min_size=1,
        max_size=6,
    ).map(" ".join),
)
"""Queries that are syntax for some search engine, or long."""

_SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(LETTERS, max_size=8),
)
_KEYS = st.one_of(
    st.sampled_from(["a", "b", "id", "content", "user_id", "", "a.b", "$x", "caf\u00e9"]), st.text(LETTERS, max_size=6)
)


def _deeper(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=3)


def _nested(depth: int) -> dict[str, Any]:
    return {"deeper": [_nested(depth - 1)]} if depth else {"leaf": 1}


_OBJECTS: tuple[dict[str, Any], ...] = (
    {"n": 1},
    {"n": 1.5},
    {"n": 0.1},
    {"n": 0},
    {"n": -7},
    {"n": 2**53 + 1},
    {"n": 10**30},
    {"n": 2**53, "m": -(2**53) - 1, "k": 2**63, "l": 2**64 + 1},
    {"n": 0.1 + 0.2, "m": 0.3, "k": 0.1, "l": 0.10000000000000002},
    {"n": 5e-324, "m": 1.7976931348623157e308},
    {"yes": True, "no": False},
    {"nothing": None},
    {"empty": {}, "list": [], "text": ""},
    {"nested": {"a": [1, "two", None, {"b": [True, 2.5]}]}},
    {"": "empty key", " ": "space", "a.b": 1, "$set": 2, "caf\u00e9": 3, "cafe\u0301": 4},
    {"id": "not-the-id", "content": "not the content", "user_id": "mallory", "score": 9},
    {"number": "1", "flag": "true", "none": "null"},
    {"_private": 1, "__dunder__": 2, "_": 3, "_id": "x", "$id": 4, "@type": 5, "#": 6},
    {
        "it's": 1,
        'a "b"': 2,
        "a[0]": 3,
        "$.a": 4,
        "a\\b": 5,
        "a\nb": 6,
        "\\n": 7,
        "''": 8,
        "%20": 9,
        "a/b": 10,
        "*": 11,
    },
    {"A": 1, "a": 2, "a ": 3, " a": 4},
    {"list": [1, 1, "a", "a", None, None, [], [], 2, 1], "nested": [[1, 1], [1, 1]]},
    {"text": "a\\nb", "quotes": "''", "percent": "%20", "time": "2024-01-01T00:00:00Z", "decimal": "1.10"},
    {"text": "line\nbreak \u2028 'quotes' \"double\" \U0001f600"},
    _nested(20),
)
OBJECTS = Values(
    _OBJECTS,
    st.dictionaries(_KEYS, st.recursive(_SCALARS, _deeper, max_leaves=6), min_size=1, max_size=4),
)
"""Metadata: any JSON object."""
