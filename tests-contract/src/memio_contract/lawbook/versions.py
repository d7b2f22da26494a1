"""Laws about versions: names of the states of a record, and writes that depend on them."""

# ruff: noqa: D103  # a law is documented by what it means, in its declaration

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any, cast

from memio.capabilities import Feature, Guarantee
from memio.errors import ConflictError, NotFoundError
from memio_contract.expect import about, equal, once_each, refused, that
from memio_contract.law import law
from memio_contract.lawbook._kinds import RECORDS
from memio_contract.lawbook.puts import fields
from memio_contract.subjects.records import RecordSubject
from memio_contract.world import World

_VERSIONS = (Feature.VERSIONS,)
_ONE = (
    "the comparison of the version and the write: one statement with the version in its condition, or one transaction"
)

Write = Callable[[str], Awaitable[Any]]
"""Makes a call that depends on a version."""


def _writes(w: World, record: Any, subject: RecordSubject | None = None) -> dict[str, Write]:
    """Return the calls that can depend on the version of a record."""
    records = subject or w.records
    writes: dict[str, Write] = {"delete": lambda version: records.delete(record.id, if_version=version)}
    if w.has(Feature.UPDATE):
        writes["update"] = lambda version: records.update(record.id, "updated words", if_version=version)
    if w.has(Feature.UPDATE, Feature.METADATA):
        writes["update of metadata"] = lambda version: records.update(record.id, metadata={"n": 1}, if_version=version)
    if w.has(Feature.UPDATE, Feature.EXPIRY):
        writes["update of the expiry"] = lambda version: records.update(record.id, expires_at=None, if_version=version)
    if w.has(Feature.PUT):
        writes["put"] = lambda version: records.put(record.id, "put words", if_version=version)
    return writes


@law(
    "versions.every-read",
    kinds=RECORDS,
    needs=_VERSIONS,
    means="Every call returns a record with its version, and all of them the same one.",
    look_at="a version that is made when a record is read, and calls that leave it out",
)
async def every_read(w: World) -> None:
    record = await w.records.add("green tea")
    for number in range(3):
        that(record.version, f"a record has no version after {number} changes")
        for _ in range(2):
            hits = await w.records.search("green tea", limit=5)
            reads = [await w.records.get(record.id), *await w.records.listed(), *hits]
            equal([read.version for read in reads], [record.version] * 3, "the versions that reads return")
        if w.has(Feature.UPDATE):
            record = await w.records.update(record.id, f"green tea {number}")


@law(
    "versions.new-each-time",
    kinds=RECORDS,
    needs=_VERSIONS,
    means="Each put and each update of content, metadata or data makes a new version, with equal values as well.",
    look_at="versions made from the content or from a clock: a counter or a random text is never the same again",
)
async def new_each_time(w: World) -> None:
    record = await w.records.add("the same words")
    versions = [record.version]
    for number in range(8):
        if w.has(Feature.UPDATE):
            changes: list[dict[str, Any]] = [{"text": "the same words"}, fields(w, metadata={"n": number % 2})]
            changes.append(fields(w, data=[1]))
            versions += [(await w.records.update(record.id, **change)).version for change in filter(None, changes)]
        if w.has(Feature.PUT):
            versions.append((await w.records.put(record.id, "the same words")).version)
    once_each(versions, "the list of versions of one record")


@law(
    "versions.kept",
    kinds=RECORDS,
    needs=(Feature.VERSIONS, Feature.CLIENT_IDS),
    means="Adding the same record again makes no version, and a change of the expiry leaves version and updated_at.",
    look_at="a retry or a change of the expiry that is written as an update of the record",
)
async def versions_kept(w: World) -> None:
    chosen = w.label("id-1")
    record = await w.records.add("the same words", id=chosen)
    again = await w.records.add("the same words", id=chosen)
    equal(again.version, record.version, "the version in the answer of a repeated add")
    if w.has(Feature.EXPIRY):
        later = fields(w, expires_at=_later(1))
        again = await w.records.add("the same words", id=chosen, **later)
        equal((again.version, again.updated_at), (record.version, record.updated_at), "after an add with an expiry")
    if w.has(Feature.EXPIRY, Feature.UPDATE):
        for expires_at in (_later(2), None, _later(3), _later(3)):
            changed = await w.records.update(chosen, expires_at=expires_at)
            what = "version and updated_at after an update of the expiry"
            equal((changed.version, changed.updated_at), (record.version, record.updated_at), what)
            equal(changed.expires_at, expires_at, "the expires_at in the answer of update")
    read = await w.records.get(chosen)
    equal(
        (read.version, read.updated_at), (record.version, record.updated_at), "version and updated_at that get returns"
    )


def _later(years: int) -> datetime:
    return datetime(2900 + years, 1, 1, tzinfo=UTC)


@law(
    "versions.never-again",
    kinds=RECORDS,
    needs=(Feature.VERSIONS, Feature.CLIENT_IDS),
    means="A version is never used again for an id, also after the record was deleted, or the store opened again.",
    look_at="versions that count from one for each record, or are made from its content or its time",
)
async def never_again(w: World) -> None:
    chosen = w.label("id-1")
    versions: list[Any] = []
    for number in range(6):
        versions.append((await w.records.add("the same words", id=chosen)).version)
        if w.has(Feature.UPDATE):
            versions.append((await w.records.update(chosen, "other words")).version)
        if number % 2:
            await w.records.delete_all()
        else:
            await w.records.delete(chosen)
    if w.has(Guarantee.DURABLE):
        await w.close(w.memio)
        again = cast("RecordSubject", w.subject_of(w.open()))
        versions.append((await again.add("the same words", id=chosen)).version)
    once_each(versions, "the list of versions that an id has had")


@law(
    "versions.guard",
    kinds=RECORDS,
    needs=(Feature.VERSIONS, Feature.UPDATE),
    means="A write that names a version happens only while the record has it; else it raises ConflictError.",
    look_at="if_version that is ignored, or compared with something else than what is stored now",
)
async def guard(w: World) -> None:
    for name in _writes(w, await w.records.add("no words")):
        record = await w.records.add("first words")
        changed = await w.records.update(record.id, "second words")
        for version in (str(record.version), "no version", f"{changed.version} ", str(changed.version)[:-1] or "x"):
            error = await refused(
                _writes(w, record)[name](version), ConflictError, f"{name} with the version {version!r}"
            )
            about(error, w.records.noun, record.id)
            equal(error.reason, "version", "the `reason` of the ConflictError")
            shown = f"{error} {error!r} {vars(error)!r}"
            that("second words" not in shown, f"the ConflictError shows the text of the record: {error}")
            equal(await w.records.get(record.id), changed, f"the record after {name} with another version")
        await _writes(w, record)[name](str(changed.version))
        if name == "delete":
            await refused(w.records.get(record.id), NotFoundError, "get of a record that was deleted by its version")
        elif name != "update of the expiry":
            # As when the answer of the first attempt was lost: the second one changes nothing.
            now = await w.records.get(record.id)
            again = _writes(w, record)[name](str(changed.version))
            await refused(again, ConflictError, f"{name} with the version from before it")
            equal(await w.records.get(record.id), now, f"the record after {name} was repeated")


@law(
    "versions.missing",
    kinds=RECORDS,
    needs=_VERSIONS,
    means="Where there is no record, a put with a version raises ConflictError, an update and a delete NotFoundError.",
    look_at="a put with a version that creates a record, and the error for a statement that changed no row",
)
async def missing(w: World) -> None:
    gone = await w.records.add("gone words")
    await w.records.delete(gone)
    for name, write in _writes(w, gone).items():
        expected = ConflictError if name == "put" else NotFoundError
        error: Any = await refused(write(str(gone.version)), expected, f"{name} of a record that is not there")
        about(error, w.records.noun, gone.id)
        if name == "put":
            equal(error.reason, "version", "the `reason` of the ConflictError")
    equal(await w.records.listed(), [], "what is listed after that")


@law(
    "versions.guard-owner",
    kinds=RECORDS,
    needs=(Feature.VERSIONS, Feature.USER_SCOPE),
    means="A version opens no way to another owner's record.",
    look_at="a write whose condition is the version alone, without the owner",
)
async def guard_owner(w: World) -> None:
    alices = await w.records.add("alice's words", owner=w.user("alice"))
    bob = w.user("bob")
    await refused(
        w.records.delete(alices, owner=bob, if_version=alices.version), NotFoundError, "delete by bob with a version"
    )
    if w.has(Feature.UPDATE):
        call = w.records.update(alices.id, "bob's words", owner=bob, if_version=alices.version)
        await refused(call, NotFoundError, "update by bob with the version of alice's record")
    if w.has(Feature.PUT):
        put = w.records.put(alices.id, "bob's words", owner=bob, if_version=alices.version)
        await refused(put, ConflictError, "put by bob with the version of alice's record")
    equal(await w.records.listed(owner=w.user("alice")), [alices], "what alice lists")
    equal(await w.records.listed(owner=bob), [], "what bob lists")


@law(
    "concurrent.versions",
    kinds=RECORDS,
    needs=(Feature.VERSIONS, Feature.UPDATE, Guarantee.READ_YOUR_WRITES),
    means="Of any number of writes at once that name one version, at most one happens; the others raise ConflictError.",
    look_at=_ONE,
)
async def one_wins(w: World) -> None:
    other = cast("RecordSubject", w.subject_of(w.open()))
    for name in _writes(w, await w.records.add("no words")):
        if name == "update of the expiry":
            continue  # it makes no version, so that several of them happen
        record = await w.records.add("first words")
        subjects = [w.records, other] * w.profile.tasks
        calls = [_writes(w, record, each)[name](str(record.version)) for each in subjects[: w.profile.tasks]]
        ends = await asyncio.gather(*calls, return_exceptions=True)
        lost = [end for end in ends if isinstance(end, BaseException)]
        # A delete that comes second finds no record.
        strange = [end for end in lost if not isinstance(end, (ConflictError, NotFoundError))]
        equal([f"{type(end).__name__}: {end}" for end in strange], [], "errors other than ConflictError")
        that(len(ends) - len(lost) <= 1, f"{len(ends) - len(lost)} calls of {name} with one version happened")
        left = [read for read in await w.records.listed() if read.id == record.id]
        if len(lost) == len(ends):
            equal(left, [record], f"the record after every {name} was refused")
        elif name != "delete":
            won = next(end for end in ends if not isinstance(end, BaseException))
            equal(left, [won], f"the record after one {name} of several at once")
        else:
            equal(left, [], "the record after one delete of several at once")


@law(
    "concurrent.counter",
    kinds=RECORDS,
    needs=(Feature.VERSIONS, Feature.UPDATE, Guarantee.VERBATIM),
    means="A number that several tasks read and count up, each by the version that it read, loses no count.",
    look_at=_ONE,
)
async def counter(w: World) -> None:
    record = await w.records.add("0")
    tasks = min(w.profile.tasks, 6)

    async def count_up() -> None:
        while True:
            read = await w.records.get(record.id)
            try:
                await w.records.update(read.id, str(int(read.content) + 1), if_version=read.version)
            except ConflictError:
                await asyncio.sleep(0)
                continue
            return

    await asyncio.gather(*(count_up() for _ in range(tasks)))
    equal((await w.records.get(record.id)).content, str(tasks), f"the number after {tasks} tasks counted it up by one")
