"""Projects and networks in JSON files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from nnstudio.core.shapes import infer_shapes
from nnstudio.errors import FormatError, NNStudioError
from nnstudio.experiments.project_files import MAX_PROJECT_BYTES, holds_network_only, read_project
from tests.helpers import small_network, small_project


def write(path: Path, value: object) -> Path:
    path.write_text(json.dumps(value), encoding="utf-8")
    return path


def test_a_project_is_read_whole(tmp_path: Path):
    path = tmp_path / "p.nnstudio"
    path.write_text(small_project().dumps(), encoding="utf-8")
    assert read_project(path) == small_project()
    assert not holds_network_only(path)


@pytest.mark.parametrize("form", ["object", "list", "plain"])
def test_a_network_in_each_form_gets_the_default_recipe(tmp_path: Path, form: str):
    network = small_network().to_json()
    plain = [{"input_nodes": 36, "output_nodes": 12, "activation": "relu"}]
    value = {"object": network, "list": network["layers"], "plain": plain}[form]
    path = write(tmp_path / "mine.json", value)
    project = read_project(path)
    assert project.name == "mine"
    assert infer_shapes(project.network).ok
    assert holds_network_only(path)


def test_a_mark_in_front_does_no_harm(tmp_path: Path):
    path = tmp_path / "p.nnstudio"
    path.write_text(small_project().dumps(), encoding="utf-8-sig")
    assert read_project(path) == small_project()


def test_unreadable_files_are_refused_in_words(tmp_path: Path):
    with pytest.raises(FormatError, match="can't be read"):
        read_project(tmp_path / "missing.nnstudio")
    binary = tmp_path / "b.nnstudio"
    binary.write_bytes(b"\xff\xfe\x00{")
    with pytest.raises(FormatError, match="no text"):
        read_project(binary)
    huge = tmp_path / "h.nnstudio"
    with huge.open("wb") as file:
        file.truncate(MAX_PROJECT_BYTES + 1)
    with pytest.raises(FormatError, match="too large"):
        read_project(huge)
    for value in ("text", 5, None, {"a": 1}, [1, 2]):
        with pytest.raises(NNStudioError):
            read_project(write(tmp_path / "v.json", value))
