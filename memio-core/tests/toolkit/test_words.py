"""The words of texts and queries, in many scripts.

A query finds a text when every term of the query is among the words of the text. A database also stems; here nothing
does, so the cases have no endings that differ.
"""

# ruff: noqa: RUF001  # look-alikes are what the cases are about

from __future__ import annotations

import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from memio.toolkit import Term, index_text, index_words, query_terms

FOUND = [
    # Latin
    ("Zürich café naïve", ["zurich", "Cafe", "NAIVE", "Zürich"]),
    ("Straße in Gießen", ["strasse", "STRASSE", "giessen", "STRA\u1e9eE"]),
    ("Søren bor i Tromsø", ["soren", "tromso", "SØREN"]),
    ("Wisława Szymborska z Łodzi", ["wislawa", "lodzi", "ŁODZI"]),
    ("Ærø og encyclopædia, œuvre", ["aero", "encyclopaedia", "oeuvre"]),
    ("Đà Nẵng và phở", ["da", "nang", "pho", "Đà", "Nẵng"]),
    ("Þórður frá Ísafjörður", ["thordur", "isafjordur"]),
    ("Iğdır ve İstanbul", ["igdir", "istanbul", "IĞDIR", "İSTANBUL"]),
    ("Ħal Qormi, Għawdex", ["hal", "ghawdex"]),
    ("Azərbaycan", ["azerbaycan"]),
    ("Hawaiʻi", ["hawai'i", "Hawaiʻi", "hawai’i"]),
    ("The ﬁle and the ﬂag", ["file", "flag"]),
    ("CO₂, x² and H₂O", ["co2", "x2", "H2O"]),
    ("𝐁𝐨𝐥𝐝 text", ["bold"]),
    ("Henry Ⅷ", ["viii"]),
    ("co\u00adoperate", ["cooperate"]),
    ("word\u200eword", ["wordword"]),
    # Cyrillic
    ("Артём съел ещё одну ёлку", ["артем", "еще", "елку", "Ёлку", "ЕЛКУ"]),
    ("за\u0301мок и замо\u0301к", ["замок"]),
    ("й и йод", ["йод", "и\u0306од", "Й"]),
    ("Київ, їжак, м\u02bcята", ["київ", "їжак", "м'ята", "м’ята"]),
    ("ѝ е тук", ["и"]),
    # Greek
    ("Αθήνα, ο ήλιος του Οδυσσέα", ["αθηνα", "ΗΛΙΟΣ", "ηλιοσ", "οδυσσεα"]),
    ("ᾀδης ᾠδή ἄνθρωπος", ["ωδη", "ανθρωπος", "ἌΝΘΡΩΠΟΣ"]),
    # Arabic, Persian, Urdu
    ("مُحَمَّد يُحِبُّ القَهْوَةَ", ["محمد", "يحب", "القهوة", "القهوه"]),
    ("أحمد إلى آخر", ["احمد", "الى", "إلي", "اخر"]),
    ("مـــرحبا", ["مرحبا"]),
    ("مؤمن شئ هدى", ["مومن", "شي", "هدي"]),
    ("سنة ٢٠٢٤", ["2024", "سنه", "۲۰۲۴"]),
    ("من کتاب می\u200cخوانم", ["كتاب", "می خوانم", "می\u200cخوانم"]),
    ("\ufee3\ufeae\ufea3\ufe92\ufe8e \ufefb", ["مرحبا", "لا"]),
    ("وہ کہاں ہے", ["وه", "كهاں"]),
    # Hebrew, Yiddish
    ("שָׁלוֹם עוֹלָם", ["שלום", "עולמ", "שלומ"]),
    ("מלך עץ", ["מלכ", "עצ"]),
    ("\ufb2a\ufb4b", ["שו"]),
    ("ייִדיש ײ", ["יידיש", "יי"]),
    # Syriac, Mongolian
    ("ܫܠܵܡܵܐ", ["ܫܠܡܐ"]),
    ("ᠮᠣᠩᠭᠣᠯ\u180b", ["ᠮᠣᠩᠭᠣᠯ"]),
    # Scripts of India
    ("मुझे फ़ोन और आँखें", ["फोन", "आंखें", "फ\u093cोन"]),
    ("क़लम \u0958", ["कलम", "क"]),
    ("হঠা\u09ce", ["হঠা\u09a4\u09cd\u200d"]),
    ("അവന\u0d4d\u200d", ["അവ\u0d7b"]),
    ("ශ්‍රී ලංකා", ["ශ්රී", "ලංකා"]),
    ("தமிழ் மொழி", ["தமிழ்", "மொழி"]),
    ("ಕನ್ನಡ ಭಾಷೆ", ["ಕನ್ನಡ"]),
    # Armenian, Georgian, Ethiopic
    ("Հայաստան և Երևան", ["ՀԱՅԱՍՏԱՆ", "եւ"]),
    ("საქართველო", ["საქართველო", "\u1ca1\u1c90\u1ca5\u1c90\u1ca0\u1c97\u1c95\u1c94\u1c9a\u1c9d"]),
    ("አዲስ አበባ", ["አዲስ"]),
    # Scripts without spaces
    ("ガーデンパーティー", ["ガーデン", "ｶﾞｰﾃﾞﾝ", "カ\u3099ーテ\u3099ン"]),
    ("ＡＢＣ１２３を買った", ["abc123", "買った"]),
    ("東京都の天気", ["東京", "都", "天気"]),
    ("葛\U000e0100城", ["葛城"]),
    ("\ufa10", ["塚"]),
    ("오늘 끝말잇기를 했다", ["끝말잇기", unicodedata.normalize("NFD", "끝말")]),
    ("ฉันชอบน้ำผลไม้ ๑๒๓", ["น้ำ", "น\u0e49\u0e4d\u0e32", "123"]),
    ("ຂ້ອຍມັກດື່ມກາເຟ", ["ກາເຟ"]),
    ("ខ្ញុំចូលចិត្តកាហ្វេ", ["កាហ្វេ"]),
    ("ကျွန်တော်ကော်ဖီ", ["ကော်ဖီ"]),
    ("བོད་ཡིག", ["བོད"]),
    # Symbols, and letters younger than Unicode 3.2
    ("👍🏽 ok", ["👍🏿"]),
    ("I ❤️ you", ["❤"]),
    ("\U0001e900\U0001e901", ["\U0001e922\U0001e923"]),
    ("\u1b06", ["\u1b05\u1b35"]),
]


def lowered(text: str) -> list[str]:
    """Return the words of a text as a database keeps them."""
    return [word.lower() for word in index_words(text)]


def found(text: str, query: str) -> bool:
    words = lowered(text)
    return all(
        any(word == term.text or (term.prefix and word.startswith(term.text)) for word in words)
        for term in query_terms(query)
    )


@pytest.mark.parametrize(("text", "query"), [(text, query) for text, queries in FOUND for query in queries])
def test_a_word_is_found_in_every_spelling(text: str, query: str) -> None:
    assert query_terms(query)
    for stored in ("NFC", "NFD"):
        for asked in ("NFC", "NFD"):
            assert found(unicodedata.normalize(stored, text), unicodedata.normalize(asked, query))


@pytest.mark.parametrize(
    ("text", "query"),
    [("и", "й"), ("київ", "киів"), ("か", "が"), ("ハ", "パ"), ("कि", "की"), ("tea", "tee"), ("ሰ", "ሱ"), ("ه", "ح")],
)
def test_different_letters_stay_different(text: str, query: str) -> None:
    assert not found(text, query)


def test_every_character_is_indexed_as_what_is_canonically_equal_to_it() -> None:
    different = [
        hex(code)
        for code in range(sys.maxunicode + 1)
        if not 0xD800 <= code < 0xE000
        for form in ("NFC", "NFD")
        if (equal := unicodedata.normalize(form, chr(code))) != chr(code)
        and lowered(equal) != lowered(chr(code))
        # Of characters younger than the oldest Python, a newer Python knows what the oldest does not.
        and unicodedata.unidata_version == "14.0.0"
    ]
    assert different == []


MARKED = st.text(st.sampled_from("aeоиαωבוかハकি각ึ\u0301\u0306\u0308\u0323\u093c\u3099\u309a\u05bc\u0654\u0e38"))


@given(MARKED)
def test_canonically_equal_texts_are_indexed_equally(text: str) -> None:
    assert index_text(unicodedata.normalize("NFC", text)) == index_text(unicodedata.normalize("NFD", text))


@given(st.text())
def test_the_words_are_those_of_the_text(text: str) -> None:
    assert " ".join(index_words(text)).split() == index_words(text)
    if not text.isascii() and not index_text(text).isascii():
        assert index_words(text) == index_text(text).split()


def test_typographic_marks_leave_english_text_as_it_is() -> None:
    assert index_text("Don\u2019t \u2013 it\u2019s \u201cfine\u201d\u2026") == "Don t   it s  fine "


def test_a_query_has_each_word_once_in_lower_case_and_no_stop_words() -> None:
    assert query_terms("The Tea, the TEA and a cup") == [Term("tea"), Term("cup")]
    assert query_terms("the The") == [Term("the")]
    assert query_terms("") == query_terms("?!") == []


@pytest.mark.parametrize(
    ("word", "forms"),
    [
        ("go", ("went", "gone")),
        ("Went", ("go", "gone")),
        ("going", ("go", "went", "gone")),
        ("buys", ("buy", "bought")),
        ("swimming", ("swim", "swam", "swum")),
        ("making", ("make", "made")),
        ("children", ("child",)),
        ("tea", ()),
        ("zürich", ()),
    ],
)
def test_a_term_has_the_irregular_forms_of_its_word(word: str, forms: tuple[str, ...]) -> None:
    (term,) = query_terms(word)
    assert term.forms == forms


def test_forms_of_one_word_are_one_term() -> None:
    assert [term.text for term in query_terms("went home, go home")] == ["went", "home"]
