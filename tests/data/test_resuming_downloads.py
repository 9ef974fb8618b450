"""Downloads that break, fall silent or are cancelled, and go on where they were."""

from __future__ import annotations

import gzip
import os
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from nnstudio.data.download import is_correct
from nnstudio.data.idx_sets import FILES, load_idx_folder
from nnstudio.errors import Cancelled, DataError
from tests.data.web_server import (
    FIRST,
    Answer,
    Server,
    hang_up_after,
    published_file,
    send,
    silence,
    silence_midway,
    status,
    without_ranges,
)


def test_cancelling_keeps_what_has_arrived_and_the_next_time_goes_on(
    get: Callable[..., Path], server: Server, tmp_path: Path
) -> None:
    def stop(name: str, done: int, total: int | None) -> None:
        if name == f"{FILES[1]}.gz" and done:
            raise Cancelled("stopped")

    server.misbehave("a", f"{FILES[1]}.gz", hang_up_after(100))
    with pytest.raises(Cancelled):
        get(stop)
    kept = f"{FILES[1]}.gz.partial"
    assert sorted(os.listdir(tmp_path / "cache")) == sorted([FIRST, kept, f"{kept}.json"])
    told: list[tuple[str, int, int | None]] = []
    get(lambda *report: told.append(report))
    assert server.requests.count(f"/a/{FIRST}") == 1
    assert server.ranges[2] == "bytes=100-"
    assert told[0] == (f"{FILES[1]}.gz", 100, (server.folder / f"{FILES[1]}.gz").stat().st_size)
    assert sorted(os.listdir(tmp_path / "cache")) == sorted(f"{name}.gz" for name in FILES)


@pytest.mark.parametrize("answer", [silence, silence_midway])
def test_cancelling_leaves_a_silent_server_at_once(
    get: Callable[..., Path], server: Server, answer: Answer
) -> None:
    server.misbehave("a", FIRST, answer)

    def stop(name: str, done: int, total: int | None) -> None:
        if server.requests and done == (1000 if answer is silence_midway else 0):
            raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        get(stop)
    assert not [thread for thread in threading.enumerate() if thread.name == "nnstudio-download"]


def test_a_broken_transfer_goes_on_where_it_broke(get: Callable[..., Path], server: Server) -> None:
    size = (server.folder / FIRST).stat().st_size
    server.misbehave("a", FIRST, *[hang_up_after(size // 5 + 1)] * 4)
    folder = get(attempts=1, mirrors=server.mirrors[:1])
    step = size // 5 + 1
    assert server.ranges[:5] == ["", *(f"bytes={step * number}-" for number in range(1, 5))]
    assert is_correct(folder / FIRST, published_file(server, FILES[0]))


def test_the_mirror_that_has_sent_a_part_is_asked_first_for_the_rest(
    get: Callable[..., Path], server: Server
) -> None:
    server.misbehave("a", FIRST, status(404))
    server.misbehave("b", FIRST, hang_up_after(500), status(503), status(503))
    with pytest.raises(DataError):
        get(attempts=1)
    server.requests.clear()
    get()
    assert server.requests[0] == f"/b/{FIRST}"


def test_a_server_that_knows_no_ranges_sends_the_whole_again(
    get: Callable[..., Path], server: Server, tmp_path: Path
) -> None:
    server.misbehave("a", FIRST, hang_up_after(700, ranges=False), without_ranges)
    folder = get(attempts=1, mirrors=server.mirrors[:1])
    assert server.ranges[:2] == ["", "bytes=700-"]
    assert len(load_idx_folder(folder).train) == 3000


@pytest.mark.parametrize("tag", [None, ""])
def test_a_file_that_changed_on_the_server_is_fetched_anew(
    get: Callable[..., Path], server: Server, tag: str | None
) -> None:
    """Its tag tells it at once; without one the checksum does, in the end."""
    other = gzip.compress(os.urandom(4000), 1)
    right = (server.folder / FIRST).read_bytes()
    other += bytes(len(right) - len(other))  # as long as the right one
    server.misbehave(
        "a",
        FIRST,
        lambda handler, content: send(handler, other, tag=tag, most=1500),
        lambda handler, content: send(handler, content, tag=tag),
        lambda handler, content: send(handler, content, tag=tag),
    )
    folder = get(attempts=1, mirrors=server.mirrors[:1])
    assert server.ranges[:2] == ["", "bytes=1500-"]
    assert server.requests.count(f"/a/{FIRST}") == (2 if tag is None else 3)
    assert (folder / FIRST).read_bytes() == right


def test_a_kept_part_that_fits_nothing_is_dropped(
    get: Callable[..., Path], server: Server, tmp_path: Path
) -> None:
    (tmp_path / "cache").mkdir()
    kept = tmp_path / "cache" / f"{FIRST}.partial"
    note = tmp_path / "cache" / f"{FIRST}.partial.json"
    for text, content in (
        ("{", b"noise"),
        ('{"url": 3}', b"noise"),
        ("[]", b""),
        (f'{{"url": "{server.mirrors[0]}{FIRST}", "validator": "", "total": 9}}', b"0123456789"),
        (f'{{"url": "{server.mirrors[0]}{FIRST}", "validator": "", "total": null}}', bytes(10**6)),
    ):
        kept.write_bytes(content)
        note.write_text(text)
        (tmp_path / "cache" / FIRST).unlink(missing_ok=True)
        get(attempts=1, mirrors=server.mirrors[:1])
        assert (tmp_path / "cache" / FIRST).read_bytes() == (server.folder / FIRST).read_bytes()
        assert not kept.exists()
        assert not note.exists()
