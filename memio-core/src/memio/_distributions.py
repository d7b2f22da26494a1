"""What the metadata of the installed distributions offers to memio. Nothing of them is imported.

Each distribution is read by itself. One whose metadata is damaged, as an interrupted installation leaves it, is skipped
with a warning that names the file; the others are found all the same.
"""

from __future__ import annotations

import re
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import PurePath
from typing import Any, NamedTuple, TypeVar, cast

import importlib_metadata

from memio import _built_in

PREFIX = "memio."
"""What the names of memio's entry point groups begin with."""

UNKNOWN = "unknown"
"""The version of a distribution whose metadata is damaged."""

_ENTRY_POINTS = "entry_points.txt"
_METADATA = ("METADATA", "PKG-INFO")
_FIELD = re.compile(r"^(name|version)[ \t]*:[ \t]*(\S.*?)[ \t]*$", re.MULTILINE | re.IGNORECASE)

T = TypeVar("T")


class Offer(NamedTuple):
    """One entry point of an installed distribution.

    Attributes:
        group: The group, without the prefix `memio.`.
        name: The name of the entry point.
        module: The module that it names.
        distribution: The name of the distribution.
        version: The version of the distribution.
    """

    group: str
    name: str
    module: str
    distribution: str
    version: str


class _Identity(NamedTuple):
    name: str
    version: str


class _Read(NamedTuple):
    """A distribution, and the entry points that it has for memio, by group and name."""

    distribution: Any
    points: dict[tuple[str, str], str]


class _DamagedError(Exception):
    """Metadata that cannot be used. `place` is the file or folder."""

    def __init__(self, place: PurePath, why: str) -> None:
        super().__init__(f"{place}: {why}")


@cache
def offers() -> tuple[Offer, ...]:
    """Return the entry points that are offered to memio.

    The answer is kept for the life of the process. Of several distributions of one name, the one counts that Python
    would import. memio-core's own entry points are there also where its metadata is not.

    Warns:
        UserWarning: The metadata of a distribution is damaged, so the distribution was skipped.
    """
    by_name: defaultdict[str, list[_Read]] = defaultdict(list)
    for distribution in _distributions():
        points = _attempt(_points, distribution)
        if points is not None:
            by_name[_key(distribution)].append(_Read(distribution, points))
    # Names and versions stand in other files, which are read only for what concerns memio.
    concerned = [same_name for same_name in by_name.values() if any(read.points for read in same_name)]
    found = [offer for same_name in concerned for offer in _offered(same_name)]
    known = {offer[:3] for offer in found}
    return (*found, *_missing_built_ins(known))


def version_of(name: str) -> str | None:
    """Return the version of an installed distribution.

    Returns:
        The version; `UNKNOWN` where the metadata is damaged; `None` where it is not installed.

    Warns:
        UserWarning: The metadata is damaged.
    """
    version = None
    for distribution in _distributions(name=name):
        identity = _attempt(_identity, distribution)
        if identity is not None:
            return identity.version
        version = UNKNOWN
    return version


def normal(name: str) -> str:
    """Return the name of a distribution in the form in which names are compared."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _missing_built_ins(known: set[tuple[str, str, str]]) -> Iterator[Offer]:
    from memio import __version__

    for entry_point in _built_in.ENTRY_POINTS:
        if entry_point not in known:
            yield Offer(*entry_point, _built_in.DISTRIBUTION, __version__)


def _distributions(**only: str) -> Iterator[Any]:
    """Yield the installed distributions, in the order in which Python looks for modules."""
    try:
        yield from cast("Any", importlib_metadata).distributions(**only)
    except Exception as error:  # noqa: BLE001  # any program may add a finder
        _warn(f"the list of installed distributions is incomplete: {type(error).__name__}: {error}")


def _attempt(read: Callable[[Any], T], distribution: Any) -> T | None:
    """Return what a function reads of a distribution, or warn and return `None` where that is damaged."""
    try:
        return read(distribution)
    except _DamagedError as error:
        _warn(
            f"an installed distribution has damaged metadata and was skipped: {error}. Reinstall the distribution; "
            "or if it was uninstalled, delete what is left of its metadata"
        )
        return None


def _offered(same_name: Sequence[_Read]) -> Iterator[Offer]:
    """Yield what the distributions of one name offer: that one which Python would import."""
    usable = [
        (identity, read) for read in same_name if (identity := _attempt(_identity, read.distribution)) is not None
    ]
    if not usable:
        return
    folder = _place(usable[0][1].distribution).parent
    beside = [(identity, read) for identity, read in usable if _place(read.distribution).parent == folder]
    identity, chosen = max(beside, key=lambda one: [int(part) for part in re.findall(r"\d+", one[0].version)])
    if len(beside) > 1:
        places = " and ".join(sorted(str(_place(read.distribution)) for _, read in beside))
        _warn(
            f"{identity.name} is installed more than once in one folder, {places}: version {identity.version} was "
            f"taken. Reinstall {identity.name}"
        )
    for (group, name), module in chosen.points.items():
        yield Offer(group, name, module, *identity)


def _points(distribution: Any) -> dict[tuple[str, str], str]:
    """Return the modules of memio's entry points of a distribution, by group and name."""
    text = _text(distribution, _ENTRY_POINTS)
    place = _place(distribution, _ENTRY_POINTS)
    points: dict[tuple[str, str], str] = {}
    group = None
    for number, line in enumerate((text or "").splitlines(), 1):
        words = line.strip()
        if not words or words.startswith(("#", ";")):
            continue
        if words.startswith("[") and words.endswith("]"):
            group = words[1:-1].strip()
            continue
        name, equals, module = (part.strip() for part in words.partition("="))
        if group is None or not (name and equals and module):
            raise _DamagedError(place, f"line {number}, {words!r}, must be a [section] or 'name = module' below one")
        if group.startswith(PREFIX) and points.setdefault((group.removeprefix(PREFIX), name), module) != module:
            raise _DamagedError(place, f"line {number} repeats the name {name!r} in the group {group!r}")
    if points and _place(distribution).name.startswith("~"):
        raise _DamagedError(_place(distribution), "an interrupted pip left it there under this name")
    return points


def _identity(distribution: Any) -> _Identity:
    """Return name and version. Much faster than parsing all of the metadata as an e-mail."""
    for file in _METADATA:
        text = _text(distribution, file)
        if text is None:
            continue
        fields = {name.lower(): value for name, value in _FIELD.findall(text.partition("\n\n")[0])}
        if missing := [name for name in ("name", "version") if name not in fields]:
            raise _DamagedError(_place(distribution, file), f"it has no {' and no '.join(missing)}")
        return _Identity(fields["name"], fields["version"])
    raise _DamagedError(_place(distribution), f"it has no {_METADATA[0]}")


def _text(distribution: Any, file: str) -> str | None:
    """Return the text of a metadata file, `None` where the file is missing.

    Not through `read_text` of the distribution where it can be avoided: it answers for a file that it must not read
    as if there were none.
    """
    folder = getattr(distribution, "_path", None)
    try:
        if folder is None:
            return cast("str | None", distribution.read_text(file))
        return cast("str", folder.joinpath(file).read_text(encoding="utf-8"))
    except (FileNotFoundError, KeyError):
        return None
    except NotADirectoryError as error:
        if _place(distribution).name.endswith(".egg-info"):  # the form of distutils: one file, without entry points
            return None
        raise _DamagedError(_place(distribution), "it is a file where a folder must be") from error
    except UnicodeDecodeError as error:
        why = f"it is not UTF-8: byte {error.start} is {error.object[error.start]:#04x}"
        raise _DamagedError(_place(distribution, file), why) from error
    except Exception as error:
        why = error.strerror if isinstance(error, OSError) and error.strerror else f"{type(error).__name__}: {error}"
        raise _DamagedError(_place(distribution, file), f"it cannot be read: {why}") from error


def _place(distribution: Any, file: str = "") -> PurePath:
    """Return where the metadata of a distribution is, as a warning shows it."""
    # The attribute is private. Distributions that come from another finder than Python's own may lack it.
    return PurePath(str(getattr(distribution, "_path", repr(distribution))), file)


def _key(distribution: Any) -> str:
    """Return what distributions of the same name have in common, from the name of the folder where possible."""
    stem, dot, ending = _place(distribution).name.rpartition(".")
    if dot and ending in ("dist-info", "egg-info") and stem:
        return normal(stem.partition("-")[0])
    identity = _attempt(_identity, distribution)
    return normal(identity.name) if identity else str(_place(distribution))


def _warn(message: str) -> None:
    warnings.warn(message, stacklevel=2)
