"""The settings of a provider: one pydantic model, whose fields name their environment variables.

    class AcmeSettings(Settings):
        url: Annotated[str, Env("ACME_URL")] = "http://localhost:9000"
        api_key: Annotated[SecretStr | None, Env("ACME_API_KEY")] = None

A value given in place beats one given for the provider, which beats the environment, which beats
the default; `Settings.origin_of` returns where a value came from.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple, Self, TypeVar, cast

from pydantic import BaseModel, ConfigDict, PrivateAttr, SecretStr, ValidationError, create_model
from pydantic.fields import FieldInfo

from memio._values.suggest import unknown_key
from memio.errors import ConfigError, Fault

Origin = Literal["given", "environment", "default"]
"""Where the value of a setting came from: written in code or a file, an environment variable, or neither."""


class _Hidden:
    """Shown in place of a value in the repr of settings."""

    def __repr__(self) -> str:
        return "…"


@dataclass(frozen=True, slots=True)
class Env:
    """Marks a field with the environment variable that it is read from. An empty variable counts as unset."""

    name: str


@dataclass(frozen=True, slots=True)
class RelativePath:
    """Marks a text field as a path: `~` is expanded, and a relative one in a file is relative to that file.

    Attributes:
        keep: Values that are not paths and stay as they are.
    """

    keep: tuple[str, ...] = ()


def checked_url(value: str, *, example: str) -> str:
    """Return the address of a service without slashes at its end, for the validator of a field.

    Args:
        value: The address: http or https, without user, password, query and fragment.
        example: An address that the field takes, for errors.

    Raises:
        ValueError: It is not such an address. The message does not show it, because it may hold a password.
    """
    from urllib.parse import urlsplit

    url = value.rstrip("/")
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname, parts.port
    except ValueError:
        raise ValueError(f"not a URL; write one such as {example}") from None
    if parts.scheme not in ("http", "https") or not host:
        raise ValueError(f"not an http or https URL; write one such as {example}")
    if "@" in parts.netloc:
        raise ValueError("a URL with a user or password in it; leave them out, and pass the key as api_key")
    if "?" in url or "#" in url:
        raise ValueError("a URL with a query or fragment; leave it out")
    if any(character.isspace() or not character.isprintable() for character in url):
        raise ValueError("a URL with white space or control characters in it")
    return url


def checked_key(value: SecretStr | None) -> SecretStr | None:
    """Return the key of a service, or `None` for none, for the validator of a field.

    Raises:
        ValueError: A header cannot hold the key. The message does not show it.
    """
    if value is not None:
        key = value.get_secret_value()
        if not key or not key.isascii() or not key.isprintable() or " " in key:
            raise ValueError("not a key: it must be visible ASCII characters without spaces, as it is sent in a header")
    return value


def _find_pydantic_plugins() -> None:
    """Let pydantic look for its own plugins before the first model of memio needs them.

    pydantic looks for them when the first model of a process is made, in the metadata of all installed distributions.
    Where any of these is damaged, that model fails, and all later ones work, without plugins.
    """
    try:
        create_model("FirstModel")
    except Exception as error:  # noqa: BLE001  # whatever the damaged metadata makes of it
        warnings.warn(
            f"pydantic works without its plugins, because it could not read the metadata of every installed "
            f"distribution: {type(error).__name__}: {error}; `memio providers` names the damaged file",
            stacklevel=2,
        )


_find_pydantic_plugins()


class Settings(BaseModel):
    """Base class of a provider's settings."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        validate_default=False,
        protected_namespaces=(),  # a setting may be called `model_file`
    )

    _origins: dict[str, Origin] = PrivateAttr(default_factory=dict[str, Origin])

    def __repr_args__(self) -> Iterator[tuple[str | None, Any]]:
        # The names only: any value may be a secret, such as a password in a URL, and tracebacks show local variables.
        yield from ((name, _Hidden()) for name in type(self).model_fields if name in self.model_fields_set)

    def origin_of(self, name: str) -> Origin:
        """Return where the value of the field `name` came from."""
        return self._origins.get(name, "given" if name in self.model_fields_set else "default")

    def shown(self, name: str) -> str | None:  # noqa: ARG002  # for those that have one
        """Return the part of a secret setting that may be shown, such as the host in a URL; `None` for none of it.

        Providers may override it. `memio doctor` shows the part.

        Args:
            name: The name of the field.
        """
        return None

    def remember(self, origins: Mapping[str, Origin]) -> None:
        """Keep where each value came from."""
        self._origins.update(origins)

    @classmethod
    def resolve(cls, **given: Any) -> Self:
        """Return settings from arguments and the environment.

        For adapters that are made without a configuration: arguments that are `None` count as not given.

        Raises:
            ConfigError: With every fault.
        """
        values = {name: value for name, value in given.items() if value is not None}
        resolved = resolve_settings(cls, [Layer("", values)])
        del given, values  # a traceback may be shown with its local variables
        if isinstance(resolved, list):
            raise ConfigError(resolved, f"the arguments of {cls.__name__}")
        return resolved


def forget_locals(error: BaseException) -> None:
    """Clear the local variables of the calls that an error went through, which may hold secrets.

    Tools that show tracebacks with local variables would show them. Calls that are still running keep theirs.

    Args:
        error: The error; the errors that it was raised from are cleared too.
    """
    from traceback import clear_frames

    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        each = waiting.pop()
        if each is None or id(each) in seen:
            continue
        seen.add(id(each))
        clear_frames(each.__traceback__)
        waiting += [each.__cause__, each.__context__]
        if isinstance(each, BaseExceptionGroup):
            waiting += cast("BaseExceptionGroup[BaseException]", each).exceptions


S = TypeVar("S", bound=Settings)


class Layer(NamedTuple):
    """Values for settings from one place; earlier layers win."""

    path: str
    """The name of the place in faults, such as `facts`."""
    values: Mapping[str, Any]
    base: Path | None = None
    """The folder that relative paths are relative to; the working directory when it is `None`."""


def resolve_settings(
    model: type[S], layers: Sequence[Layer], environment: Mapping[str, str] = os.environ
) -> S | list[Fault]:
    """Build the settings from what was given and the environment, or everything that is wrong."""
    values: dict[str, Any] = {}
    origins: dict[str, Origin] = {}
    paths: dict[str, str] = {}
    faults: list[Fault] = []
    for path, given, base in layers:
        for name, value in given.items():
            place = f"{path}.{name}" if path else name
            if name not in model.model_fields:
                faults.append(Fault(place, unknown_key(name, list(model.model_fields))))
            elif name not in values:
                values[name] = located(model.model_fields[name], value, base)
                origins[name] = "given"
                paths[name] = place
    for name, field in model.model_fields.items():
        variable = environment_variable(field)
        if name not in values and variable and (value := environment.get(variable)):
            values[name] = located(field, value, None)
            origins[name] = "environment"
            paths[name] = f"the environment variable {variable}"
    first = layers[0].path if layers else ""
    try:
        settings = model.model_validate(values)
    except ValidationError as error:
        faults.extend(_faults(error, model, paths, first))
    else:
        if not faults:
            settings.remember(origins)
            return settings
    return faults


def environment_variable(field: FieldInfo) -> str | None:
    """Return the name of the environment variable of a settings field, if it has one."""
    return next((marker.name for marker in field.metadata if isinstance(marker, Env)), None)


def located(field: FieldInfo, value: Any, base: Path | None) -> Any:
    """Return the value of a settings field; a path, with `~` expanded, below the folder that it is relative to."""
    for marker in field.metadata:
        if isinstance(marker, RelativePath) and isinstance(value, (str, os.PathLike)):
            text = os.fspath(cast("str | os.PathLike[str]", value))
            if not text or text in marker.keep:
                return text
            # An unknown user in `~user` stays as it is, as in a shell.
            return str((base or Path()) / os.path.expanduser(text))  # noqa: PTH111  # Path.expanduser would raise
    return value


def _faults(error: ValidationError, model: type[Settings], paths: Mapping[str, str], first: str) -> Iterator[Fault]:
    # Values never enter a message: any of them may be a secret.
    for detail in error.errors(include_url=False, include_context=False, include_input=False):
        location = [str(part) for part in detail["loc"]]
        name = location[0] if location else ""
        field = model.model_fields.get(name)
        place = paths.get(name) or (f"{first}.{name}" if first and name else name or first)
        if len(location) > 1:
            place = ".".join([place, *location[1:]])
        message = "unknown key" if detail["type"] == "extra_forbidden" else detail["msg"].removeprefix("Value error, ")
        if detail["type"] == "missing":
            variable = environment_variable(field) if field else None
            message = "required" + (f"; set it here or as the environment variable {variable}" if variable else "")
        yield Fault(place, message)
