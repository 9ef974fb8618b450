"""Checkpoints read through a child process: the same as here, and no crash, hang or nonsense gets through."""

from __future__ import annotations

import io
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from nnstudio.data.sources import child
from nnstudio.data.sources.child import write_message
from nnstudio.engine.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from nnstudio.engine.checkpoint_child import load_foreign_checkpoint
from nnstudio.engine.trainer import Trainer
from nnstudio.errors import FormatError
from tests.engine.checkpoints import assert_equal_states, half_trained, save, tangled_project


@pytest.fixture(scope="module")
def trainer() -> Trainer:
    return half_trained(tangled_project(optimizer="Adam", early_stopping={"patience": 9}))


@pytest.fixture
def saved(trainer: Trainer, tmp_path: Path) -> Path:
    return save(trainer, tmp_path / "last.h5")


def pretend(monkeypatch: pytest.MonkeyPatch, code: str) -> None:
    """Runs other code in the child."""
    monkeypatch.setattr(child, "_START", code)


def assert_equal(one: Checkpoint, other: Checkpoint) -> None:
    assert (one.project, one.classes, one.scaling) == (other.project, other.classes, other.scaling)
    np.testing.assert_array_equal(one.weights, other.weights)
    assert (one.state is None) == (other.state is None)
    if one.state is not None and other.state is not None:
        assert_equal_states(one.state, other.state)


def test_a_run_arrives_to_the_last_bit(saved: Path):
    assert_equal(load_foreign_checkpoint(saved), load_checkpoint(saved))


def test_weights_besides_those_of_the_state_arrive_and_so_does_a_model_alone(trainer: Trainer, saved: Path):
    whole = load_checkpoint(saved)
    for state in (whole.state, None):
        other = Checkpoint(whole.project, whole.classes, whole.scaling, whole.weights + 1, state)
        save_checkpoint(saved, other)
        assert_equal(load_foreign_checkpoint(saved), load_checkpoint(saved))


@pytest.mark.parametrize("content", [None, b"", b"no HDF5 at all", b"\x89HDF\r\n\x1a\n" + b"\xff" * 400])
def test_it_is_refused_in_the_same_words(tmp_path: Path, content: bytes | None):
    path = tmp_path / "m.h5"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(FormatError) as here:
        load_checkpoint(path)
    with pytest.raises(FormatError) as there:
        load_foreign_checkpoint(path)
    assert str(there.value) == str(here.value)


@pytest.mark.parametrize("code", ["import os; os.abort()", "import ctypes; ctypes.string_at(0)"])
def test_a_crash_of_the_library_is_an_error_message(saved: Path, monkeypatch, code: str):
    pretend(monkeypatch, code)
    with pytest.raises(FormatError, match=r"last\.h5 made the reader crash"):
        load_foreign_checkpoint(saved)


def test_a_hang_ends_after_a_while(saved: Path, monkeypatch):
    monkeypatch.setattr(child, "PATIENCE", 0.3)
    pretend(monkeypatch, "import time; time.sleep(600)")
    with pytest.raises(FormatError, match="took more than"):
        load_foreign_checkpoint(saved)
    assert not [one for one in threading.enumerate() if one.name == "nnstudio-child"]


def messages_of(saved: Path) -> list[tuple[dict[str, Any], bytes]]:
    """What the child says of a file."""
    with child.Child("nnstudio.engine.checkpoint_child", (str(saved),), saved) as process:
        return [(message.header, message.payload) for message in process.messages(lambda: None)]


def test_nonsense_from_a_child_is_refused(saved: Path, monkeypatch):
    said = messages_of(saved)
    (first, _), (named, vector) = said[0], said[1]
    end: tuple[dict[str, Any], bytes] = ({"kind": "end", "last": True}, b"")
    no_numbers = np.full(len(vector) // 4, np.nan, np.float32).tobytes()
    for nonsense in (
        [end],
        [({**first, "project": "{}"}, b""), *said[1:]],
        [({**first, "classes": ["one"]}, b""), *said[1:]],
        [({**first, "state": {**first["state"], "epoch": -1}}, b""), *said[1:]],
        [said[0], end],
        [said[0], (named, vector[:-4]), *said[2:]],
        [said[0], (named, vector[:-2]), *said[2:]],
        [said[0], (named, no_numbers), *said[2:]],
        [message for message in said if not str(message[0].get("name")).startswith("slot ")],
    ):
        stream = io.BytesIO()
        for header, payload in nonsense:
            write_message(stream, header, payload)
        pretend(monkeypatch, f"import sys; sys.stdout.buffer.write({stream.getvalue()!r})")
        with pytest.raises(FormatError, match=r"last\.h5|classes"):
            load_foreign_checkpoint(saved)
