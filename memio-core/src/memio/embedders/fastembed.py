"""`embedder = "fastembed"`: ONNX models on this machine, those that fastembed knows or one in a folder.

Nothing is downloaded unless `download` is set. Needs `pip install 'memio-core[fastembed]'`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from threading import Lock
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from memio.embedders._local import LocalEmbedder, Vectors, check_installed
from memio.errors import UnavailableError
from memio.hookspecs import hookimpl
from memio.plugins import EmbedderSpec
from memio.settings import RelativePath, Settings


class FastEmbedSettings(Settings):
    """The settings of `fastembed`."""

    model: Annotated[str, Field(min_length=1)] = "BAAI/bge-small-en-v1.5"
    """A model that fastembed knows, or any name for one of your own in `path`."""

    path: Annotated[str | None, RelativePath()] = None
    """The folder of the model: its ONNX file, `tokenizer.json` and the configurations beside it."""

    dimensions: Annotated[int | None, Field(ge=1, le=8192)] = None
    """The length of the vectors. Required for a model of your own; then the next three are used too."""

    model_file: str = "onnx/model.onnx"
    """A model of your own: the ONNX file, below `path`."""

    pooling: Literal["mean", "cls", "last_token", "disabled"] = "mean"
    """A model of your own: how the vectors of its tokens become one."""

    normalize: bool = True
    """A model of your own: whether vectors are scaled to length one."""

    query_prefix: str = ""
    """What the model wants before a text that is searched for, such as `query: `."""

    document_prefix: str = ""
    """What the model wants before a text that is to be found, such as `passage: `."""

    download: bool = False
    """Whether a model that is not on this machine is downloaded at the first call."""

    cache_dir: Annotated[str | None, RelativePath()] = None
    """Where downloaded models are; fastembed's own place by default."""

    threads: Annotated[int, Field(ge=1, le=64)] = 1
    """How many threads the model uses."""

    batch: Annotated[int, Field(ge=1, le=1000)] = 8
    """How many texts the model gets at once."""

    max_chars: Annotated[int, Field(ge=100, le=100_000)] = 2000
    """The longest text that the model reads as a whole, in characters: about four to a token in English."""

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.dimensions is not None and self.path is None:
            raise ValueError("dimensions describes a model of your own: give its folder as path, or leave it out")
        return self


class FastEmbedEmbedder(LocalEmbedder):
    """A model of fastembed.

    Args:
        settings: Its settings.

    Raises:
        ConfigError: The package is not installed.
    """

    def __init__(self, settings: FastEmbedSettings | None = None) -> None:
        check_installed("fastembed", "fastembed")
        self._settings = chosen = settings or FastEmbedSettings()
        own = (chosen.dimensions, chosen.pooling, chosen.normalize) if chosen.dimensions else ()
        prefixes = (
            (chosen.query_prefix, chosen.document_prefix) if chosen.query_prefix or chosen.document_prefix else ()
        )
        super().__init__(
            name="fastembed",
            model="/".join(["fastembed", chosen.model, *map(str, own), *map(repr, prefixes)]),
            dimensions=chosen.dimensions or 0,
            max_chars=chosen.max_chars,
            batch=chosen.batch,
        )

    def _open(self) -> Any:
        from fastembed import TextEmbedding

        chosen = self._settings
        name = chosen.model if chosen.dimensions is None else _registered(chosen)
        try:
            return TextEmbedding(
                name,
                cache_dir=chosen.cache_dir,
                threads=chosen.threads,
                specific_model_path=chosen.path,
                local_files_only=not chosen.download,
            )
        except ValueError as error:
            known = name in (each["model"] for each in TextEmbedding.list_supported_models())
            advice = (
                "give the folder of its files as path, or set download = true"
                if known
                else "it is none that fastembed knows: for one of your own, give path and dimensions"
            )
            raise UnavailableError(
                f"fastembed cannot load the model {chosen.model!r}: {advice} ({error})", cause=error
            ) from error

    def _encode(self, model: Any, texts: Sequence[str], *, query: bool) -> Vectors:
        prefix = self._settings.query_prefix if query else self._settings.document_prefix
        embed = model.query_embed if query else model.embed
        given = [prefix + text for text in texts]
        more = {} if query else {"batch_size": len(given)}
        return [vector.tolist() for vector in embed(given, **more)]


_lock = Lock()


def _registered(chosen: FastEmbedSettings) -> str:
    """Add a model of the user's own to the list of fastembed, once, and return the name that it has there."""
    from fastembed import TextEmbedding
    from fastembed.common.model_description import ModelSource, PoolingType

    name = f"memio/{chosen.model}/{chosen.dimensions}/{chosen.pooling}/{chosen.normalize}/{chosen.model_file}"
    with _lock:
        if name not in (each["model"] for each in TextEmbedding.list_supported_models()):
            TextEmbedding.add_custom_model(
                model=name,
                pooling=PoolingType[chosen.pooling.upper()],
                normalization=chosen.normalize,
                sources=ModelSource(hf=chosen.model),  # which must be given, and is not used: the files are in `path`
                dim=chosen.dimensions or 0,
                model_file=chosen.model_file,
            )
    return name


@hookimpl
def memio_embedders() -> Iterable[EmbedderSpec]:
    """Offer the embedder."""
    return [EmbedderSpec(name="fastembed", settings=FastEmbedSettings, open=FastEmbedEmbedder)]
