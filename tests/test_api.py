"""``import nnstudio as nn``: the engine from Python."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import nnstudio as nn
from nnstudio.engine.checkpoint import load_checkpoint
from nnstudio.engine.state import Block, EpochRecord
from nnstudio.errors import DataError, FormatError, ShapeError, SpecError
from tests.data.sample_data import write_idx_set
from tests.helpers import clouds


def network(units: int = 12) -> nn.layers.Layer:
    layers = [nn.layers.Flatten(), nn.layers.Dense(units, activation="relu"), nn.layers.Dense(3)]
    return nn.Network(layers, (6, 6, 1))


@pytest.fixture(scope="module")
def run():
    return nn.train(network(), clouds(), epochs=15, learning_rate=0.01, batch_size=32, validation=0.2)


def test_importing_it_is_light():
    script = "import sys, nnstudio as nn; print(nn.__version__, *{n.split('.')[0] for n in sys.modules})"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    names = set(done.stdout.split())
    assert nn.__version__ in names
    assert names.isdisjoint({"numpy", "cupy", "PySide6", "pyqtgraph", "pydantic", "h5py"})


def test_training_imports_neither_qt_nor_cupy():
    script = """
import sys, nnstudio as nn
nn.train(nn.Network([nn.layers.Dense(2)], (2,)), "xor", epochs=1)
print(*{n.split(".")[0] for n in sys.modules})
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert set(done.stdout.split()).isdisjoint({"cupy", "PySide6", "pyqtgraph"})


def test_every_public_name_is_there():
    assert all(getattr(nn, name) is not None for name in nn.__all__)
    with pytest.raises(AttributeError, match="no attribute 'trian'"):
        _ = nn.trian


class TestLayers:
    def test_settings_by_position_and_by_name_are_the_same(self):
        assert nn.layers.Dense(64, "relu") == nn.layers.Dense(units=64, activation="relu")
        assert nn.layers.Dense(64, activation="relu", name="hidden").name == "hidden"
        assert nn.layers.Dropout(0.5).rate == 0.5
        assert nn.layers.Activation("tanh").function == "tanh"
        assert nn.layers.Input((2,)).shape == (2,)

    @pytest.mark.parametrize(
        ("make", "message"),
        [
            (lambda: nn.layers.Dense(0), r"units.*received: 0"),
            (lambda: nn.layers.Dense("many"), "units"),
            (lambda: nn.layers.Dense(3, "rleu"), "activation"),
            (lambda: nn.layers.Dense(3, size=4), "no setting 'size'"),
            (lambda: nn.layers.Dropout(1.0), "rate"),
        ],
    )
    def test_wrong_settings_are_refused_in_words(self, make, message: str):
        with pytest.raises(SpecError, match=message):
            make()

    def test_too_many_or_doubled_settings(self):
        with pytest.raises(TypeError, match="Flatten takes 0 values, not 1"):
            nn.layers.Flatten(3)
        with pytest.raises(TypeError, match="Dense got units twice"):
            nn.layers.Dense(3, units=4)


def test_a_network_names_its_layers_and_has_its_input():
    built = network()
    assert [layer.name for layer in built.layers] == ["input", "flatten", "dense", "dense_1"]
    assert built.input_shape == (6, 6, 1)


class TestTrain:
    def test_history_and_best_epoch(self, run):
        assert [record.epoch for record in run.history] == list(range(1, 16))
        assert all(isinstance(record, EpochRecord) for record in run.history)
        losses = [record.val_loss for record in run.history]
        assert losses.index(min(losses)) + 1 == run.best_epoch
        assert run.reason == "finished"

    def test_the_model_predicts_and_evaluates(self, run):
        data = clouds().test
        probabilities = run.model.predict(data.x)
        assert (probabilities.shape, probabilities.dtype) == ((60, 3), np.float32)
        np.testing.assert_allclose(probabilities.sum(axis=1), 1, rtol=1e-5)
        evaluation = run.model.evaluate(data.x, data.y)
        assert evaluation.accuracy == (probabilities.argmax(axis=1) == data.y).mean() > 0.9
        picked = probabilities[np.arange(60), data.y].astype(np.float64)
        assert evaluation.loss == pytest.approx(-np.log(picked).mean(), rel=1e-4)

    def test_the_same_settings_give_the_same_run(self, run):
        settings = {"epochs": 15, "learning_rate": 0.01, "batch_size": 32, "validation": 0.2}
        again = nn.train(network(), clouds(), **settings)
        np.testing.assert_array_equal(again.model.weights, run.model.weights)
        other = nn.train(network(), clouds(), **settings, seed=1)
        assert not np.array_equal(other.model.weights, run.model.weights)

    def test_settings_reach_the_recipe(self):
        settings = {"optimizer": "SGD", "l2": 0.1, "scaling": "standardise", "fraction": 0.5, "validation": 0}
        trained = nn.train(network(), clouds(), epochs=1, **settings)
        project = trained.model.project
        assert project.train.optimizer.type_name() == "SGD"
        assert (project.train.l2, project.data.scaling, project.data.fraction) == (0.1, "standardise", 0.5)
        assert trained.data.counts == {"train": 120, "validation": 0, "test": 30}
        assert trained.history[0].val_loss is None

    def test_names_and_paths(self, tmp_path: Path):
        assert nn.train(nn.Network([nn.layers.Dense(2)], (2,)), "moons", epochs=1).data.dataset == "moons"
        write_idx_set(tmp_path, clouds())
        for source in (tmp_path, str(tmp_path)):
            assert len(nn.train(network(), source, epochs=1).data.train) == 216

    def test_watch_sees_every_event(self):
        seen: list[object] = []
        trained = nn.train(network(), clouds(), epochs=2, batch_size=32, watch=seen.append)
        assert [event for event in seen if isinstance(event, EpochRecord)] == list(trained.history)
        assert sum(len(event.losses) for event in seen if isinstance(event, Block)) == 2 * 7

    @pytest.mark.parametrize("channel", [True, False])
    def test_arrays(self, channel: bool):
        part = clouds().train
        x = part.x if channel else part.x[..., 0]
        trained = nn.train(network(), (x, part.y), epochs=10, learning_rate=0.01, validation=0.25)
        assert trained.data.counts == {"train": 180, "validation": 60, "test": 0}
        assert trained.history[-1].val_accuracy > 0.9
        assert trained.model.classes == ("0", "1", "2")

    def test_arrays_of_floats_and_lists(self):
        x = [[0.0, 1.0], [1.0, 0.0]] * 20
        trained = nn.train(
            nn.Network([nn.layers.Dense(2)], (2,)), (x, [0, 1] * 20), epochs=60, learning_rate=0.1
        )
        np.testing.assert_array_equal(trained.model.predict(np.array(x[:2])).argmax(axis=1), [0, 1])

    @pytest.mark.parametrize(
        ("arrays", "message"),
        [
            ((np.zeros((4, 6, 6)), np.zeros(3, int)), "not as many labels"),
            ((np.zeros((4, 6, 6)), np.zeros(4)), "can't be labels"),
            ((np.full((4, 6, 6), np.nan), np.zeros(4, int)), "no number"),
            ((np.zeros((4, 6, 6)),), "aren't understood"),
        ],
    )
    def test_arrays_that_are_no_data(self, arrays, message: str):
        with pytest.raises(DataError, match=message):
            nn.train(network(), arrays, epochs=1)

    def test_wrong_settings(self):
        with pytest.raises(SpecError, match=r"no setting 'epoch'; allowed: .*epochs"):
            nn.train(network(), clouds(), epoch=3)
        with pytest.raises(SpecError, match="epochs"):
            nn.train(network(), clouds(), epochs=0)
        with pytest.raises(DataError, match="no data set called"):
            nn.train(network(), "cluods")
        with pytest.raises(ShapeError, match="2"):
            nn.train(network(), "moons")


class TestFiles:
    def test_save_and_load(self, run, tmp_path: Path):
        run.model.save(tmp_path / "model.h5")
        again = nn.load(str(tmp_path / "model.h5"))
        x = clouds().test.x
        np.testing.assert_array_equal(again.predict(x), run.model.predict(x))
        assert again.classes == ("top", "middle", "bottom")

    def test_the_recipe_survives_loading_and_saving(self, run, tmp_path: Path):
        run.model.save(tmp_path / "a.h5")
        nn.load(tmp_path / "a.h5").save(tmp_path / "b.h5")
        project = load_checkpoint(tmp_path / "b.h5").project
        assert project == run.model.project
        assert project.train.epochs == 15

    def test_what_is_no_model(self, tmp_path: Path):
        (tmp_path / "model.h5").write_bytes(b"no HDF5")
        for name in ("model.h5", "none.h5"):
            with pytest.raises(FormatError, match=name):
                nn.load(tmp_path / name)


def test_a_learning_rate_is_found_for_arrays():
    x, y = _two_clouds()
    network = nn.Network([nn.layers.Dense(8, "relu"), nn.layers.Dense(2)], (2,))
    found = nn.find_learning_rate(network, (x, y), optimizer="SGD", batch_size=32)
    assert found.suggestion is not None
    assert 1e-3 < found.suggestion < 10


def _two_clouds() -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    y = np.arange(400) % 2
    x = random.normal(0, 0.5, (400, 2)) + np.where(y[:, None] == 1, 1.5, -1.5)
    return x.astype(np.float32), y
