"""The settings of the embedded provider."""

from __future__ import annotations

from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from memio.providers.sqlite._usual import MEMORY, PATH_VARIABLE, Durability
from memio.settings import Env, RelativePath, Settings


def _file_name(path: str) -> str:
    if "\0" in path:
        raise ValueError("has a NUL character, which no file name can have: write the path without it")
    return path


class SqliteSettings(Settings):
    """Where the file is and how it is written.

    Attributes:
        path: The file; created when it is not there, but not its folder. `:memory:` keeps everything in
            this process, for tests. Default `memio.db` in the working directory. A `..` is taken out of it as
            text, whatever its folder links to.
        durability: `full` (the default): what was acknowledged survives a power cut. `normal`: faster,
            survives a killed process, but a power cut may take the last moments.
        busy_timeout: Seconds to wait for another process that is writing; more than 0, at most 3600,
            default 30. They count from when the batch of a call begins: what waits behind other writes of this
            process may take longer.
        read_only: `true`: the database is neither made nor changed, and a call that writes is refused; SQLite may
            leave an empty `-wal` and `-shm` in its folder. `false` (the default): a database in a read-only place, such
            as the image of a container, can be read all the same.
    """

    path: Annotated[
        str, Field(min_length=1), AfterValidator(_file_name), Env(PATH_VARIABLE), RelativePath(keep=(MEMORY,))
    ] = "memio.db"
    durability: Durability = "full"
    busy_timeout: Annotated[float, Field(gt=0, le=3600, allow_inf_nan=False)] = 30.0
    read_only: bool = False

    @model_validator(mode="after")
    def _something_to_read(self) -> Self:
        if self.read_only and self.path == MEMORY:
            raise ValueError(f"read_only: {MEMORY} begins empty, so there is nothing to read: leave read_only out")
        return self
