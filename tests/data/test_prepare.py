from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnstudio.core.spec import DataSpec
from nnstudio.data.batches import Scaling
from nnstudio.data.dataset import Dataset, Part
from nnstudio.data.prepare import mean_and_deviation, measure_scaling, part_sizes, prepare, prepare_dataset
from nnstudio.errors import Cancelled, DataError
from tests.data.sample_data import byte_part, byte_set, float_part
from tests.realdata import real_data_dir


def rows(part: Part | None) -> set[int]:
    assert part is not None
    return set(part.rows(slice(None)).tolist())


def test_the_sample_is_drawn_first_and_validation_held_back_from_it() -> None:
    ready = prepare_dataset(byte_set(train=600, test=300), DataSpec(fraction=0.5, validation=0.1))
    assert ready.counts == {"train": 270, "validation": 30, "test": 150}
    assert ready.train.class_counts(3) == (90, 90, 90)
    assert ready.validation is not None
    assert ready.validation.class_counts(3) == (10, 10, 10)
    assert ready.test.class_counts(3) == (50, 50, 50)


def test_training_and_validation_share_no_sample() -> None:
    ready = prepare_dataset(byte_set(train=600), DataSpec(validation=0.25))
    assert not rows(ready.train) & rows(ready.validation)
    assert rows(ready.train) | rows(ready.validation) == set(range(600))


def test_nothing_is_copied() -> None:
    dataset = byte_set()
    ready = prepare_dataset(dataset, DataSpec(fraction=0.5, validation=0.2))
    assert ready.validation is not None
    for part, whole in (
        (ready.train, dataset.train),
        (ready.validation, dataset.train),
        (ready.test, dataset.test),
    ):
        assert np.shares_memory(part.x, whole.x)


def test_without_validation_everything_is_trained_on() -> None:
    ready = prepare_dataset(byte_set(train=60), DataSpec(validation=0))
    assert ready.validation is None
    assert ready.counts == {"train": 60, "validation": 0, "test": 30}


def test_equal_recipes_give_equal_parts_and_other_seeds_others() -> None:
    dataset = byte_set(train=600)
    spec = DataSpec(fraction=0.5, validation=0.2, seed=5)
    one, two = prepare_dataset(dataset, spec), prepare_dataset(dataset, spec)
    other = prepare_dataset(dataset, spec.replace(seed=6))
    assert rows(one.train) == rows(two.train) != rows(other.train)
    assert rows(one.validation) == rows(two.validation) != rows(other.validation)
    assert rows(one.test) == rows(two.test) != rows(other.test)


def test_the_validation_share_leaves_the_sample_alone() -> None:
    dataset = byte_set(train=600)
    samples = []
    for share in (0.1, 0.3):
        ready = prepare_dataset(dataset, DataSpec(fraction=0.5, validation=share))
        samples.append(rows(ready.train) | rows(ready.validation))
    assert samples[0] == samples[1]


def test_a_validation_share_that_leaves_nothing_is_refused() -> None:
    with pytest.raises(DataError, match=r"no samples are left to train on.*0\.9 of 1 samples"):
        prepare_dataset(byte_set(), DataSpec(fraction=0.01, validation=0.9))


def test_names_and_shape_are_passed_on() -> None:
    ready = prepare_dataset(byte_set(), DataSpec())
    assert (ready.dataset, ready.classes, ready.shape) == ("bytes", ("a", "b", "c"), (4, 3, 1))


@pytest.mark.parametrize(
    ("part", "kind", "scaling"),
    [
        (byte_part(9), "unit", Scaling(0.0, 1 / 255)),
        (float_part(9), "unit", Scaling(0.0, 1.0)),
        (byte_part(9), "none", Scaling(0.0, 1.0)),
    ],
)
def test_fixed_scalings(part: Part, kind: str, scaling: Scaling) -> None:
    assert measure_scaling(part, kind) == scaling


@pytest.mark.parametrize("make", [byte_part, float_part])
def test_standardised_samples_have_mean_0_and_deviation_1(make: type) -> None:
    part = make(500)
    scaled = measure_scaling(part, "standardise").apply(part.x)
    assert scaled.mean(dtype=float) == pytest.approx(0, abs=1e-6)
    assert scaled.std(dtype=float) == pytest.approx(1, abs=1e-6)


def test_statistics_come_from_the_training_part_alone() -> None:
    dataset = byte_set(train=60)
    ready = prepare_dataset(dataset, DataSpec(validation=0.5, scaling="standardise"))
    values = ready.train.samples(slice(None)).astype(float)
    assert ready.scaling.offset == pytest.approx(values.mean(), rel=1e-12)
    assert ready.scaling.scale == pytest.approx(1 / values.std(), rel=1e-12)
    assert ready.scaling.offset != pytest.approx(dataset.train.x.mean(), rel=1e-6)


def test_statistics_of_many_blocks_and_a_large_offset_are_exact() -> None:
    rng = np.random.default_rng(0)
    x = (10_000 + rng.normal(0, 0.5, (300_000, 4))).astype(np.float32)
    mean, deviation = mean_and_deviation(Part(x, np.zeros(len(x), np.int64)))
    assert mean == pytest.approx(x.mean(dtype=float), rel=1e-12)
    assert deviation == pytest.approx(x.std(dtype=float), rel=1e-9)


def test_values_that_are_all_equal_are_only_shifted() -> None:
    part = Part(np.full((4, 3), 7, np.uint8), np.zeros(4, np.int64))
    assert measure_scaling(part, "standardise") == Scaling(7.0, 1.0)


def test_progress_is_told_and_may_stop_it() -> None:
    told: list[str] = []
    prepare(DataSpec(source="spiral"), lambda message, _: told.append(message))
    assert told == ["Splitting the samples", "Measuring the samples"]

    def stop(message: str, fraction: float | None) -> None:
        raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        prepare(DataSpec(source="spiral"), stop)


def test_the_recipe_names_its_data() -> None:
    ready = prepare(DataSpec(source="moons", validation=0.1))
    assert ready.dataset == "moons"
    assert ready.counts == {"train": 360, "validation": 40, "test": 200}
    with pytest.raises(DataError, match="no data set called 'moon'"):
        prepare(DataSpec(source="moon"))


def test_half_of_real_mnist_as_in_the_published_study(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NNSTUDIO_DATA", str(real_data_dir()))
    ready = prepare(DataSpec(source="mnist", fraction=0.5, validation=0.1, scaling="standardise"))
    assert ready.counts == {"train": 27_000, "validation": 3_000, "test": 5_000}
    assert ready.scaling.offset == pytest.approx(33.3, abs=0.2)  # 0.1307 * 255, known of all of MNIST
    assert 1 / ready.scaling.scale == pytest.approx(78.6, abs=0.3)  # 0.3081 * 255


def test_a_lone_sample_of_a_class_is_allowed() -> None:
    y = np.array([0] * 9 + [1], np.int64)
    part = Part(np.zeros((10, 2), np.float32), y)
    ready = prepare_dataset(Dataset("d", "D", part, part, ("a", "b")), DataSpec(validation=0.2))
    assert ready.validation is not None
    assert ready.validation.class_counts(2) == (2, 0)
    assert ready.train.class_counts(2) == (7, 1)


def one_part(y: list[int], classes: tuple[str, ...] = ("a", "b", "c")) -> Dataset:
    """A data set without test samples."""
    part = Part(np.arange(2 * len(y), dtype=np.float32).reshape(-1, 2), np.array(y, np.int64))
    return Dataset("d", "D", part, part.none(), classes)


def test_a_test_share_comes_from_the_training_samples() -> None:
    dataset = byte_set(train=600, test=300)
    ready = prepare_dataset(dataset, DataSpec(test=0.25, validation=0.2))
    assert ready.counts == {"train": 360, "validation": 90, "test": 150}
    assert np.shares_memory(ready.test.x, dataset.train.x)
    assert ready.test.class_counts(3) == (50, 50, 50)
    together = rows(ready.train) | rows(ready.validation) | rows(ready.test)
    assert together == set(range(600)), "no sample is in two parts, none is lost"


def test_data_without_test_samples_give_up_a_fifth() -> None:
    assert prepare_dataset(one_part([0, 1, 2] * 20), DataSpec(validation=0)).counts == {
        "train": 48,
        "validation": 0,
        "test": 12,
    }
    none = prepare_dataset(one_part([0, 1, 2] * 20), DataSpec(validation=0.1, test=0))
    assert none.counts == {"train": 54, "validation": 6, "test": 0}


def test_no_fraction_ever_trains_on_what_another_one_tests_with() -> None:
    dataset = byte_set(train=600)
    parts = [prepare_dataset(dataset, DataSpec(test=0.3, fraction=fraction)) for fraction in (0.2, 0.6, 1)]
    tested = set.union(*(rows(one.test) for one in parts))
    assert not tested & set.union(*(rows(one.train) | rows(one.validation) for one in parts))


@given(
    train=st.integers(9, 200),
    test=st.integers(0, 50),
    share=st.none() | st.floats(0, 0.5),
    fraction=st.floats(0.3, 1),
    validation=st.floats(0, 0.4),
)
@settings(deadline=None, derandomize=True)
def test_part_sizes_are_those_of_the_parts(
    train: int, test: int, share: float | None, fraction: float, validation: float
) -> None:
    part, other = float_part(train, classes=1), float_part(test, classes=1)
    spec = DataSpec(test=share, fraction=fraction, validation=validation)
    counts = prepare_dataset(Dataset("d", "D", part, other, ("a",)), spec).counts
    assert part_sizes(train, test, spec) == tuple(counts.values())


def test_a_recipe_that_loses_a_class_is_refused() -> None:
    dataset = one_part([0] * 10 + [1] * 10 + [2])
    with pytest.raises(
        DataError, match=r"left of class 'c'; allowed: .*; received: 6 of 21 training samples"
    ):
        prepare_dataset(dataset, DataSpec(fraction=0.3, test=0, validation=0))
    with pytest.raises(DataError, match=r"left of class '[abc]' and of 1 more"):
        prepare_dataset(one_part([0, 1, 2]), DataSpec(test=0, validation=0.67))


def test_names_without_training_samples_are_no_error() -> None:
    ready = prepare_dataset(one_part([0, 1] * 10), DataSpec())
    assert ready.train.class_counts(3)[2] == 0


def test_a_single_class_is_prepared() -> None:
    ready = prepare_dataset(one_part([0] * 20, ("only",)), DataSpec())
    assert ready.counts == {"train": 14, "validation": 2, "test": 4}


def test_a_lone_sample_is_too_few_to_split() -> None:
    with pytest.raises(DataError, match=r"no samples are left.*test share.*0\.2 of 1 samples"):
        prepare_dataset(one_part([0], ("only",)), DataSpec())


def test_channels_are_standardised_by_themselves() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal([5, -100, 0.5], [1, 20, 0.1], (300, 4, 5, 3)).astype(np.float32)
    part = Part(x, np.zeros(300, np.int64))
    scaled = measure_scaling(part, "per_channel").apply(x)
    np.testing.assert_allclose(scaled.mean(axis=(0, 1, 2), dtype=float), 0, atol=1e-6)
    np.testing.assert_allclose(scaled.std(axis=(0, 1, 2), dtype=float), 1, rtol=1e-6)


def test_features_are_standardised_by_themselves_and_constant_ones_only_shifted() -> None:
    x = np.array([[1, 7, 0], [3, 7, 100]], np.float32)
    scaling = measure_scaling(Part(x, np.zeros(2, np.int64)), "per_channel")
    assert scaling == Scaling((2.0, 7.0, 50.0), (1.0, 1.0, 0.02))
    np.testing.assert_allclose(scaling.apply(x), [[-1, 0, -1], [1, 0, 1]])


def test_images_alone_can_be_moved() -> None:
    recipe = DataSpec.build({"augmentation": {"shift": {}, "noise": {}, "horizontal_flip": {}}})
    with pytest.raises(
        DataError, match=r"no images; allowed: noise, or nothing; received: horizontal flip, shift"
    ):
        prepare_dataset(one_part([0, 1, 2] * 10), recipe)
    quiet = DataSpec.build({"augmentation": {"noise": {}, "shift": {"probability": 0}}})
    prepare_dataset(one_part([0, 1, 2] * 10), quiet)
    prepare_dataset(byte_set(), recipe)
