"""The documents that are made from the code: `python tests-contract/tests/documents.py` writes them."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import fields
from inspect import cleandoc, isfunction, signature
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from proof.catalogue import Fault, catalogue

from memio import protocols
from memio.capabilities import KINDS, Feature, Guarantee
from memio.kinds import SPECS
from memio.models import Document, Fact, Message, Session, Triple
from memio.owners import Owner
from memio_contract import Law, laws

MACHINES = "memio_contract.lawbook.models"
DOCS = Path(__file__).resolve().parents[1] / "docs"
_INTRODUCTION = """
A memory store keeps one of four kinds of records: facts, messages of conversations, documents, or triples of a graph.
This page is what a store has to do, in any language. It consists of the records, the calls, the features that a store
may declare and the guarantees that it may give, the rules for every call, and the laws: each rule in the form in which
the contract suite checks it. It is made from the code of memio.

A store declares features and guarantees. A feature that is not declared is never asked for; one that is declared must
work. A guarantee that is not declared relaxes the laws that need it, and no others.

"""


def _name(law: Law) -> str:
    return law.id.partition(".")[2]


def laws_page() -> Iterator[str]:
    """Yield the specification: what a store is, the rules for every call, and each law under its subject."""
    yield "# The specification of a memory store"
    yield ""
    yield from _INTRODUCTION.strip().splitlines()
    yield ""
    yield from _records()
    yield from _calls()
    for title, names in (("Features", Feature), ("Guarantees", Guarantee)):
        yield f"## {title}"
        yield ""
        meanings = re.findall(r"^ +([A-Z_]+): (.*)$", str(names.__doc__), re.MULTILINE)
        yield from (f"- `{names[member]}`: {meaning}" for member, meaning in meanings)
        yield ""
    rules = cleandoc(protocols.__doc__ or "").partition("------\n\n")[2].partition("A store may also have")[0]
    yield "## Rules"
    yield ""
    yield from rules.partition("suite checks them. ")[2].strip().splitlines()
    yield ""
    yield from _laws()


def _records() -> Iterator[str]:
    yield "## Records"
    yield ""
    yield "A field that is absent is null. Only the fields that the store declares by its features are promised."
    yield ""
    for record in (Fact, Message, Document, Triple, Session, Owner):
        yield f"- **{record.__name__}**: {', '.join(f'`{field.name}`' for field in fields(record))}"
    yield "- **Page**: a list of records, and `next_cursor`: a text that leads to the next page, or null at the end"
    yield "- **Turn**: what `add` of messages returns: `stored`, the messages, and `replies`, what the backend answered"
    yield ""


def _calls() -> Iterator[str]:
    yield "## Calls"
    yield ""
    yield "Arguments are named. Those that belong to a feature are listed behind it; the rest every store has."
    yield ""
    for store in (protocols.FactStore, protocols.HistoryStore, protocols.DocumentStore, protocols.GraphStore):
        yield f"### {store.__name__}"
        yield ""
        yield cleandoc(store.__doc__ or "")
        yield ""
        for name, method in vars(store).items():
            if not isfunction(method) or name.startswith("_"):
                continue
            arguments = [argument for argument in signature(method).parameters if argument != "self"]
            yield f"- `{name}({', '.join(arguments)})`"
            yield ""
            for line in cleandoc(method.__doc__ or "").splitlines():
                yield f"  {line}".rstrip()
            yield ""
        yield from _calls_of_features(store.__name__)


_MEANINGS = {
    "put": "Stores a record under an id, whether it is there or not: creates it, or replaces all that a caller gives.",
    "update": "Changes what is given and keeps the rest. Raises what `get` raises; nothing is changed then.",
    "count": "Returns how many there are: what a listing of the same scope, filters and times holds.",
    "count_messages": "Returns how many messages there are; raises what `get` raises where a session is given.",
    "delete_messages": "Deletes the last messages, or those of given ids, all or none; returns them, oldest first.",
    "get_owners": "Returns a page of the owners that have records in scope, each once, in any order.",
    "purge": "Removes every expired record for good, and returns how many there were.",
}
"""What the calls do that a store has with a feature only."""


def _calls_of_features(protocol: str) -> Iterator[str]:
    spec = next(spec for spec in SPECS.values() if spec.store == protocol)
    for name, method in spec.methods.items():
        if method.needs is None:
            continue
        yield f"- `{name}({', '.join(method.core)})`, with the feature `{method.needs}`"
        yield ""
        yield f"  {_MEANINGS[name]}"
        more = [method.takes] if method.takes else []
        more += [*method.given, *method.by_value, *method.features]
        if more:
            yield f"  Keywords of features: {', '.join(f'`{keyword}`' for keyword in more)}."
        yield ""


def _laws() -> Iterator[str]:
    yield "## Laws"
    yield ""
    yield f"Each rule as the suite checks it: {len(laws())} laws, counted per kind. The id of a law is its kind, a dot"
    yield "and its name, as in `facts.update.keeps-owner`. A law applies where what it *needs* is declared. The last"
    yield "column is where to look in an implementation that breaks it."
    sections: dict[str, dict[tuple[str, str], list[Law]]] = {}
    for law in laws():
        # All state machines in one section.
        module = law.check.__module__ if isfunction(law.check) else MACHINES
        sections.setdefault(module, {}).setdefault((_name(law), law.means), []).append(law)
    for module, rows in sections.items():
        about = cleandoc(sys.modules[module].__doc__ or "").splitlines()[0].rstrip(".").removeprefix("Laws about ")
        yield ""
        yield f"### {about[0].upper()}{about[1:]}"
        yield ""
        yield "| law | kinds | rule | needs | if it fails, look at |"
        yield "|---|---|---|---|---|"
        for (name, means), found in rows.items():
            kinds = "all" if len(found) == len(KINDS) else ", ".join(law.kind for law in found)
            needs = ", ".join(found[0].needs) or "-"
            yield f"| {name} | {kinds} | {means} | {needs} | {found[0].look_at} |"


def coverage_page() -> Iterator[str]:
    """Yield the page of the catalogue: one row per fault, with where it is tried and the law that finds it."""
    rows: dict[tuple[str, str], list[Fault]] = {}
    for fault in catalogue():
        rows.setdefault((fault.mixin.__name__, fault.kills.partition(".")[2]), []).append(fault)
    stores, faults = len(catalogue()), len({fault.mixin for fault in catalogue()})
    yield "# What the laws find"
    yield ""
    yield f"{stores} broken stores with {faults} different faults, on two good stores: one that keeps everything in a"
    yield "dict, and the provider `sqlite`. Each is found by the law in its row; each of the"
    yield f"{len(laws())} laws finds at least one. This page is made from the code."
    yield ""
    yield "| fault | on dict | on sqlite | found by | seen before as |"
    yield "|---|---|---|---|---|"
    for (_, law), found in sorted(rows.items(), key=lambda row: row[0][1]):
        on = {base: ", ".join(fault.kind for fault in found if fault.on == base) or "-" for base in ("dict", "sqlite")}
        yield f"| {found[0].means} | {on['dict']} | {on['sqlite']} | {law} | {found[0].defect or '-'} |"


PAGES = {"laws.md": laws_page, "coverage.md": coverage_page}

if __name__ == "__main__":
    for name, page in PAGES.items():
        (DOCS / name).write_text("\n".join(page()) + "\n", encoding="utf-8")
