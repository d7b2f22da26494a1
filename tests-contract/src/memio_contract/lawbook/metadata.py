"""Laws about metadata."""

# ruff: noqa: D103  # a law is documented by what it means, in its declaration

from __future__ import annotations

from typing import Any

from memio.capabilities import Feature
from memio_contract.expect import equal
from memio_contract.law import law
from memio_contract.values import OBJECTS
from memio_contract.world import World


@law(
    "metadata.unchanged",
    needs=(Feature.METADATA,),
    means="Any JSON object comes back as it was given: nested, empty, null, and every number by its value.",
    look_at="how metadata is written and read: store it as JSON text, not as columns or as text of Python",
    over=OBJECTS,
)
async def metadata_unchanged(w: World, objects: list[dict[str, Any]]) -> None:
    for number, metadata in enumerate(objects):
        record = await w.subject.add(f"record {number}", metadata=metadata)
        equal(record.metadata, metadata, "the metadata in the answer of add")
        for found in await w.subject.find(record):
            equal(found.metadata, metadata, "the metadata that a read by id returns")
    listed = [record.metadata for record in await w.subject.listed()]
    equal(listed, objects, "the metadata that is listed")


@law(
    "metadata.snapshot",
    needs=(Feature.METADATA,),
    means="Records are snapshots: changing what was returned, or what was passed in, changes nothing stored.",
    look_at="references to the caller's dict, or to a cached record, that are kept or handed out: copy",
)
async def metadata_snapshot(w: World) -> None:
    given: dict[str, Any] = {"colour": "green", "tags": ["a"]}
    added = await w.subject.add("a tea pot", metadata=given)
    given["colour"] = "changed in what was passed in"
    w.journal.note("# … then the dict that was passed in, and each record that came back, are changed")
    for place in ("add", "a read by id", "the listing", "search"):
        found = [added]
        if place == "a read by id":
            found = await w.subject.find(added)
        elif place == "the listing":
            found = await w.subject.listed()
        elif place == "search" and w.has(Feature.SEARCH_ALL_SESSIONS) | (w.kind != "history"):
            found = await w.subject.search(w.subject.query(added), limit=5)
        for record in found:
            record.metadata["colour"] = f"changed in what {place} returned"
            record.metadata["tags"].append("b")
        for read in await w.subject.find(added):
            equal(
                read.metadata,
                {"colour": "green", "tags": ["a"]},
                f"the stored metadata, after what {place} returned was changed",
            )
