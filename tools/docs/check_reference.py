"""Check that the reference on the built site holds every public name, and every public method of the public classes.

python tools/docs/check_reference.py site

Public is what a package lists in its `__all__`. The packages are found by listing the modules, so a new one is
checked as well.
"""

from __future__ import annotations

import inspect
import pkgutil
import re
import sys
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType

PACKAGES = ("memio", "memio_contract")
ANCHOR = re.compile(r'\bid="([A-Za-z_][\w.]*)"')


def public_packages(name: str) -> Iterator[ModuleType]:
    """Yield a package and what is below it, where a module has an `__all__` and no private part in its path."""
    spec = find_spec(name)
    assert spec is not None, name
    # Read it before importing it: some modules, such as the contract suite, are imported by pytest only.
    if spec.origin and "__all__" in Path(spec.origin).read_text(encoding="utf-8"):
        yield import_module(name)
    for found in pkgutil.iter_modules(spec.submodule_search_locations or (), f"{name}."):
        if not found.name.rpartition(".")[2].startswith("_"):
            yield from public_packages(found.name)
    if name == "memio":  # A folder without an `__init__.py`, which is not listed.
        yield from public_packages("memio.providers")


def public_methods(value: object) -> Iterator[str]:
    """Yield the methods and properties of a class that memio defines, also those that it inherits.

    The tests of a contract class are left out: a separate page lists the laws.
    """
    if not inspect.isclass(value):
        return
    for name, member in inspect.getmembers_static(value):
        function = getattr(member, "__func__", None) or getattr(member, "fget", None) or member
        own = str(getattr(function, "__module__", "")).partition(".")[0] in PACKAGES
        if not name.startswith(("_", "test_")) and inspect.isfunction(function) and own:
            yield name


def anchors(site: Path) -> dict[str, set[str]]:
    """Return the anchors of the reference by their last part: `{"Fact": {"memio.models.Fact"}}`."""
    found: dict[str, set[str]] = {}
    for page in site.glob("api/**/*.html"):
        for anchor in ANCHOR.findall(page.read_text(encoding="utf-8")):
            found.setdefault(anchor.rpartition(".")[2], set()).add(anchor)
    return found


def place(anchor: str, value: object) -> bool:
    """Return whether an anchor names this very object."""
    module, _, name = anchor.rpartition(".")
    if module.partition(".")[0] not in PACKAGES:
        return False
    try:
        return getattr(import_module(module), name, None) is value
    except ModuleNotFoundError:  # As for the anchor of a method, where a class comes before its name.
        return False


def missing(site: Path) -> Iterator[str]:
    """Yield what is public and missing on the site."""
    known = anchors(site)
    for package in (module for name in PACKAGES for module in public_packages(name)):
        for name in package.__all__:
            path, value = f"{package.__name__}.{name}", getattr(package, name)
            places = [anchor for anchor in known.get(name, ()) if anchor == path or place(anchor, value)]
            if not places:
                yield path
                continue
            for method in public_methods(value):
                if not known.get(method, set()) & {f"{anchor}.{method}" for anchor in places}:
                    yield f"{path}.{method}"


def main(site: Path) -> int:
    """Check the site, and return how many names are missing."""
    faults = list(missing(site))
    if faults:
        print("public, and not in the reference (docs/api):", *faults, sep="\n  ")
    else:
        print("every public name is in the reference")
    return len(faults)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
