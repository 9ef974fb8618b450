"""A real web server on this machine that misbehaves on request, and a published set that lies on it."""

from __future__ import annotations

import gzip
import hashlib
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from nnstudio.data.download import fetch
from nnstudio.data.idx_sets import FILES
from nnstudio.data.published import PublishedFile, PublishedSet
from tests.data.sample_data import byte_set, write_idx_set

FIRST = f"{FILES[0]}.gz"
Answer = Callable[["Handler", bytes], None]


class Server(ThreadingHTTPServer):
    """Serves a folder below two paths, /a/ and /b/, as two mirrors; misbehaves as told.

    Attributes:
        folder: What it serves.
        requests: Every path asked for, in order.
        ranges: The range asked for with each, or "".
        answers: How to answer the next requests for a path; when used up, it behaves.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.folder = folder
        self.requests: list[str] = []
        self.ranges: list[str] = []
        self.answers: dict[str, list[Answer]] = {}

    @property
    def mirrors(self) -> tuple[str, str]:
        base = f"http://127.0.0.1:{self.server_port}"
        return f"{base}/a/", f"{base}/b"

    def misbehave(self, mirror: str, name: str, *answers: Answer) -> None:
        self.answers[f"/{mirror}/{name}"] = list(answers)


class Handler(BaseHTTPRequestHandler):
    server: Server

    def do_GET(self) -> None:
        self.server.requests.append(self.path)
        self.server.ranges.append(self.headers.get("Range", ""))
        content = (self.server.folder / Path(self.path).name).read_bytes()
        answers = self.server.answers.get(self.path, [])
        (answers.pop(0) if answers else well)(self, content)

    def log_message(self, format: str, *args: object) -> None:
        pass


def well(handler: Handler, content: bytes) -> None:
    send(handler, content)


def send(
    handler: Handler, content: bytes, *, ranges: bool = True, tag: str | None = None, most: int | None = None
) -> None:
    """Answers as a server does that can send the rest of a file (RFC 9110, section 14)."""
    tag = f'"{hashlib.md5(content).hexdigest()}"' if tag is None else tag
    wanted = handler.headers.get("Range", "")
    same = handler.headers.get("If-Range", tag) == tag
    start = int(wanted.removeprefix("bytes=").rstrip("-")) if wanted and ranges and same else 0
    if start and start >= len(content):
        handler.send_error(416)
        return
    handler.send_response(206 if start else 200)
    handler.send_header("Content-Length", str(len(content) - start))
    if tag:
        handler.send_header("ETag", tag)
    if start:
        handler.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
    handler.end_headers()
    handler.wfile.write(content[start:][:most])


def hang_up_after(count: int, **more: Any) -> Answer:
    """Sends so many bytes of what was asked for, then hangs up."""
    return lambda handler, content: send(handler, content, most=count, **more)


def without_ranges(handler: Handler, content: bytes) -> None:
    send(handler, content, ranges=False)


def status(code: int) -> Answer:
    return lambda handler, content: handler.send_error(code)


def hang_up_midway(handler: Handler, content: bytes) -> None:
    send(handler, content, most=len(content) // 2)


def hang_up_at_once(handler: Handler, content: bytes) -> None:
    handler.connection.close()


def cut_short_unnoticed(handler: Handler, content: bytes) -> None:
    handler.send_response(200)
    handler.end_headers()
    handler.wfile.write(content[: len(content) // 2])


def something_else(handler: Handler, content: bytes) -> None:
    well(handler, gzip.compress(b"another file"))


def a_login_page(handler: Handler, content: bytes) -> None:
    well(handler, b"<html>Please log in to this network</html>")


def without_length(handler: Handler, content: bytes) -> None:
    handler.send_response(200)
    handler.end_headers()
    handler.wfile.write(content)


def packed_for_transport(handler: Handler, content: bytes) -> None:
    handler.send_response(200)
    handler.send_header("Content-Encoding", "gzip")
    handler.send_header("Content-Length", str(len(content)))
    handler.end_headers()
    handler.wfile.write(content)


def without_end(handler: Handler, content: bytes) -> None:
    handler.send_response(200)
    handler.end_headers()
    try:
        while True:
            handler.wfile.write(bytes(1 << 16))
    except OSError:
        pass  # the other side has had enough


def silence(handler: Handler, content: bytes) -> None:
    handler.connection.settimeout(30)
    with suppress(OSError):
        handler.connection.recv(1)  # until the other side gives up


def silence_midway(handler: Handler, content: bytes) -> None:
    send(handler, content, most=1000)
    handler.wfile.flush()
    silence(handler, content)


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    write_idx_set(tmp_path / "served", byte_set(train=3000, test=30))
    with Server(tmp_path / "served") as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join(5)


def published_file(server: Server, name: str) -> PublishedFile:
    raw = gzip.decompress((server.folder / f"{name}.gz").read_bytes())
    return PublishedFile(name, len(raw), hashlib.md5(raw, usedforsecurity=False).hexdigest())


@pytest.fixture
def published(server: Server) -> PublishedSet:
    files = tuple(published_file(server, name) for name in FILES)
    return PublishedSet("shapes", "Shapes", "Small", ("a", "b", "c"), server.mirrors, files, 1)


@pytest.fixture
def get(published: PublishedSet, tmp_path: Path) -> Callable[..., Path]:
    """Fetches the published set to ``tmp_path/cache`` without waiting between attempts."""
    return lambda progress=None, **more: fetch(
        published, progress, **{"folder": tmp_path / "cache", "back_off": 0.0, **more}
    )
