"""Broken stores: searches by words alone and by meaning."""

from __future__ import annotations

from dataclasses import replace

from memio.owners import ANYWHERE
from proof.catalogue import FILTERED, RECORDS, fault


@fault("meaning.words-alone", kinds=FILTERED)
class MeaningInsteadOfWords:
    """A search by words goes by meaning too."""

    async def search(self, *, mode="auto", **given):
        return await super().search(mode="auto" if mode == "keyword" else mode, **given)


@fault("meaning.words-alone", kinds=FILTERED, on=("sqlite",))
class IgnoresTheMode:
    """The mode of a search is ignored."""

    async def search(self, *, mode="auto", **given):
        return await super().search(**given)


@fault("meaning.first", kinds=FILTERED, on=("dict", "sqlite"))
class WordsInsteadOfMeaning:
    """Every search goes by words."""

    async def search(self, *, mode="auto", **given):
        return await super().search(mode="keyword", **given)


@fault("meaning.first", kinds=FILTERED, on=("dict", "sqlite"))
class FarthestFirst:
    """A search by meaning sorts by distance as if it were nearness."""

    async def search(self, *, mode="auto", limit, **given):
        if mode != "semantic":
            return await super().search(mode=mode, limit=limit, **given)
        return (await super().search(mode=mode, limit=1000, **given))[::-1][:limit]


@fault("meaning.before-the-cut", kinds=FILTERED, on=("dict", "sqlite"), defect="a filter is applied after the top k")
class FiltersTheNearest:
    """Filters select among the nearest records."""

    async def search(self, *, mode="auto", filters=None, scope=ANYWHERE, **given):
        if mode != "semantic":
            return await super().search(mode=mode, filters=filters, scope=scope, **given)
        nearest = await super().search(mode=mode, **given)
        return [hit for hit in nearest if scope.matches(hit.owner) and self.wanted(hit, filters)]

    def wanted(self, hit, filters):
        return all(hit.metadata.get(name) == value for name, value in (filters or {}).items())


@fault("meaning.deleted", kinds=RECORDS, on=("dict", "sqlite"), defect="deleted records are still found")
class VectorsOutliveRecords:
    """The index of vectors keeps what is deleted."""

    async def search(self, *, mode="auto", limit, **given):
        hits = await super().search(mode=mode, limit=limit, **given)
        if mode != "semantic":
            return hits
        kept = self.__dict__.setdefault("vectors", {})
        ids = {hit.id for hit in hits}
        kept.update({hit.id: hit for hit in hits})
        return [*hits, *(hit for record_id, hit in kept.items() if record_id not in ids)][:limit]


@fault("meaning.updated", kinds=RECORDS)
class OldVectors:
    """An update keeps the vector of the old text."""

    async def update(self, **given):
        before = await super().get(**{self.id_name: given[self.id_name]}, scope=given.get("scope", ANYWHERE))
        self.__dict__.setdefault("vectors", {})[before.id] = before.content
        return await super().update(**given)

    def meant(self, query, row):
        old = self.__dict__.get("vectors", {}).get(row.id, row.text)
        return super().meant(query, replace(row, text=old))


@fault("meaning.private-ranking", kinds=FILTERED)
class ScaledByTheBestOfAll:
    """Scores are shares of the best one of all owners."""

    def nearest(self, found, query, limit):
        best = max((self.meant(query, row) for row in self.backend.rows.values()), default=1.0) or 1.0
        return [(score / best, row) for score, row in super().nearest(found, query, limit)]
