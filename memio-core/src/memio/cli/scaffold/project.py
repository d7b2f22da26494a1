"""The sources of a new provider: rendered from the templates in this folder, and written in one step."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from memio.capabilities import KINDS, Kind
from memio.cli.scaffold.provider_names import ProviderNames
from memio.errors import InvalidInputError
from memio.kinds import SPECS

EXAMPLES = {"memory": ("template",), "database": ("template_database", "template")}
"""By example, the folders of its template, in the order in which a file is searched."""
_ENDING = ".jinja"
_PACKAGE = "__package__"
"""The placeholder of the import package in the paths of the template."""


def render(names: ProviderNames, kinds: Sequence[Kind], example: str = "memory") -> dict[str, str]:
    """Return the files of a provider by their paths, which have forward slashes.

    Args:
        names: The names of the provider.
        kinds: The kinds of memory that it has stores for, in the order of `KINDS`.
        example: The example to start from, a key of `EXAMPLES`.
    """
    from jinja2 import ChoiceLoader, Environment, PackageLoader, StrictUndefined, select_autoescape

    environment = Environment(
        # A file of the first folder replaces one with the same path.
        loader=ChoiceLoader([PackageLoader("memio.cli.scaffold", folder) for folder in EXAMPLES[example]]),
        undefined=StrictUndefined,
        autoescape=select_autoescape(),  # for HTML files; the templates have none
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    specs = [SPECS[kind] for kind in kinds]
    stores = [
        {
            "kind": spec.name,
            "record": spec.record.__name__,
            "protocol": spec.store,
            "adapter": f"{spec.store.removesuffix('Store')}Adapter",
        }
        for spec in specs
    ]
    values = {"names": names, "kinds": kinds, "stores": stores, "api": _range_of_core(), "example": example}
    files: dict[str, str] = {}
    for path in environment.list_templates():
        stem = path.rpartition("/")[2].partition(".")[0]
        if stem in KINDS and stem not in kinds:
            continue
        if stem == "records" and not {"facts", "documents"} & set(kinds):
            continue
        target = path.removesuffix(_ENDING).replace(_PACKAGE, names.package)
        files[target] = environment.get_template(path).render(values)
    return files


def write(folder: Path, files: Mapping[str, str]) -> None:
    """Write a new folder with files: all of them, or nothing if one cannot be written.

    Raises:
        InvalidInputError: The folder exists, or cannot be written.
    """
    if os.path.lexists(folder):
        raise InvalidInputError(
            f"{folder} exists and is not overwritten: choose another name, pass another --directory, or remove it first"
        )
    if not os.path.isdir(folder.parent):  # noqa: PTH112  # `Path.is_dir` raises for a name that is too long
        what = "is not a folder" if os.path.lexists(folder.parent) else "does not exist"
        raise InvalidInputError(f"{folder.parent} {what}: pass a --directory that exists, or create it first")
    try:
        # In the same folder, so that one rename moves it to its place.
        with TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as scratch:
            temporary = Path(scratch) / folder.name
            for path, text in files.items():
                (temporary / path).parent.mkdir(parents=True, exist_ok=True)
                (temporary / path).write_text(text, encoding="utf-8", newline="\n")
            temporary.rename(folder)
    except OSError as error:
        raise InvalidInputError(
            f"{folder} cannot be written: {error.strerror or error}; nothing was written"
        ) from error


def _range_of_core() -> str:
    """Return the range of memio-core for a new provider: from this version to the next that may break it."""
    from memio import __version__

    major, minor = (int(part) for part in __version__.split(".")[:2])
    after = f"0.{minor + 1}" if major == 0 else f"{major + 1}"
    return f">={major}.{minor},<{after}"
