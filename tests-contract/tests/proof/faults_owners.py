"""Faults about the labels of owners, and about listings of owners."""

from __future__ import annotations

from dataclasses import replace

from memio.errors import ConflictError
from memio.models import Page
from memio.owners import ANY, ANYWHERE, Scope, is_none
from proof.catalogue import BY_ID, RECORDS, fault

HISTORY = ("history",)
BOTH = ("dict", "sqlite")


@fault("owner.agent-kept", defect="the owner is accepted and dropped")
class DropsTheAgent:
    """The agent is not stored."""

    def keep(self, row):
        return replace(super().keep(row), owner=replace(row.owner, agent_id=None))


@fault("owner.namespace-kept", defect="the owner is accepted and dropped")
class DropsTheNamespace:
    """The namespace is not stored."""

    def keep(self, row):
        return replace(super().keep(row), owner=replace(row.owner, namespace=()))


@fault("owner.namespace-kept")
class SplitsNamespaces:
    """A namespace is stored as a path, and split at its slashes again."""

    def keep(self, row):
        path = tuple(part for part in "/".join(row.owner.namespace).split("/") if part)
        return replace(super().keep(row), owner=replace(row.owner, namespace=path))


@fault("owner.labels-together")
class JoinsLabelsByOr:
    """Labels given together match records of any of them."""

    def matches_owner(self, row, scope):
        fixed = scope.fixed.items()
        return not fixed or any(self.same_label(name, getattr(row.owner, name), label) for name, label in fixed)


@fault("owner.labels-together")
class DropsTheThirdLabel:
    """Of three labels, the namespace is not looked at."""

    def matches_owner(self, row, scope):
        wanted = replace(scope, namespace=ANY) if scope.owner is not None else scope
        return super().matches_owner(row, wanted)


@fault("owner.exactly", defect="a label that is missing spans all")
class TakesNoneForAny:
    """A label that an owner lacks is left open."""

    def same_label(self, name, stored, wanted):
        return is_none(wanted) or super().same_label(name, stored, wanted)


class NoneIsAny:
    """One call takes a label that an owner lacks for any."""

    def opened(self, scope):
        return Scope(**{name: label for name, label in scope.fixed.items() if not is_none(label)}, prefix=scope.prefix)


@fault("owner.exactly", on=BOTH)
class SearchesWithoutNone(NoneIsAny):
    """A search takes a label that an owner lacks for any."""

    async def search(self, *, scope=ANYWHERE, **given):
        return await super().search(scope=self.opened(scope), **given)


@fault("owner.exactly", on=BOTH)
class CountsWithoutNone(NoneIsAny):
    """A count takes a label that an owner lacks for any."""

    async def count(self, *, scope=ANYWHERE, **given):
        return await super().count(scope=self.opened(scope), **given)


@fault("owner.exactly", on=BOTH, defect="a lost login deletes everything")
class DeletesWithoutNone(NoneIsAny):
    """delete_all takes a label that an owner lacks for any."""

    async def delete_all(self, *, scope=ANYWHERE):
        await super().delete_all(scope=self.opened(scope))


@fault("owner.exactly", kinds=RECORDS, on=BOTH)
class UpdatesWithoutNone(NoneIsAny):
    """An update takes a label that an owner lacks for any."""

    async def update(self, *, scope=ANYWHERE, **given):
        return await super().update(scope=self.opened(scope), **given)


@fault("owner.exactly", kinds=HISTORY, on=BOTH)
class ReadsSessionsWithoutNone(NoneIsAny):
    """Reading a session takes a label that its owner lacks for any."""

    async def get(self, *, scope=ANYWHERE, **given):
        return await super().get(scope=self.opened(scope), **given)


@fault("owner.without-a-label")
class KnowsNoneOfWholeOwnersOnly:
    """A label that is none is compared only where all labels are fixed."""

    def same_label(self, name, stored, wanted):
        return (is_none(wanted) and not self.whole) or super().same_label(name, stored, wanted)

    def matches_owner(self, row, scope):
        self.whole = scope.owner is not None
        return super().matches_owner(row, scope)


@fault("owner.prefix")
class JoinsPrefixes:
    """A prefix is compared with the namespace as joined text."""

    def below(self, namespace, prefix):
        return "/".join(namespace).startswith("/".join(prefix))


@fault("owner.prefix")
class SeesOneLevel:
    """A prefix spans its namespace and what is directly below it."""

    def below(self, namespace, prefix):
        return super().below(namespace, prefix) and (not prefix or len(namespace) <= len(prefix) + 1)


@fault("owner.prefix")
class LeavesTheNamespaceItselfOut:
    """A prefix spans what is below its namespace, without the namespace itself."""

    def below(self, namespace, prefix):
        return super().below(namespace, prefix) and (not prefix or namespace != prefix)


@fault("owner.prefix", on=BOTH)
class CountsWithoutThePrefix:
    """A count does not look at the prefix."""

    async def count(self, *, scope=ANYWHERE, **given):
        return await super().count(scope=replace(scope, prefix=()), **given)


@fault("owner.prefix-and-user")
class TakesThePrefixAlone:
    """With a prefix, no other label is looked at."""

    def matches_owner(self, row, scope):
        return super().matches_owner(row, Scope(prefix=scope.prefix) if scope.prefix else scope)


@fault("owner.namespace-guards", kinds=BY_ID, defect="a call by id takes no owner")
class IgnoresTheNamespaceById:
    """Calls by id do not look at the namespace."""

    def one(self, row_id, scope):
        return super().one(row_id, replace(scope, namespace=ANY))


@fault("owner.same-session-labels", kinds=HISTORY)
class MakesSessionsUniqueForUsers:
    """A session is unique for a user, whatever agent and namespace are."""

    def written(self, session_id, messages, owner):
        for row in self.backend.rows.values():
            same = (row.more["session_id"], row.owner.user_id) == (session_id, owner.user_id)
            if same and row.owner != owner:
                raise ConflictError("session", session_id)
        return super().written(session_id, messages, owner)


@fault("owners.once-each")
class ListsOwnersPerRecord:
    """An owner is listed once per record."""

    async def get_owners(self, *, limit, cursor, scope=ANYWHERE):
        owners = sorted(self.owners(scope), key=repr)
        start = int(cursor or 0)
        return Page(owners[start : start + limit], str(start + limit) if len(owners) > start + limit else None)


@fault("owners.once-each")
class ListsUsersOnly:
    """Owners without a user are left out of the listing."""

    def owners(self, scope):
        return [owner for owner in super().owners(scope) if owner.user_id is not None]


@fault("owners.once-each", on=BOTH)
class ListsTheFirstPage:
    """The listing of owners ends with its first page."""

    async def get_owners(self, **given):
        return Page(await super().get_owners(**given))


@fault("owners.in-scope", on=BOTH)
class ListsOwnersOfAll:
    """The listing of owners does not look at the scope."""

    async def get_owners(self, *, scope=ANYWHERE, **given):
        return await super().get_owners(**given)


@fault("owners.in-scope", on=BOTH)
class ListsOwnersOfTheUser:
    """The listing of owners looks at the user only."""

    async def get_owners(self, *, scope=ANYWHERE, **given):
        return await super().get_owners(scope=Scope(user_id=scope.user_id), **given)


@fault("owners.follow-deletes")
class KeepsOwners:
    """The table of owners keeps those whose records were deleted."""

    def place(self, row):
        kept = super().place(row)
        self.backend.notes.setdefault("owners", []).append(kept.owner)
        return kept

    def owners(self, scope):
        return [*super().owners(scope), *self.backend.notes.get("owners", [])]
