"""``evaluate``, ``predict``, ``summary``, ``gradcheck``, ``export``, ``presets`` and ``data``."""

from __future__ import annotations

import csv
import json
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import nnstudio.cli.gradcheck
from nnstudio.core.shapes import infer_shapes
from nnstudio.data.catalog import NAMES, list_datasets
from nnstudio.engine.checkpoint import load_checkpoint, save_checkpoint
from nnstudio.engine.gradcheck import GradientRow
from nnstudio.experiments.presets import list_presets, load_preset
from nnstudio.paths import resource
from tests.cli.conftest import Command
from tests.helpers import clouds, small_network

HEADER = b"{'descr': '<f4', 'fortran_order': False, 'shape': (1000000000, 6, 6)}".ljust(117) + b"\n"
HUGE_ARRAY = b"\x93NUMPY\x01\x00" + len(HEADER).to_bytes(2, "little") + HEADER
"""An array in .npy that declares 144 GB and holds nothing."""


@pytest.fixture
def overflowing(run_folder: Path, tmp_path: Path) -> Path:
    """A model whose weights are finite but whose sums are not."""
    checkpoint = load_checkpoint(run_folder / "best.h5")
    weights = np.full_like(checkpoint.weights, 3e38)
    save_checkpoint(tmp_path / "overflowing.h5", replace(checkpoint, weights=weights))
    return tmp_path / "overflowing.h5"


class TestEvaluate:
    def test_json_is_the_contract(self, command: Command, run_folder: Path):
        result = command("evaluate", run_folder, "--json").json
        assert list(result) == ["loss", "accuracy", "confusion", "classes", "per_class"]
        keys = ["class", "precision", "recall", "f1", "support"]
        assert all(list(row) == keys for row in result["per_class"])
        assert [row["class"] for row in result["per_class"]] == result["classes"]

    def test_its_figures_agree_with_each_other_and_with_the_run(self, command: Command, run_folder: Path):
        result = command("evaluate", run_folder / "last.h5", "--json").json
        confusion = np.array(result["confusion"])
        assert confusion.sum() == 60
        assert np.trace(confusion) / 60 == pytest.approx(result["accuracy"])
        first = result["per_class"][0]
        assert first["support"] == confusion[0].sum()
        assert first["recall"] == pytest.approx(confusion[0, 0] / confusion[0].sum())
        assert first["precision"] == pytest.approx(confusion[0, 0] / confusion[:, 0].sum())
        test = json.loads((run_folder / "result.json").read_text())["test"]
        assert (result["loss"], result["accuracy"]) == (test["loss"], test["accuracy"])

    @pytest.mark.parametrize(("split", "samples"), [("train", 216), ("validation", 24), ("test", 60)])
    def test_splits(self, command: Command, run_folder: Path, split: str, samples: int):
        result = command("evaluate", run_folder, "--split", split, "--json").json
        assert sum(row["support"] for row in result["per_class"]) == samples

    def test_text(self, command: Command, run_folder: Path):
        out = command("evaluate", run_folder).out
        assert "accuracy" in out.splitlines()[0]
        assert "95 % confidence interval of the accuracy" in out
        assert ", 60 samples\nmacro F1 " in out
        assert "calibration error" in out
        assert "top-3" not in out  # there are three classes
        assert "true \\ predicted" in out

    def test_a_split_that_is_empty(self, command: Command, tmp_path: Path):
        command("train", "spiral-mlp", "--epochs", 1, "--validation", 0, "--out", tmp_path / "run")
        command("evaluate", tmp_path / "run", "--split", "validation").refused("no validation samples")

    def test_other_data_than_the_model_knows(self, command: Command, run_folder: Path):
        command("evaluate", run_folder, "--data", "moons").refused("other classes", "3 classes", "2 in moons")

    def test_a_model_that_overflows(self, command: Command, overflowing: Path):
        assert command("evaluate", overflowing, "--json").json["loss"] is None
        assert command("evaluate", overflowing).out.startswith("loss infinite, accuracy")


class TestPredict:
    @pytest.fixture
    def images(self, tmp_path: Path) -> list[Path]:
        """The first three test images as PNG, JPEG and array, one of each class."""
        x = clouds().test.x[:3, ..., 0]
        Image.fromarray(x[0]).save(tmp_path / "a.png")
        Image.fromarray(x[1]).save(tmp_path / "b.jpg", quality=95)
        np.save(tmp_path / "c.npy", x[2])
        return [tmp_path / name for name in ("a.png", "b.jpg", "c.npy")]

    def test_json_is_the_contract(self, command: Command, run_folder: Path, images: list[Path]):
        rows = command("predict", run_folder, *images, "--top", 2, "--json").json
        assert [list(row) for row in rows] == [["file", "class", "probability", "top"]] * 3
        assert [row["file"] for row in rows] == [str(path) for path in images]
        for row in rows:
            assert len(row["top"]) == 2
            assert row["top"][0] == [row["class"], row["probability"]]
            assert 1 >= row["top"][0][1] >= row["top"][1][1] >= 0

    def test_it_says_what_the_model_says(self, command: Command, run_folder: Path, images: list[Path]):
        dataset = clouds()
        model = load_checkpoint(run_folder / "best.h5").model()
        rows = command("predict", run_folder, *images, "--json").json
        expected = model.predict(dataset.test.x[:3])
        for position in (0, 2):  # JPEG loses a little
            assert rows[position]["probability"] == pytest.approx(float(expected[position].max()), rel=1e-5)
        assert [int(row["class"]) for row in rows] == expected.argmax(axis=1).tolist()
        assert [int(row["class"]) for row in rows] == dataset.test.y[:3].tolist()

    def test_a_model_that_overflows(self, command: Command, overflowing: Path, images: list[Path]):
        result = command("predict", overflowing, images[0], "--json")
        assert (result.code, result.out) == (1, "")
        assert "error: the network's sums overflow" in result.err

    def test_an_array_of_many(self, command: Command, run_folder: Path, tmp_path: Path):
        np.save(tmp_path / "all.npy", clouds().test.x)
        rows = command("predict", run_folder, tmp_path / "all.npy", "--json").json
        assert len(rows) == 60
        assert rows[59]["file"].endswith("all.npy[59]")
        hits = np.mean([int(row["class"]) for row in rows] == clouds().test.y)
        assert hits == pytest.approx(command("evaluate", run_folder, "--json").json["accuracy"])

    def test_csv_and_text(self, command: Command, run_folder: Path, images: list[Path], tmp_path: Path):
        output = command("predict", run_folder, *images, "--csv", tmp_path / "out.csv")
        assert output.out.count("\n") == 3
        assert "3 rows written" in output.err
        with (tmp_path / "out.csv").open(newline="", encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        assert [row["file"] for row in rows] == [str(path) for path in images]
        assert {"class", "probability"} < set(rows[0])

    @pytest.mark.parametrize(
        ("content", "words"),
        [
            (b"", "not a readable"),
            (b"no array", "not a readable"),
            (b"PK\x03\x04 a zip archive", "not a readable"),
            (
                b"\x93NUMPY\x01\x00v\x00{'descr': '<f4', 'fortran_order': False, 'shape': (1000000, 6, 6)}",
                "read",
            ),
        ],
    )
    def test_damaged_arrays(
        self, command: Command, run_folder: Path, tmp_path: Path, content: bytes, words: str
    ):
        (tmp_path / "x.npy").write_bytes(content)
        command("predict", run_folder, tmp_path / "x.npy").refused(words)

    @pytest.mark.parametrize(
        ("array", "words"),
        [
            (np.zeros((5, 5)), "doesn't fit"),
            (np.zeros((0, 6, 6)), "doesn't fit"),
            (np.array(["a"]), "holds no numbers"),
            (np.full((6, 6), np.nan), "NaN"),
        ],
        ids=["shape", "none", "text", "nan"],
    )
    def test_arrays_that_dont_fit(
        self, command: Command, run_folder: Path, tmp_path: Path, array, words: str
    ):
        np.save(tmp_path / "x.npy", array)
        command("predict", run_folder, tmp_path / "x.npy").refused(words)

    def test_pickled_arrays_are_refused(self, command: Command, run_folder: Path, tmp_path: Path):
        np.save(tmp_path / "x.npy", np.array([{}], dtype=object), allow_pickle=True)
        command("predict", run_folder, tmp_path / "x.npy").refused("not a readable")

    def test_other_wrong_input(self, command: Command, run_folder: Path, tmp_path: Path, images: list[Path]):
        command("predict", run_folder, tmp_path / "none.png").refused("there is no file")
        command("predict", run_folder, tmp_path / "none.npy").refused("there is no file")
        command("predict", run_folder, tmp_path).refused("not a readable picture")
        command("predict", run_folder, images[0], "--top", 0).refused("--top")
        command("predict", run_folder, images[0], "--csv", tmp_path).refused("can't be written")

    def test_a_network_for_points_takes_arrays_only(
        self, command: Command, tmp_path: Path, images: list[Path]
    ):
        command("train", "spiral-mlp", "--epochs", 1, "--out", tmp_path / "run")
        np.save(tmp_path / "point.npy", np.array([0.5, -0.5]))
        assert command("predict", tmp_path / "run", tmp_path / "point.npy", "--json").json[0]["class"] in "AB"
        command("predict", tmp_path / "run", images[0]).refused("doesn't look at pictures")


class TestSummary:
    def test_json_is_the_contract(self, command: Command):
        result = command("summary", "s5-baseline", "--json").json
        assert list(result) == ["layers", "parameters", "trainable", "multiply_adds"]
        keys = ["name", "type", "output_shape", "parameters", "multiply_adds"]
        assert all(list(row) == keys for row in result["layers"])
        assert result["parameters"] == result["trainable"] == 25_450
        assert result["multiply_adds"] == 784 * 32 + 32 * 10
        assert [row["output_shape"] for row in result["layers"]] == [[28, 28, 1], [784], [32], [10]]

    def test_text(self, command: Command):
        out = command("summary", "s5-baseline").out
        assert "25,450 parameters, 25,408 multiply-adds" in out
        assert "28×28×1" in out

    def test_running_statistics_are_no_parameters(self, command: Command, tmp_path: Path):
        layers = [{"type": "Input", "shape": [9]}, {"type": "BatchNorm"}, {"type": "Dense", "units": 3}]
        (tmp_path / "net.json").write_text(json.dumps({"layers": layers}))
        assert command("summary", tmp_path / "net.json", "--json").json["parameters"] == 18 + 30
        assert "48 parameters + 18 running statistics, " in command("summary", tmp_path / "net.json").out

    def test_settings(self, command: Command):
        result = command("summary", "s5-baseline", "--set", "network.layers.dense.units=1", "--json").json
        assert result["parameters"] == 785 + 20


class TestGradcheck:
    def test_json_is_the_contract(self, command: Command):
        output = command("gradcheck", "s5-baseline", "--json")
        assert output.code == 0
        assert list(output.json) == ["ok", "rows"]
        keys = {"layer", "weight", "analytic", "numeric", "relative_error", "ok"}
        assert [set(row) for row in output.json["rows"]] == [keys] * 4
        assert [(row["layer"], row["weight"]) for row in output.json["rows"]] == [
            ("dense", "kernel"),
            ("dense", "bias"),
            ("dense_1", "kernel"),
            ("dense_1", "bias"),
        ]
        assert output.json["ok"] is True
        assert all(row["relative_error"] <= 1e-6 and row["analytic"] != 0 for row in output.json["rows"])

    @pytest.mark.parametrize("preset", ["lenet5", "s5-cnn2"])
    def test_networks_for_images_pass(self, command: Command, preset: str):
        output = command("gradcheck", preset)
        assert output.code == 0
        assert "all gradients agree" in output.out

    def test_a_model_is_checked_at_its_own_weights(self, command: Command, run_folder: Path):
        trained = command("gradcheck", run_folder, "--json").json
        fresh = command("gradcheck", run_folder / "project.json", "--json").json
        assert trained["ok"]
        assert fresh["ok"]
        assert trained["rows"][0]["analytic"] != fresh["rows"][0]["analytic"]

    def test_a_failure_exits_with_1(self, command: Command, monkeypatch: pytest.MonkeyPatch):
        wrong = [GradientRow("dense", "kernel", 1.0, 1.1, 0.09)]
        monkeypatch.setattr(nnstudio.cli.gradcheck, "check_gradients", lambda *_, **__: wrong)
        output = command("gradcheck", "spiral-mlp")
        assert output.code == 1
        assert "FAIL" in output.out
        assert command("gradcheck", "spiral-mlp", "--json").json["ok"] is False

    def test_networks_that_cant_be_checked(self, command: Command, tmp_path: Path):
        for layers in ([{"type": "Input"}], [{"type": "Input"}, {"type": "Dropout"}]):
            (tmp_path / "n.json").write_text(json.dumps(layers))
            command("gradcheck", tmp_path / "n.json").refused("no output layer")
        (tmp_path / "n.json").write_text('[{"type": "Input", "shape": [3]}, {"type": "Dense", "units": 1}]')
        command("gradcheck", tmp_path / "n.json").refused("one output per class")
        binary = ("--set", "train.loss=BinaryCrossentropy")
        assert command("gradcheck", tmp_path / "n.json", *binary).code == 0


class TestExport:
    def test_json_and_a_file_that_opens(self, command: Command, run_folder: Path, tmp_path: Path):
        result = command("export", run_folder, tmp_path / "model.h5", "--json").json
        assert result == {"file": str(tmp_path / "model.h5"), "format": "keras-h5", "parameters": 323}
        exported, best = (
            load_checkpoint(p / n) for p, n in ((tmp_path, "model.h5"), (run_folder, "best.h5"))
        )
        np.testing.assert_array_equal(exported.weights, best.weights)
        assert exported.project == best.project

    @pytest.mark.bench
    @pytest.mark.parametrize("name", ["model.h5", "model.weights.h5", "model.keras"])
    def test_verify_runs_the_file_in_keras(
        self, command: Command, run_folder: Path, tmp_path: Path, name: str
    ):
        if not (find_spec("keras") and find_spec("jax")):
            pytest.skip("the bench extra (Keras on JAX) is not installed")
        output = command("export", run_folder, tmp_path / name, "--verify", "--json")
        assert 0 <= output.json["largest_difference"] < 1e-5

    def test_the_name_tells_the_format_and_to_overrides_it(
        self, command: Command, run_folder: Path, tmp_path: Path
    ):
        names = ("a.h5", "a.HDF5", "a.weights.h5", "a.keras")
        formats = [command("export", run_folder, tmp_path / name, "--json").json["format"] for name in names]
        assert formats == ["keras-h5", "keras-h5", "weights-h5", "keras"]
        out = command("export", run_folder, tmp_path / "b.h5", "--to", "keras").out
        assert out == f"{tmp_path / 'b.h5'}: Keras 3, 323 parameters\n"

    def test_the_format_must_be_known(self, command: Command, run_folder: Path, tmp_path: Path):
        command("export", run_folder, tmp_path / "model.bin").refused("--to keras-h5")
        command("export", run_folder, tmp_path / "model.h5", "--to", "keras2").refused("weights-h5")
        assert command("export", run_folder, tmp_path / "model.bin", "--to", "keras-h5").code == 0
        command("export", run_folder, tmp_path).refused("fix:")


class TestPresets:
    def test_json_lists_the_preset_files(self, command: Command):
        listed = command("presets", "--json").json
        assert all(list(row) == ["name", "summary"] and row["summary"] for row in listed)
        files = {path.stem for path in resource("presets").glob("*.json")} - {"index"}
        assert {row["name"] for row in listed} == files
        assert len(listed) == len(files)

    def test_text_is_one_line_each(self, command: Command):
        lines = command("presets").out.splitlines()
        assert [line.split()[0] for line in lines] == [preset.name for preset in list_presets()]

    @pytest.mark.parametrize("name", [preset.name for preset in list_presets()])
    def test_every_preset_fits_its_data(self, name: str):
        project = load_preset(name)
        known = {info.name: info for info in list_datasets()}
        data = known[project.data.source]
        report = infer_shapes(project.network, classes=data.classes, input_shape=data.shape).require()
        assert report.errors == ()
        assert project.name == name
        project.train.loss.check(report.output_shape, data.classes)


class TestData:
    def test_list(self, command: Command):
        rows = command("data", "list", "--json").json
        assert [row["name"] for row in rows] == list(NAMES)
        header, _, *lines = command("data", "list").out.splitlines()
        about = header.index("about")
        assert [line[about:] for line in lines] == [info.summary for info in list_datasets()]

    def test_info(self, command: Command, clouds_folder: Path):
        result = command("data", "info", clouds_folder, "--json").json
        assert (result["shape"], result["train"], result["test"]) == ([6, 6, 1], 240, 60)
        assert result["train_per_class"] == [80, 80, 80]
        assert result["imbalance"] == {"ratio": 1.0, "evenness": pytest.approx(1)}
        text = command("data", "info", clouds_folder).out
        assert "240 training and 60 test samples, 6×6×1" in text
        assert "classes: largest to smallest 1 to 1, evenness 1.000 of 1" in text
        assert "shuffle: every epoch in a new random order." in text

    def test_info_on_uneven_classes_without_test_samples(self, command: Command, tmp_path: Path):
        x, y = np.zeros((12, 3), np.uint8), np.array([0] * 10 + [1] * 2)
        np.savez(tmp_path / "d.npz", x_train=x, y_train=y, classes=np.array(["a", "b", "c"]))
        result = command("data", "info", tmp_path / "d.npz", "--json").json
        assert (result["train_per_class"], result["test"]) == ([10, 2, 0], 0)
        assert result["imbalance"]["ratio"] == 5
        text = command("data", "info", tmp_path / "d.npz").out
        assert "largest to smallest 5 to 1, evenness 0.410 of 1; no samples of 1, such as 'c'" in text

    def test_info_doesnt_download(self, command: Command):
        command("data", "info", "mnist").refused("not on this machine", "nnstudio data download mnist")

    def test_a_wrong_name(self, command: Command):
        command("data", "info", "minst").refused("did you mean 'mnist'")


def test_a_picture_for_a_network_trained_on_floats_is_brought_to_their_range(
    command: Command, tmp_path: Path
):
    data, random = clouds(), np.random.default_rng(0)
    parts = {"train": data.train, "test": data.test}
    arrays = {f"x_{name}": part.x.astype(np.float32) / np.float32(255) for name, part in parts.items()}
    np.savez(tmp_path / "floats.npz", **arrays, **{f"y_{name}": part.y for name, part in parts.items()})
    (tmp_path / "network.json").write_text(json.dumps(small_network().to_json()), encoding="utf-8")
    run, options = tmp_path / "run", ["--data", tmp_path / "floats.npz", "--epochs", "5"]
    assert command("train", tmp_path / "network.json", *options, "--out", run).code == 0
    image = data.test.x[int(random.integers(len(data.test)))]
    Image.fromarray(image[:, :, 0]).save(tmp_path / "image.png")
    np.save(tmp_path / "image.npy", image.astype(np.float32) / np.float32(255))
    picture, array = command("predict", run, tmp_path / "image.png", tmp_path / "image.npy", "--json").json
    assert picture["class"] == array["class"]
    assert picture["probability"] == pytest.approx(array["probability"], rel=1e-5)
