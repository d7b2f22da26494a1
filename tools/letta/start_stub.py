# ruff: noqa: INP001  # a script
"""A deterministic OpenAI-compatible stub: /v1/models, /v1/embeddings, /v1/chat/completions.

It needs the standard library, and the file of the contract suite that says which words mean the same.
Run: python start_stub.py [PORT]   (default 8399, always 127.0.0.1)

* Embeddings are a hashed bag of meanings, L2-normalised, so cosine search is meaningful: texts that share words, or
  words that mean the same, are near; texts that share none are orthogonal.
* Chat always answers REPLY, streaming (SSE) or not.
* The newest user message can steer one call:
    [[stub:status=500]]  answer that HTTP status with an OpenAI-style error body
    [[stub:sleep=2.5]]   wait that many seconds first
    [[stub:reply=text]]  answer that text instead of REPLY
"""

from __future__ import annotations

import base64
import hashlib
import json
import math
import re
import runpy
import struct
import sys
import time
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

REPLY = "ok from stub"
DIMENSIONS = {"text-embedding-3-large": 3072}
DEFAULT_DIMENSION = 1536
MODELS = ("gpt-4o-mini", "text-embedding-3-small")
EMBEDDER = Path(__file__).parents[2] / "tests-contract" / "src" / "memio_contract" / "embedder.py"
meanings = runpy.run_path(str(EMBEDDER))["meanings"]
DIRECTIVE = re.compile(r"\[\[stub:(status|sleep|reply)=([^\]]*)\]\]")


def embed(text: str, dimension: int) -> list[float]:
    """Return a unit vector: a hashed bag of what the words mean."""
    vector = [0.0] * dimension
    for meaning in meanings(text):
        digest = hashlib.blake2b(meaning.encode("utf-8", "replace"), digest_size=8).digest()
        index = int.from_bytes(digest[:4], "big") % dimension
        vector[index] += 1.0 if digest[4] & 1 else -1.0
    norm = math.sqrt(sum(x * x for x in vector))
    if norm == 0.0:  # no words: a fixed direction, never a zero vector
        vector[0] = norm = 1.0
    return [x / norm for x in vector]


def newest_user_text(messages: list[dict]) -> str:
    """Return the text of the last message of the user."""
    for message in reversed(messages):
        if message.get("role") == "user":
            content = message.get("content") or ""
            if isinstance(content, list):
                content = " ".join(part.get("text", "") for part in content)
            return content
    return ""


class Handler(BaseHTTPRequestHandler):
    """Answers like OpenAI, always the same."""

    # HTTP/1.0 on purpose, so that every connection closes after its answer. Letta 0.16 makes an OpenAI client
    # per call and never closes it; when the garbage collector finds one that still holds a kept-alive socket,
    # asyncio drops the watcher of whichever new socket got the same number, and a request hangs for 60 s.
    protocol_version = "HTTP/1.0"
    disable_nagle_algorithm = True

    def log_message(self, *args: object) -> None:
        """Keep quiet."""

    def send_json(self, body: dict, status: int = 200) -> None:
        """Answer with JSON."""
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def send_error_json(self, status: int, message: str) -> None:
        """Answer with an error in OpenAI's form."""
        kind = "invalid_request_error" if status < HTTPStatus.INTERNAL_SERVER_ERROR else "server_error"
        self.send_json({"error": {"message": message, "type": kind, "code": None}}, status)

    def do_GET(self) -> None:
        """List the models."""
        if self.path.split("?")[0].endswith("/models"):
            self.send_json(
                {"object": "list", "data": [{"id": name, "object": "model", "owned_by": "stub"} for name in MODELS]}
            )
        else:
            self.send_error_json(404, f"no such path: {self.path}")

    def do_POST(self) -> None:
        """Embed, or chat."""
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))) or b"{}")
        if self.path.endswith("/embeddings"):
            self.embeddings(body)
        elif self.path.endswith("/chat/completions"):
            self.chat(body)
        else:
            self.send_error_json(404, f"no such path: {self.path}")

    def embeddings(self, body: dict) -> None:
        """Embed the input, one text or a list of them."""
        inputs = [body["input"]] if isinstance(body["input"], str) else body["input"]
        if not inputs or any(text == "" for text in inputs):
            self.send_error_json(400, "'$.input' is invalid: it must not be empty.")
            return
        dimension = body.get("dimensions") or DIMENSIONS.get(body["model"], DEFAULT_DIMENSION)
        data = []
        for index, text in enumerate(inputs):
            vector = embed(text, dimension)
            if body.get("encoding_format") == "base64":
                vector = base64.b64encode(struct.pack(f"<{dimension}f", *vector)).decode()
            data.append({"object": "embedding", "index": index, "embedding": vector})
        self.send_json(
            {"object": "list", "data": data, "model": body["model"], "usage": {"prompt_tokens": 1, "total_tokens": 1}}
        )

    def chat(self, body: dict) -> None:
        """Answer the newest message of the user with `REPLY`, unless it holds a directive."""
        reply = REPLY
        for name, value in DIRECTIVE.findall(newest_user_text(body["messages"])):
            if name == "sleep":
                time.sleep(float(value))
            elif name == "status":
                self.send_error_json(int(value), "the message asks for a failure")
                return
            else:
                reply = value
        head = {"id": "chatcmpl-stub", "created": int(time.time()), "model": body.get("model", "stub")}
        usage = {"prompt_tokens": 10, "completion_tokens": 3, "total_tokens": 13}
        if not body.get("stream"):
            message = {"role": "assistant", "content": reply}
            choice = {"index": 0, "message": message, "finish_reason": "stop"}
            self.send_json({**head, "object": "chat.completion", "choices": [choice], "usage": usage})
            return
        deltas = [({"role": "assistant", "content": ""}, None), ({"content": reply}, None), ({}, "stop")]
        events = [{"choices": [{"index": 0, "delta": d, "finish_reason": f}]} for d, f in deltas]
        events.append({"choices": [], "usage": usage})
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        for event in events:
            line = json.dumps({**head, "object": "chat.completion.chunk", **event})
            self.wfile.write(f"data: {line}\n\n".encode())
        self.wfile.write(b"data: [DONE]\n\n")


class Server(ThreadingHTTPServer):
    """One thread per connection."""

    daemon_threads = True
    request_queue_size = 128


if __name__ == "__main__":
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 8399
    Server(("127.0.0.1", port), Handler).serve_forever()
