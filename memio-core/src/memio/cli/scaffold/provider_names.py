"""The names of a new provider, and the check that they are valid and free."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from importlib.util import find_spec

from memio._distributions import version_of
from memio.capabilities import KINDS
from memio.errors import InvalidInputError
from memio.registry import PUBLISHED, installed

MAX_NAME = 24
"""Characters of a name: with more, lines of the generated code would be too long."""

RESERVED = frozenset({"memio", "core", "contract", "sqlite", *PUBLISHED})
"""Names of memio's distributions and providers."""

_PATTERN = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class ProviderNames:
    """The forms of a provider's name.

    Attributes:
        name: The name in configurations: `acme-db`.
    """

    name: str

    @property
    def distribution(self) -> str:
        """The distribution: `memio-acme-db`."""
        return f"memio-{self.name}"

    @property
    def package(self) -> str:
        """The import package: `memio_acme_db`."""
        return self.distribution.replace("-", "_")

    @property
    def prefix(self) -> str:
        """The prefix of its classes: `AcmeDb`."""
        return "".join(part.capitalize() for part in self.name.split("-"))

    @property
    def variables(self) -> str:
        """The prefix of its environment variables: `ACME_DB`."""
        return self.name.replace("-", "_").upper()


def provider_names(name: str) -> ProviderNames:
    """Return the names of a new provider.

    Raises:
        InvalidInputError: The name is not valid, or belongs to memio.
    """
    if not _PATTERN.fullmatch(name) or len(name) > MAX_NAME:
        raise InvalidInputError(
            f"{name!r} cannot name a provider: use small letters a to z, digits and single hyphens, a letter first, "
            f"at most {MAX_NAME} characters{_suggestion(name)}"
        )
    if name.startswith("memio-"):
        raise InvalidInputError(
            f"leave 'memio-' out, which is added to the name of the distribution{_suggestion(name)}"
        )
    if name in RESERVED:
        raise InvalidInputError(
            f"{name!r} belongs to memio, as do {', '.join(sorted(RESERVED - {name}))}: choose another name"
        )
    return ProviderNames(name)


def check_free(names: ProviderNames) -> None:
    """Check that nothing that is installed has one of the names.

    Raises:
        InvalidInputError: A name is taken; the error states by what.
    """
    entries = [entry for kind in KINDS for entry in installed(kind) if entry.name == names.name]
    if entries:
        offered = ", ".join(entry.group for entry in entries)
        raise InvalidInputError(
            f"a provider {names.name!r} is installed, from {entries[0].describe()} ({offered}): "
            f"choose another name, or uninstall {entries[0].distribution}"
        )
    version = version_of(names.distribution)
    if version is not None:
        raise InvalidInputError(
            f"a distribution {names.distribution} {version} is installed: "
            f"choose another name, or uninstall {names.distribution}"
        )
    spec = find_spec(names.package)
    if spec is not None:
        place = spec.origin or next(iter(spec.submodule_search_locations or ()), "an unknown place")
        raise InvalidInputError(
            f"an import package {names.package} exists, at {place}: choose another name, or remove it"
        )


def _suggestion(name: str) -> str:
    """Return a valid name as the end of a sentence, or an empty string."""
    ascii_only = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    plain = re.sub(r"[^a-z0-9]+", "-", ascii_only.lower())
    plain = re.sub(r"^((memio)?[-0-9]+)+", "", plain)[:MAX_NAME].strip("-")
    usable = _PATTERN.fullmatch(plain) and plain not in RESERVED
    return f"; for example {plain!r}" if usable else ""
