from __future__ import annotations

import gzip
from pathlib import Path

import numpy as np
import pytest

from nnstudio.data import digits
from nnstudio.data.digit_strokes import STYLES
from nnstudio.data.digit_style import SEGMENTS
from nnstudio.data.digits import Images, Labels, generate, load_digits
from nnstudio.errors import Cancelled, DataError
from tests.realdata import real_data_dir


@pytest.fixture(scope="module")
def sample() -> tuple[Images, Labels]:
    return generate(2_000, seed=7)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache folder and a small data set, so that each load takes a moment only."""
    monkeypatch.setenv("NNSTUDIO_CACHE", str(tmp_path))
    monkeypatch.setattr(digits, "TRAIN_COUNT", 60)
    monkeypatch.setattr(digits, "TEST_COUNT", 20)
    return tmp_path / "digits"


def _centroid_accuracy(train: Images, train_labels: Labels, test: Images, test_labels: Labels) -> float:
    """Share of test images whose nearest class mean of the training images is that of their class."""
    flat = train.reshape(len(train), -1).astype(np.float32)
    means = np.stack([flat[train_labels == digit].mean(axis=0) for digit in range(10)])
    scores = test.reshape(len(test), -1).astype(np.float32) @ means.T - (means**2).sum(axis=1) / 2
    return float((scores.argmax(axis=1) == test_labels).mean())


def _ridge_accuracy(train: Images, train_labels: Labels, test: Images, test_labels: Labels) -> float:
    """Test accuracy of a linear classifier fitted by regularised least squares."""

    def inputs(images: Images) -> np.ndarray:
        flat = images.reshape(len(images), -1).astype(np.float64) / 255
        return np.hstack([flat, np.ones((len(flat), 1))])

    x = inputs(train)
    weights = np.linalg.solve(x.T @ x + 10 * np.eye(x.shape[1]), x.T @ np.eye(10)[train_labels])
    return float(((inputs(test) @ weights).argmax(axis=1) == test_labels).mean())


# ---- generate ----


def test_shapes_types_and_range(sample: tuple[Images, Labels]) -> None:
    images, labels = sample
    assert images.shape == (2_000, 28, 28, 1)
    assert images.dtype == np.uint8
    assert labels.shape == (2_000,)
    assert labels.dtype == np.int64
    assert images.min() == 0
    assert (images.max(axis=(1, 2, 3)) > 200).all()  # every image has full ink somewhere


def test_same_seed_same_bytes_other_seed_other_digits() -> None:
    images, labels = generate(300, seed=1)
    again, labels_again = generate(300, seed=1)
    other, other_labels = generate(300, seed=2)
    assert images.tobytes() == again.tobytes()
    assert labels.tobytes() == labels_again.tobytes()
    assert images.tobytes() != other.tobytes()
    assert labels.tobytes() != other_labels.tobytes()


def test_classes_are_balanced_and_shuffled(sample: tuple[Images, Labels]) -> None:
    labels = sample[1]
    assert np.bincount(labels).tolist() == [200] * 10
    assert np.bincount(generate(13, seed=0)[1], minlength=10).tolist() == [2, 2, 2, 1, 1, 1, 1, 1, 1, 1]
    assert len(np.unique(labels[:100])) == 10
    assert (np.diff(labels) == 1).mean() < 0.2  # counting up would give 0.9


def test_no_two_images_are_alike(sample: tuple[Images, Labels]) -> None:
    images = sample[0]
    assert len(np.unique(images.reshape(len(images), -1), axis=0)) == len(images)


def test_ink_fills_a_box_of_20_on_its_longer_side(sample: tuple[Images, Labels]) -> None:
    ink = sample[0][..., 0] > 0
    columns, rows = ink.any(axis=1), ink.any(axis=2)
    widths = 28 - columns[:, ::-1].argmax(axis=1) - columns.argmax(axis=1)
    heights = 28 - rows[:, ::-1].argmax(axis=1) - rows.argmax(axis=1)
    longer = np.maximum(widths, heights)
    assert longer.max() == 20
    assert longer.min() >= 18
    assert (longer == 20).mean() > 0.9


def test_centre_of_mass_is_nearest_to_the_pixel_that_mnist_uses(sample: tuple[Images, Labels]) -> None:
    ink = sample[0][..., 0].astype(np.float64)
    position, mass = np.arange(28), ink.sum(axis=(1, 2))
    for centre in (ink.sum(axis=1) @ position / mass, ink.sum(axis=2) @ position / mass):
        assert np.abs(centre - 14).mean() < 0.3
        assert (np.abs(centre - 14) <= 0.51).mean() > 0.98  # the few others would stick out of the image
        assert np.abs(centre - 14).max() < 4


def test_progress_runs_from_0_to_1() -> None:
    heard: list[float] = []
    generate(1_200, seed=0, progress=heard.append)
    assert heard[0] == 0
    assert heard[-1] == 1
    assert heard == sorted(heard)
    assert len(heard) >= 3


@pytest.mark.parametrize(("count", "seed", "wrong"), [(0, 1, "0"), (-5, 1, "-5"), (10, -1, "-1")])
def test_values_out_of_range_are_explained(count: int, seed: int, wrong: str) -> None:
    with pytest.raises(DataError, match=f"received: {wrong}$"):
        generate(count, seed)


# ---- the strokes ----


def test_keys_of_a_style_have_the_same_strokes_and_corners() -> None:
    def plan(key: str) -> list[list[bool]]:
        return [[word.endswith("!") for word in stroke.split()] for stroke in key.split("|")]

    assert len(STYLES) == 10
    for styles in STYLES:
        for style in styles:
            assert len({str(plan(key)) for key in style.keys}) == 1, style


def test_splines_pass_through_ends_and_corners_and_do_not_tear() -> None:
    for style in (style for styles in STYLES for style in styles):
        starts, ends = style.basis
        assert starts.shape == ends.shape == (SEGMENTS, len(style.strokes))
        np.testing.assert_allclose(starts.sum(axis=1), 1, atol=1e-5)  # moving all points moves the curve
        np.testing.assert_allclose(ends.sum(axis=1), 1, atol=1e-5)
        points = style.key_points[0]
        tears = np.flatnonzero(np.abs(ends[:-1] - starts[1:]).max(axis=1) > 1e-5)
        assert len(tears) == style.strokes[-1]  # one where each stroke but the first begins
        np.testing.assert_allclose(starts[0] @ points, points[0], atol=1e-5)
        np.testing.assert_allclose(ends[-1] @ points, points[-1], atol=1e-5)


# ---- quality ----


def test_digits_are_told_apart_by_simple_classifiers(sample: tuple[Images, Labels]) -> None:
    test, test_labels = generate(1_000, seed=8)
    assert _centroid_accuracy(*sample, test, test_labels) > 0.68
    assert _ridge_accuracy(*sample, test, test_labels) > 0.7


def test_digits_teach_to_read_real_handwriting(sample: tuple[Images, Labels]) -> None:
    folder = real_data_dir() / "mnist"
    with gzip.open(folder / "train-images-idx3-ubyte.gz") as file:
        images = np.frombuffer(file.read(16 + 5_000 * 784), np.uint8, offset=16).reshape(-1, 28, 28, 1)
    with gzip.open(folder / "train-labels-idx1-ubyte.gz") as file:
        labels = np.frombuffer(file.read(8 + 5_000), np.uint8, offset=8).astype(np.int64)
    assert _centroid_accuracy(*sample, images, labels) > 0.72
    assert _ridge_accuracy(*sample, images, labels) > 0.72


# ---- load_digits and its cache ----


def test_train_and_test_are_different_digits(cache: Path) -> None:
    train, train_labels, test, test_labels = load_digits()
    assert train.shape == (60, 28, 28, 1)
    assert test.shape == (20, 28, 28, 1)
    assert train_labels.shape == (60,)
    assert test_labels.shape == (20,)
    both = np.concatenate([train, test]).reshape(80, -1)
    assert len(np.unique(both, axis=0)) == 80


def test_full_size() -> None:
    assert (digits.TRAIN_COUNT, digits.TEST_COUNT) == (12_000, 2_000)


def test_cache_is_written_once_and_used(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = load_digits(seed=5)
    (file,) = cache.iterdir()
    assert file.name == f"digits-v{digits.VERSION}-seed5.npz"
    monkeypatch.setattr(digits, "generate", None)  # would fail if it were called
    heard: list[float] = []
    read = load_digits(seed=5, progress=heard.append)
    assert heard == [1.0]
    for was, now in zip(made, read, strict=True):
        assert was.dtype == now.dtype
        np.testing.assert_array_equal(was, now)


def test_seeds_and_versions_have_their_own_cache(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = load_digits(seed=1)
    second = load_digits(seed=2)
    monkeypatch.setattr(digits, "VERSION", digits.VERSION + 1)
    load_digits(seed=1)
    assert len(list(cache.iterdir())) == 3
    assert first[0].tobytes() != second[0].tobytes()


def _truncate(file: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def _empty(file: Path) -> None:
    file.write_bytes(b"")


def _flip_a_pixel(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 0xFF
    file.write_bytes(content)


def _replace_by_text(file: Path) -> None:
    file.write_text("not an archive")


def _replace_by_other_arrays(file: Path) -> None:
    np.savez(file, train_images=np.zeros(3))


def _replace_by_wrong_sizes(file: Path) -> None:
    with np.load(file) as archive:
        arrays = {name: archive[name][:10] for name in archive.files}
    np.savez(file, **arrays)


@pytest.mark.parametrize(
    "damage",
    [
        _truncate,
        _empty,
        _flip_a_pixel,
        _replace_by_text,
        _replace_by_other_arrays,
        _replace_by_wrong_sizes,
        Path.unlink,
    ],
)
def test_damaged_cache_is_made_anew(cache: Path, damage) -> None:
    before = load_digits()
    (file,) = cache.iterdir()
    sound = np.load(file)["train_images"].tobytes()
    damage(file)
    after = load_digits()
    assert after[0].tobytes() == before[0].tobytes()
    assert [path.name for path in cache.iterdir()] == [file.name]
    assert np.load(file)["train_images"].tobytes() == sound


def test_a_folder_that_cannot_be_written_only_means_no_cache(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, cache: Path
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("a file where the cache folder would be")
    monkeypatch.setenv("NNSTUDIO_CACHE", str(blocked))
    assert load_digits()[0].shape == (60, 28, 28, 1)
    assert blocked.read_text() == "a file where the cache folder would be"


def test_failed_write_leaves_nothing(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError("No space left on device")

    monkeypatch.setattr(digits.os, "fsync", full)
    assert load_digits()[0].shape == (60, 28, 28, 1)
    assert list(cache.iterdir()) == []


@pytest.mark.parametrize("limit", [0.0, 0.5, 0.9, 1.0])
def test_cancel_comes_through_and_leaves_nothing(cache: Path, limit: float) -> None:
    def cancel(done: float) -> None:
        if done >= limit:
            raise Cancelled("Stopped")

    with pytest.raises(Cancelled):
        load_digits(progress=cancel)
    assert not cache.exists() or list(cache.iterdir()) == []


def test_progress_of_a_load_rises_to_1(cache: Path) -> None:
    heard: list[float] = []
    load_digits(progress=heard.append)
    assert heard == sorted(heard)
    assert heard[0] == 0
    assert heard[-1] == 1
