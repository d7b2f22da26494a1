"""Faults about what a record holds over time: data, put, update, versions and expiry."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import timedelta

from memio.errors import ConflictError
from memio.owners import ANYWHERE, NO_OWNER, Scope
from memio.protocols import OMITTED
from proof.catalogue import RECORDS, fault
from proof.dict_stores import changes_of

BOTH = ("dict", "sqlite")
DATA = ("history", "documents")
DOCUMENTS = ("documents",)


def _texts(value, change):
    """Return a JSON value with every string changed."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, list):
        return [_texts(item, change) for item in value]
    return {_texts(k, change): _texts(v, change) for k, v in value.items()} if isinstance(value, dict) else value


@fault("data.unchanged", kinds=DATA, defect="a character is replaced without a word")
class ReplacesSurrogates:
    """Lone surrogates in data become a question mark."""

    def keep(self, row):
        change = lambda text: text.encode("utf-8", "replace").decode()  # noqa: E731  # it is passed on
        return replace(super().keep(row), data=_texts(row.data, change))


@fault("data.unchanged", kinds=DATA)
class EndsAtNul:
    """Strings in data end at NUL."""

    def keep(self, row):
        return replace(super().keep(row), data=_texts(row.data, lambda text: text.partition("\0")[0]))


@fault("data.unchanged", kinds=DATA, defect="numbers come back as other numbers")
class MakesDataFloats:
    """Whole numbers in data are kept as floating point, where they are small enough."""

    def keep(self, row):
        def number(text):
            return float(text) if len(text) < 300 else int(text)

        return replace(super().keep(row), data=json.loads(json.dumps(row.data), parse_int=number))


@fault("data.unchanged", kinds=DATA, defect="a falsy value counts as missing")
class DropsFalsyData:
    """Data that is false, zero or empty counts as none."""

    def keep(self, row):
        return replace(super().keep(row), data=row.data or None)


@fault("data.without-text", kinds=DATA)
class MakesTextOfData:
    """A record without text gets its data as text."""

    def keep(self, row):
        return replace(super().keep(row), text=row.text or json.dumps(row.data))


@fault("data.not-filtered", kinds=DATA)
class FiltersData:
    """Filters see data as well."""

    def keep(self, row):
        kept = super().keep(row)
        self.backend.notes.setdefault("data", []).append((kept.metadata, row.data))
        return kept

    def passes(self, metadata, filters):
        known = self.backend.notes.get("data", [])
        data = next((data for given, data in known if given is metadata and isinstance(data, dict)), {})
        return super().passes({**metadata, **data}, filters)


@fault("data.snapshot", kinds=DATA)
class HandsOutItsData:
    """The data that is handed out is that which is kept."""

    def as_record(self, row, score=None):
        record = super().as_record(row, score)
        kept = self.backend.notes.setdefault("handed", {})
        object.__setattr__(record, "data", kept.setdefault(row.id, record.data))
        return record


@fault("ids.data-compared", kinds=DATA)
class IgnoresDataOfRetries:
    """A retry may have other data."""

    def same_data(self, stored, given):
        return True


@fault("ids.data-compared", kinds=DATA)
class TakesTrueDataForOne:
    """Data is the same when Python finds it equal, for which true is 1."""

    def same_data(self, stored, given):
        return stored == given


@fault("ids.data-compared", kinds=DATA)
class ComparesDataAsText:
    """Data is compared as JSON text."""

    def same_data(self, stored, given):
        return json.dumps(stored) == json.dumps(given)


@fault("data.large", kinds=DATA)
class CutsData:
    """Strings in data are cut after 65,535 characters."""

    def keep(self, row):
        return replace(super().keep(row), data=_texts(row.data, lambda text: text[:65_000]))


@fault("data.large", kinds=DATA)
class FlattensDeepData:
    """Data keeps its first 64 levels."""

    def keep(self, row):
        return replace(super().keep(row), data=_shallow(row.data, 64))


def _shallow(value, levels):
    if isinstance(value, list):
        return [_shallow(item, levels - 1) for item in value] if levels else None
    return {k: _shallow(v, levels - 1) for k, v in value.items()} if isinstance(value, dict) else value


# put


@fault("put.creates", kinds=RECORDS)
class DropsFieldsOfPuts:
    """A put that creates a record stores its text only."""

    def stored(self, given, if_version):
        if not self.mine(given):
            given = replace(given, metadata={}, data=None, expires_at=None)
        return super().stored(given, if_version)


@fault("put.creates", kinds=RECORDS)
class PutsWithoutAnIndex:
    """A record that was put is not found by a search."""

    def stored(self, given, if_version):
        row = super().stored(given, if_version)
        self.backend.notes.setdefault("put", set()).add(row.id)
        return row

    def best(self, found, query, limit):
        put = self.backend.notes.get("put", set())
        return super().best([(n, row) for n, row in found if row.id not in put], query, limit)


@fault("put.replaces", kinds=RECORDS)
class MergesPuts:
    """A put keeps the metadata that it does not give."""

    def replaced(self, number, row, given):
        return super().replaced(number, row, replace(given, metadata={**row.metadata, **given.metadata}))


@fault("put.replaces", kinds=RECORDS)
class KeepsTheExpiryOfPuts:
    """A put without a time of expiry keeps the old one."""

    def replaced(self, number, row, given):
        return super().replaced(number, row, replace(given, expires_at=given.expires_at or row.expires_at))


@fault("put.replaces", kinds=DOCUMENTS)
class KeepsTheDataOfPuts:
    """A put without data keeps the old data."""

    def replaced(self, number, row, given):
        return super().replaced(number, row, replace(given, data=row.data if given.data is None else given.data))


@fault("put.replaces", kinds=RECORDS, on=BOTH)
class PutsLikeUpdates:
    """A put of a record that is there is an update."""

    async def put(self, **given):
        name = "fact_id" if "fact_id" in given else "doc_id"
        owner, version = given.get("owner", NO_OWNER), given.pop("if_version", None)
        scope = Scope.of(owner)
        found = [r for r in await super().get_all(limit=1000, cursor=None, scope=scope) if r.id == given[name]]
        if not found:
            return await super().put(**given, **({"if_version": version} if version else {}))
        del given["owner"]
        return await super().update(scope=scope, **given, **({"if_version": version} if version else {}))


@fault("put.keeps-place", kinds=RECORDS)
class PutsAtTheEnd:
    """A put moves the record to the end."""

    def replaced(self, number, row, given):
        new = super().replaced(number, row, given)
        self.remove(number)
        return self.place(new)


@fault("put.keeps-place", kinds=RECORDS)
class PutsANewTime:
    """A put sets the time of creation anew."""

    def replaced(self, number, row, given):
        return super().replaced(number, replace(row, created_at=self.now() + timedelta(seconds=1)), given)


@fault("put.per-owner", kinds=RECORDS)
class PutsOverOthers:
    """A put replaces the record of the id, whoever it belongs to."""

    def mine(self, row):
        found = [(n, other) for n, other in self.scoped(ANYWHERE) if row.id and other.id == row.id]
        return found[:1]


@fault("put.per-owner", kinds=RECORDS)
class PutsForUsers:
    """A put replaces the record of its user, whatever agent and namespace are."""

    def mine(self, row):
        found = self.scoped(Scope(user_id=row.owner.user_id))
        return [(n, other) for n, other in found if row.id and other.id == row.id][:1]


@fault("put.any-text", kinds=RECORDS, on=BOTH)
class TrimsPuts:
    """White space around the text of a put is cut off."""

    async def put(self, *, content, **given):
        return await super().put(content=content.strip() or content, **given)


class LooksThenPuts:
    """Between the look for a record and the write of a put there is an await."""

    async def put(self, *, content, owner=NO_OWNER, if_version=None, **more):
        await self.pause()
        given = self.draft(content, owner, more)
        found = self.mine(given)
        for _ in range(3):
            await self.pause()
        row = self.replaced(*found[0], given) if found else self.place(given)
        await self.pause()
        return self.as_record(row)


@fault("concurrent.puts", kinds=RECORDS, defect="lost updates")
class InsertsTwice(LooksThenPuts):
    """A put looks for the record, awaits, and inserts or updates it."""


@fault("concurrent.put-add-delete", kinds=RECORDS)
class PutsWhatWasDeleted(LooksThenPuts):
    """A put looks for the record, awaits, and writes beside what was added meanwhile."""


@fault("cancel.put", kinds=RECORDS, defect="delete-then-create: the create fails, the text is gone")
class DeletesThenPuts:
    """A put deletes what is there, awaits, and adds the new record."""

    async def put(self, *, content, owner=NO_OWNER, if_version=None, **more):
        await self.pause()
        given = self.draft(content, owner, more)
        for number, row in self.mine(given):
            given.created_at = row.created_at
            self.remove(number)
        await self.pause()
        row = self.place(given)
        await self.pause()
        return self.as_record(row)


# update


@fault("update.keeps-the-rest", kinds=RECORDS)
class ClearsWhatIsLeftOut:
    """An update of the metadata clears the time of expiry."""

    def changed(self, number, row, changes):
        more = {"expires_at": None} if "metadata" in changes and "expires_at" not in changes else {}
        return super().changed(number, row, {**changes, **more})


@fault("update.keeps-the-rest", kinds=RECORDS)
class UpdatesTextOnly:
    """An update without text changes nothing."""

    def changed(self, number, row, changes):
        return super().changed(number, row, changes if "text" in changes else {})


@fault("update.keeps-the-rest", kinds=DOCUMENTS)
class DropsDataOnUpdate:
    """An update of the text drops the data."""

    def changed(self, number, row, changes):
        return super().changed(number, row, {**({"data": None} if "text" in changes else {}), **changes})


@fault("update.removes-data", kinds=DOCUMENTS, on=BOTH)
class TakesNoDataForOmitted:
    """The data None counts as not given."""

    async def update(self, *, data=OMITTED, **given):
        return await super().update(**given, **({} if data is OMITTED or data is None else {"data": data}))


# versions


@fault("versions.every-read", kinds=RECORDS)
class MakesVersionsWhenRead:
    """Every read makes a new version."""

    def hand_out(self, row):
        return replace(super().hand_out(row), version=self.new_version(row))


@fault("versions.every-read", kinds=RECORDS, on=BOTH)
class FindsWithoutVersions:
    """Hits have no version."""

    async def search(self, **given):
        return [replace(hit, version=None) for hit in await super().search(**given)]


@fault("versions.new-each-time", kinds=RECORDS)
class VersionsByContent:
    """The version is made from the text."""

    def keep(self, row):
        return replace(super().keep(row), version=f"v-{row.text}-{sorted(row.metadata)}")


@fault("versions.new-each-time", kinds=RECORDS)
class KeepsTheVersionOfEqualValues:
    """An update with equal values makes no version."""

    def changed(self, number, row, changes):
        new = super().changed(number, row, changes)
        if all(getattr(row, name) == value for name, value in changes.items()):
            new.version = row.version
        return new

    def replaced(self, number, row, given):
        new = super().replaced(number, row, given)
        if new.text == row.text:
            new.version = row.version
        return new


@fault("versions.kept", kinds=RECORDS)
class VersionsRetries:
    """Adding the same record again makes a version."""

    def written(self, given):
        row = super().written(given)
        row.version = self.new_version(row)
        return row


@fault("versions.kept", kinds=RECORDS)
class VersionsExpiries:
    """A change of the expiry alone makes a version."""

    def changed(self, number, row, changes):
        new = super().changed(number, row, changes)
        new.version = self.new_version(row)
        return new


@fault("versions.kept", kinds=RECORDS)
class TouchesOnExpiry:
    """A change of the expiry alone sets the time of the last change."""

    def changed(self, number, row, changes):
        new = super().changed(number, row, changes)
        new.updated_at = max(self.now(), row.updated_at + timedelta(microseconds=1))
        return new


class CountedVersions:
    """Versions count from one for each record."""

    def place(self, row):
        kept = super().place(row)
        kept.version = "1"
        return kept

    def new_version(self, row):
        return str(int(row.version or 0) + 1)


@fault("versions.never-again", kinds=RECORDS, defect="a deleted record comes back under the same version")
class CountsFromOne(CountedVersions):
    """Versions count from one again when a record was deleted and is added again."""


@fault("versions.guard", kinds=RECORDS, on=BOTH, defect="an argument is accepted and ignored")
class IgnoresVersions:
    """if_version of an update is ignored."""

    async def update(self, *, if_version=None, **given):
        return await super().update(**given)


@fault("versions.guard", kinds=RECORDS, on=BOTH)
class DeletesAnyVersion:
    """if_version of a delete is ignored."""

    async def delete(self, *, if_version=None, **given):
        await super().delete(**given)


@fault("versions.guard", kinds=RECORDS)
class ComparesVersionsByPrefix:
    """A version is compared with the beginning of the stored one."""

    def check_version(self, row, if_version):
        super().check_version(row, row.version if if_version and row.version.startswith(if_version) else if_version)


@fault("versions.guard", kinds=RECORDS)
class GivesAnotherReason:
    """A conflict of versions is reported as an id that is taken."""

    def check_version(self, row, if_version):
        try:
            super().check_version(row, if_version)
        except ConflictError as error:
            raise ConflictError(error.resource, error.resource_id) from None


@fault("versions.missing", kinds=RECORDS)
class PutsAMissingVersion:
    """A put with a version creates the record that is missing."""

    def stored(self, given, if_version):
        return super().stored(given, if_version if self.mine(given) else None)


@fault("versions.guard-owner", kinds=RECORDS)
class LetsVersionsIn:
    """A call by id with a version does not look at the owner."""

    async def delete(self, *, scope=ANYWHERE, if_version=None, **given):
        await super().delete(scope=ANYWHERE if if_version else scope, if_version=if_version, **given)

    async def update(self, *, scope=ANYWHERE, if_version=None, **given):
        return await super().update(scope=ANYWHERE if if_version else scope, if_version=if_version, **given)


class ComparesThenWrites:
    """Between the comparison of the version and the write of an update there is an await."""

    async def update(self, *, scope=ANYWHERE, if_version=None, **given):
        await self.pause()
        number, row = self.one(given.pop(self.id_name), scope)
        self.check_version(row, if_version)
        for _ in range(2):
            await self.pause()
        number, row = self.one(row.id, scope)
        new = self.changed(number, row, changes_of(given))
        await self.pause()
        return self.as_record(new)


@fault("concurrent.versions", kinds=RECORDS, defect="lost updates")
class ComparesTooEarly(ComparesThenWrites):
    """An update compares the version, awaits, and writes."""


@fault("concurrent.counter", kinds=RECORDS, defect="lost updates")
class LosesCounts(ComparesThenWrites):
    """An update compares the version, awaits, and writes what another one wrote meanwhile."""


# expiry


@fault("expiry.kept", kinds=RECORDS)
class ExpiresInSeconds:
    """Times of expiry are kept in whole seconds."""

    def keep(self, row):
        time = row.expires_at
        return replace(super().keep(row), expires_at=time and time.replace(microsecond=0))


@fault("expiry.kept", kinds=RECORDS, on=BOTH)
class FindsWithoutExpiry:
    """Hits have no time of expiry."""

    async def search(self, **given):
        return [replace(hit, expires_at=None) for hit in await super().search(**given)]


@fault("expiry.gone", kinds=RECORDS)
class FindsTheExpired:
    """A search finds expired records."""

    async def search(self, *, query, limit, scope=ANYWHERE, **pick):
        await self.pause()
        return [self.as_record(row, score) for score, row in self.best(self.every(scope), query, limit)]


@fault("expiry.gone", kinds=RECORDS)
class CountsTheExpired:
    """A count counts expired records."""

    async def count(self, *, scope=ANYWHERE, **pick):
        await self.pause()
        return len(self.every(scope))


@fault("expiry.gone", kinds=RECORDS)
class UpdatesTheExpired:
    """An update brings an expired record back."""

    async def update(self, *, scope=ANYWHERE, if_version=None, **given):
        await self.pause()
        found = [(n, row) for n, row in self.every(scope) if row.id == given[self.id_name]]
        if not found:
            return await super().update(scope=scope, **given)
        del given[self.id_name]
        return self.as_record(self.changed(*found[0], changes_of(given)))


@fault("expiry.gone", kinds=RECORDS)
class ListsOwnersOfTheExpired:
    """The listing of owners has those of expired records."""

    def owners(self, scope):
        return [row.owner for _, row in self.every(scope)]


@fault("expiry.gone", kinds=RECORDS)
class RefusesThePast:
    """A time of expiry in the past is an error."""

    def draft(self, content, owner, given):
        row = super().draft(content, owner, given)
        if self.expired(row):
            raise ValueError("a time to live must be positive")
        return row


@fault("expiry.comes", kinds=RECORDS)
class JudgesWhenWritten:
    """Whether a record has expired is decided when it is written."""

    def expired(self, row):
        return row.expires_at is not None and row.expires_at <= row.updated_at


@fault("expiry.comes", kinds=RECORDS)
class SweepsWithWrites:
    """Expired records are gone with the next write."""

    def place(self, row):
        self.backend.notes["swept"] = self.now()
        return super().place(row)

    def expired(self, row):
        swept = self.backend.notes.get("swept")
        return row.expires_at is not None and (row.expires_at <= row.updated_at or (swept and row.expires_at <= swept))


@fault("expiry.frees-the-id", kinds=RECORDS)
class KeepsTheIdsOfTheExpired:
    """The id of an expired record stays taken."""

    def mine(self, row):
        return [(n, found) for n, found in self.every(ANYWHERE) if row.id and found.id == row.id]


@fault("expiry.same-record", kinds=RECORDS)
class IgnoresTheExpiryOfRetries:
    """A time of expiry given with the same record is ignored."""

    def written(self, given):
        return super().written(replace(given, expires_at=None) if self.mine(given) else given)


@fault("expiry.same-record", kinds=RECORDS)
class ClearsTheExpiryOnRetry:
    """Adding the same record without a time of expiry clears it."""

    def written(self, given):
        row = super().written(given)
        row.expires_at = given.expires_at
        return row


@fault("expiry.changes", kinds=RECORDS, on=BOTH)
class TakesNeverForOmitted:
    """The time of expiry None counts as not given."""

    async def update(self, *, expires_at=OMITTED, **given):
        kept = {} if expires_at in (OMITTED, None) else {"expires_at": expires_at}
        if not kept and not given.keys() & {"content", "metadata", "data"}:
            name = "fact_id" if "fact_id" in given else "doc_id"
            return await super().get(**{name: given[name]}, scope=given.get("scope", ANYWHERE))
        return await super().update(**given, **kept)


@fault("expiry.listing", kinds=RECORDS)
class DropsTheExpiredAfterTheLimit:
    """A search drops expired records after its limit."""

    async def search(self, *, query, limit, scope=ANYWHERE, **pick):
        await self.pause()
        hits = self.best(self.every(scope), query, limit)
        return [self.as_record(row, score) for score, row in hits if not self.expired(row)]


@fault("expiry.no-conflict", kinds=RECORDS)
class MeetsTheExpired:
    """An expired record makes an id that several owners had ambiguous."""

    def one(self, row_id, scope):
        owners = {row.owner for _, row in self.every(scope) if row.id == row_id}
        if len(owners) > 1:
            raise ConflictError(self.noun, row_id, reason="owners")
        return super().one(row_id, scope)


@fault("expiry.purge", kinds=RECORDS)
class PurgesWhatWillExpire:
    """A purge removes every record with a time of expiry."""

    async def purge(self):
        await self.pause()
        dead = [number for number, row in self.backend.rows.items() if row.expires_at is not None]
        for number in dead:
            self.remove(number)
        return 0


@fault("expiry.purge", kinds=RECORDS)
class CountsWithoutPurging:
    """A purge counts what has expired, and removes nothing."""

    async def purge(self):
        await self.pause()
        return sum(map(self.expired, self.backend.rows.values()))


@fault("expiry.delete-all", kinds=RECORDS)
class LeavesTheExpired:
    """delete_all leaves expired records."""

    async def delete_all(self, *, scope=ANYWHERE):
        await self.pause()
        for number, _ in self.scoped(scope):
            self.remove(number)


@fault("concurrent.put-add-delete", kinds=RECORDS)
class AddsBesidePuts:
    """An add looks for the id, awaits, and inserts."""

    async def add(self, *, content, owner=NO_OWNER, **more):
        given = self.draft(content, owner, more)
        if self.mine(given):
            return await super().add(content=content, owner=owner, **more)
        for _ in range(3):
            await asyncio.sleep(0)
        return self.as_record(self.place(given))
