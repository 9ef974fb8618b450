"""Downloads from a real web server on this machine that misbehaves on request."""

from __future__ import annotations

import gzip
import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from nnstudio.data import download as downloads
from nnstudio.data import transfer
from nnstudio.data.catalog import forget_loaded, load_dataset
from nnstudio.data.download import download_dataset, in_words, is_correct
from nnstudio.data.idx_sets import FILES, load_idx_folder
from nnstudio.data.published import MNIST, PUBLISHED, PublishedFile, PublishedSet
from nnstudio.errors import Cancelled, DataError
from tests.data.web_server import (
    FIRST,
    Answer,
    Server,
    a_login_page,
    cut_short_unnoticed,
    hang_up_at_once,
    hang_up_midway,
    packed_for_transport,
    silence,
    something_else,
    status,
    without_end,
    without_length,
)


def test_all_four_files_are_fetched_and_make_a_data_set(get: Callable[..., Path], server: Server) -> None:
    folder = get()
    assert sorted(os.listdir(folder)) == sorted(f"{name}.gz" for name in FILES)
    assert server.requests == [f"/a/{name}.gz" for name in FILES]
    expected = load_idx_folder(server.folder)
    np.testing.assert_array_equal(load_idx_folder(folder).train.x, expected.train.x)


def test_progress_counts_the_bytes_of_every_file(get: Callable[..., Path], server: Server) -> None:
    told: list[tuple[str, int, int | None]] = []
    get(lambda *report: told.append(report))
    for name in FILES:
        size = (server.folder / f"{name}.gz").stat().st_size
        mine = [(done, total) for told_name, done, total in told if told_name == f"{name}.gz"]
        counts = [done for done, _ in mine]
        assert counts[0] == 0
        assert counts == sorted(counts)
        assert mine[-1] == (size, size)


def test_correct_files_are_not_fetched_again(get: Callable[..., Path], server: Server) -> None:
    folder = get()
    (folder / FIRST).write_bytes(b"damaged")
    plain = folder / FILES[1]
    plain.write_bytes(gzip.decompress((folder / f"{FILES[1]}.gz").read_bytes()))
    (folder / f"{FILES[1]}.gz").unlink()
    server.requests.clear()
    get()
    assert server.requests == [f"/a/{FIRST}"]


def test_a_wrong_file_under_another_spelling_gives_way(get: Callable[..., Path], server: Server) -> None:
    folder = get()
    (folder / FILES[0]).write_bytes(b"wrong, and read before the packed one")
    get()
    assert not (folder / FILES[0]).exists()
    assert len(load_idx_folder(folder).train) == 3000


@pytest.mark.parametrize("answer", [something_else, a_login_page, status(404), status(403), without_end])
def test_a_useless_mirror_is_asked_once_and_the_next_one_used(
    get: Callable[..., Path], server: Server, answer: Answer
) -> None:
    server.misbehave("a", FIRST, *[answer] * 3)
    get()
    assert server.requests[:2] == [f"/a/{FIRST}", f"/b/{FIRST}"]
    assert server.requests.count(f"/a/{FIRST}") == 1


@pytest.mark.parametrize("answer", [hang_up_midway, hang_up_at_once, cut_short_unnoticed, status(503)])
def test_a_broken_transfer_is_tried_again(get: Callable[..., Path], server: Server, answer: Answer) -> None:
    server.misbehave("a", FIRST, answer, answer)
    get(mirrors=server.mirrors[:1])
    assert server.requests[:3] == [f"/a/{FIRST}"] * 3


def test_a_server_that_falls_silent_is_given_up(
    get: Callable[..., Path], server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer, "TIMEOUT", (2.0, 0.1))
    server.misbehave("a", FIRST, silence)
    get()
    assert server.requests[:2] == [f"/a/{FIRST}", f"/b/{FIRST}"]


@pytest.mark.parametrize("answer", [without_length, packed_for_transport])
def test_other_ways_to_send_the_same_bytes_are_understood(
    get: Callable[..., Path], server: Server, answer: Answer
) -> None:
    server.misbehave("a", FIRST, answer)
    folder = get(lambda *report: None)
    assert len(load_idx_folder(folder).train) == 3000
    assert server.requests.count(f"/a/{FIRST}") == 1


def test_a_wrong_checksum_is_refused_and_nothing_kept(
    get: Callable[..., Path], server: Server, tmp_path: Path
) -> None:
    for mirror in "ab":
        server.misbehave(mirror, FIRST, something_else)
    with pytest.raises(DataError, match=r"could not download train-im.*has the MD5 .*, not the published"):
        get()
    assert os.listdir(tmp_path / "cache") == []
    assert len(server.requests) == 2


def test_files_that_were_finished_stay_when_a_later_one_fails(
    get: Callable[..., Path], server: Server, tmp_path: Path
) -> None:
    for mirror in "ab":
        server.misbehave(mirror, f"{FILES[2]}.gz", status(404))
    with pytest.raises(DataError, match="HTTP status 404"):
        get()
    assert sorted(os.listdir(tmp_path / "cache")) == sorted(f"{name}.gz" for name in FILES[:2])


def test_offline_says_so_and_what_to_do(get: Callable[..., Path], server: Server, tmp_path: Path) -> None:
    server.shutdown()
    server.server_close()
    with pytest.raises(DataError) as caught:
        get()
    message = str(caught.value)
    assert message.startswith(f"could not download {FIRST} of Shapes; received: {server.mirrors[0]}: no con")
    assert f"put the four files into {tmp_path / 'cache'} or into $NNSTUDIO_DATA/shapes" in message


def test_an_address_that_is_none_is_reported(get: Callable[..., Path]) -> None:
    with pytest.raises(DataError, match="not an address that can be opened"):
        get(mirrors=["nonsense", "ftp://127.0.0.1/", "http://"])


def test_waiting_between_attempts_grows_and_ends_when_it_is_cancelled(
    get: Callable[..., Path], server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [0.0]
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        now[0] += seconds

    monkeypatch.setattr(downloads, "time", SimpleNamespace(monotonic=lambda: now[0], sleep=sleep))
    server.misbehave("a", FIRST, *[status(503)] * 3)
    get(mirrors=server.mirrors[:1], attempts=4, back_off=0.5)
    assert now[0] == pytest.approx(0.5 + 1 + 2)
    assert max(slept) <= 0.1

    def stop(name: str, done: int, total: int | None) -> None:
        if now[0] > 4:
            raise Cancelled("stopped")

    (Path(get(attempts=1)) / FIRST).unlink()
    server.misbehave("a", FIRST, *[status(503)] * 3)
    with pytest.raises(Cancelled):
        get(stop, mirrors=server.mirrors[:1], attempts=4, back_off=60.0)
    assert now[0] < 5


def test_a_full_disk_is_reported_and_not_tried_again(
    get: Callable[..., Path], server: Server, tmp_path: Path
) -> None:
    (tmp_path / "cache").write_text("in the way of the folder")
    with pytest.raises(DataError, match="can't be written"):
        get()
    assert server.requests == []


def test_names_are_the_published_ones(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="'digits' can't be downloaded; allowed: mnist, fashion-mnist"):
        download_dataset("digits", folder=tmp_path)


def test_a_published_name_is_downloaded_by_name_and_loaded(
    published: PublishedSet, server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NNSTUDIO_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("NNSTUDIO_DATA", raising=False)
    monkeypatch.setitem(PUBLISHED, "mnist", published)
    forget_loaded()
    assert download_dataset("mnist", mirrors=server.mirrors) == tmp_path / "cache" / "datasets" / "shapes"
    told: list[tuple[str, float | None]] = []
    dataset = load_dataset("mnist", lambda *report: told.append(report))
    assert len(dataset.train) == 3000
    assert told[0] == (f"Reading {FIRST}", 0.0)
    assert len(server.requests) == 4


def test_loading_downloads_with_a_message_and_the_share_of_the_whole(
    published: PublishedSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NNSTUDIO_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("NNSTUDIO_DATA", raising=False)
    monkeypatch.setitem(PUBLISHED, "mnist", published)
    forget_loaded()
    told: list[tuple[str, float | None]] = []
    load_dataset("mnist", lambda *report: told.append(report))
    downloading = [fraction or 0.0 for message, fraction in told if message.startswith("Downloading")]
    assert downloading[0] == 0
    assert downloading == sorted(downloading)
    assert downloading[-1] == pytest.approx(1)
    assert told[-1][0].startswith("Reading t10k-images")


def test_progress_in_words() -> None:
    told: list[tuple[str, float | None]] = []
    tell = in_words(MNIST, lambda *report: told.append(report))
    tell(FIRST, 5_000_000, 10_000_000)
    tell(FIRST, 5_000_000, None)
    assert told[0][0] == f"Downloading {FIRST}, 5.0 of 10.0 MB"
    assert told[0][1] == pytest.approx(0.428, abs=0.001)  # half of a file that is 86 % of the whole
    assert told[1] == (f"Downloading {FIRST}, 5.0 MB", 0.0)


def test_correctness_is_that_of_the_unpacked_bytes(tmp_path: Path) -> None:
    raw = b"some bytes"
    file = PublishedFile("f", len(raw), hashlib.md5(raw, usedforsecurity=False).hexdigest())
    for content, correct in (
        (raw, True),
        (gzip.compress(raw, 1), True),
        (gzip.compress(raw, 9), True),
        (gzip.compress(raw + b"!"), False),
        (gzip.compress(raw)[:-9], False),
        (raw[:-1], False),
        (b"", False),
    ):
        (tmp_path / "f").write_bytes(content)
        assert is_correct(tmp_path / "f", file) is correct
    assert not is_correct(tmp_path / "missing", file)
