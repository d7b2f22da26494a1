"""The names of a new provider: what they are made of, and whether they are free."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from importlib.util import find_spec

from memio._distributions import version_of
from memio.capabilities import KINDS
from memio.errors import InvalidInputError
from memio.registry import PUBLISHED, installed

LONGEST = 24
"""Characters of a name: with more, lines of the generated code would no longer fit their width."""

RESERVED = frozenset({"memio", "core", "contract", "sqlite", *PUBLISHED})
"""Names that memio's own distributions and providers have."""

_PATTERN = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


@dataclass(frozen=True, slots=True)
class ProviderNames:
    """What a provider is called in each place.

    Attributes:
        name: In configurations: `acme-db`.
    """

    name: str

    @property
    def distribution(self) -> str:
        """What is installed: `memio-acme-db`."""
        return f"memio-{self.name}"

    @property
    def package(self) -> str:
        """What is imported: `memio_acme_db`."""
        return self.distribution.replace("-", "_")

    @property
    def prefix(self) -> str:
        """What its classes begin with: `AcmeDb`."""
        return "".join(part.capitalize() for part in self.name.split("-"))

    @property
    def variables(self) -> str:
        """What its environment variables begin with: `ACME_DB`."""
        return self.name.replace("-", "_").upper()


def provider_names(name: str) -> ProviderNames:
    """Return the names of a new provider.

    Raises:
        InvalidInputError: The name cannot be used, or belongs to memio.
    """
    if not _PATTERN.fullmatch(name) or len(name) > LONGEST:
        raise InvalidInputError(
            f"{name!r} cannot name a provider: use small letters a to z, digits and single hyphens, a letter first, "
            f"at most {LONGEST} characters{_suggestion(name)}"
        )
    if name.startswith("memio-"):
        raise InvalidInputError(f"leave 'memio-' out, the distribution gets it by itself{_suggestion(name)}")
    if name in RESERVED:
        raise InvalidInputError(
            f"{name!r} belongs to memio, as do {', '.join(sorted(RESERVED - {name}))}: choose another name"
        )
    return ProviderNames(name)


def check_free(names: ProviderNames) -> None:
    """Make sure that nothing installed has one of the names.

    Raises:
        InvalidInputError: Something has; the error names it.
    """
    entries = [entry for kind in KINDS for entry in installed(kind) if entry.name == names.name]
    if entries:
        offered = ", ".join(entry.group for entry in entries)
        raise InvalidInputError(
            f"a provider {names.name!r} is installed already, from {entries[0].describe()} ({offered}): "
            f"choose another name, or uninstall {entries[0].distribution}"
        )
    version = version_of(names.distribution)
    if version is not None:
        raise InvalidInputError(
            f"a distribution {names.distribution} {version} is installed already: "
            f"choose another name, or uninstall {names.distribution}"
        )
    spec = find_spec(names.package)
    if spec is not None:
        place = spec.origin or next(iter(spec.submodule_search_locations or ()), "an unknown place")
        raise InvalidInputError(
            f"there is an import package {names.package} already, at {place}: choose another name, or remove it"
        )


def _suggestion(name: str) -> str:
    """Return a name that would do, as the tail of a sentence, or nothing."""
    ascii_only = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    plain = re.sub(r"[^a-z0-9]+", "-", ascii_only.lower())
    plain = re.sub(r"^((memio)?[-0-9]+)+", "", plain)[:LONGEST].strip("-")
    usable = _PATTERN.fullmatch(plain) and plain not in RESERVED
    return f"; for example {plain!r}" if usable else ""
