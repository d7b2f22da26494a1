"""Files of text as documents: one document for each file, whose id is the path."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from memio import ConflictError, Document, Feature, Guarantee, Memio, NotFoundError, Owner
from memio.toolkit import legal_text
from memio_claude._paths import parents

NEEDED = (
    Feature.NAMESPACES,
    Feature.METADATA,
    Feature.FILTERS,
    Feature.FILTER_OPERATORS,
    Feature.DATA,
    Feature.CLIENT_IDS,
    Feature.UPDATE,
    Feature.VERSIONS,
    Guarantee.VERBATIM,
)
"""What the documents must support."""

_ATTEMPTS = 100
"""How often a change is repeated when others change the same file at the same time."""


class FileError(Exception):
    """A file that cannot be changed as asked; the message is for the model."""


class Files:
    """The files of one owner.

    A folder exists while a file is in it. The path is also in the metadata, by which the files of a folder are found.
    """

    def __init__(self, memio: Memio, owner: Owner) -> None:
        self._documents = memio.documents
        self._owner = owner

    async def read(self, path: str) -> str | None:
        """Return the text of a file, or `None` when there is none."""
        document = await self._get(path)
        return None if document is None else text_of(document)

    async def is_folder(self, path: str) -> bool:
        """Return whether a file is below this path."""
        return bool(await self._documents.get_all(limit=1, filters=_below(path), owner=self._owner))

    async def sizes(self, path: str) -> dict[str, int]:
        """Return the files below a folder, and how many bytes each has in UTF-8."""
        return {
            document.id: len(text_of(document).encode("utf-8", "surrogatepass"))
            async for document in self._documents.iter_all(filters=_below(path), owner=self._owner)
        }

    async def create(self, path: str, text: str) -> bool:
        """Store a new file, and return whether its path was free.

        Raises:
            FileError: A folder of the path is a file.
        """
        if await self._get(path) is not None or await self.is_folder(path):
            return False
        for parent in parents(path):
            if await self._get(parent) is not None:
                raise FileError(f"{parent} is a file, so nothing can be in it: choose another path")
        try:
            await self._documents.add(doc_id=path, owner=self._owner, **_fields(path, text))
        except ConflictError:
            return False
        return True

    async def change(self, path: str, edit: Callable[[str], str]) -> str | None:
        """Replace the text of a file by what `edit` makes of it, and return it; `None` when there is no file.

        When another writer changes the file at the same time, `edit` is called again, with the text of that writer.

        Raises:
            FileError: Others changed it again and again.
        """
        for _ in range(_ATTEMPTS):
            document = await self._get(path)
            if document is None:
                return None
            text = edit(text_of(document))
            try:
                await self._documents.update(
                    doc_id=path,
                    if_version=cast("str", document.version),
                    owner=self._owner,
                    **_fields(path, text),
                )
            except ConflictError:
                continue
            except NotFoundError:
                return None
            return text
        raise FileError(f"The file {path} is being changed by others: try again")

    async def delete(self, path: str) -> bool:
        """Delete a file, or a folder with all files in it, and return whether there was one."""
        try:
            await self._documents.delete(path, owner=self._owner)
        except NotFoundError:
            below = [
                document.id async for document in self._documents.iter_all(filters=_below(path), owner=self._owner)
            ]
            for each in below:
                await self._remove(each)
            return bool(below)
        return True

    async def move(self, old: str, new: str) -> bool:
        """Move a file, or a folder with all files in it, and return whether there was one.

        Each file is stored at its new path before the old one is deleted, so that a failure loses nothing. A folder
        is moved file by file.

        Raises:
            FileError: The new path is taken, or is inside of the old one.
        """
        if f"{new}/".startswith(f"{old}/"):
            raise FileError(f"Cannot rename {old} to {new}, which is the same or inside of it")
        if await self._get(old) is not None:
            await self._move_file(old, new)
            return True
        below = await self.sizes(old)
        if below and (await self._get(new) is not None or await self.is_folder(new)):
            raise FileError(f"The destination {new} already exists")
        for path in below:
            await self._move_file(path, new + path.removeprefix(old))
        return bool(below)

    async def clear(self) -> None:
        """Delete every file."""
        await self._documents.delete_all(owner=self._owner)

    async def _move_file(self, old: str, new: str) -> None:
        for _ in range(_ATTEMPTS):
            document = await self._get(old)
            if document is None:
                return
            if not await self.create(new, text_of(document)):
                raise FileError(f"The destination {new} already exists")
            try:
                await self._documents.delete(old, if_version=cast("str", document.version), owner=self._owner)
            except ConflictError:  # changed since it was read: move what it is now
                await self._remove(new)
            except NotFoundError:
                return
            else:
                return
        raise FileError(f"The file {old} is being changed by others: try again")

    async def _remove(self, path: str) -> None:
        try:
            await self._documents.delete(path, owner=self._owner)
        except NotFoundError:
            return

    async def _get(self, path: str) -> Document | None:
        try:
            return await self._documents.get(path, owner=self._owner)
        except NotFoundError:
            return None


def text_of(document: Document) -> str:
    """Return the text of a file."""
    return cast("str", document.data["text"]) if document.data is not None else document.content


def _fields(path: str, text: str) -> dict[str, Any]:
    """Return what keeps a text: the content, and the data where the content cannot be that text."""
    content = legal_text(text)
    data = None if content == text and text else {"text": text}
    return {"content": content, "metadata": {"path": path}, "data": data}


def _below(folder: str) -> dict[str, Any]:
    """Return the filter of what is in a folder: `0` is the character after `/`."""
    return {"path": {"$gte": f"{folder}/", "$lt": f"{folder}0"}}
