"""Each check at its limits, with made-up numbers."""

from __future__ import annotations

import math

import pytest

from nnstudio.core.spec import EarlyStopping
from nnstudio.engine.doctor import diagnose
from nnstudio.engine.doctor.chance import chance
from nnstudio.engine.doctor.dead import MAX_DEAD, dead
from nnstudio.engine.doctor.diverging import diverging
from nnstudio.engine.doctor.exploding import MAX_NORM, exploding
from nnstudio.engine.doctor.healthy import healthy
from nnstudio.engine.doctor.imbalance import imbalance
from nnstudio.engine.doctor.nonfinite import nonfinite
from nnstudio.engine.doctor.overfitting import overfitting
from nnstudio.engine.doctor.plateau import plateau
from nnstudio.engine.doctor.rate import rate_high, rate_low
from nnstudio.engine.doctor.vanishing import MIN_SHARE, vanishing
from nnstudio.engine.statistics import summarise
from nnstudio.optim.losses import BinaryCrossentropy
from tests.engine.doctor.cases import case, layer, records, statistics
from tests.engine.doctor.trials import mlp, project

FALLING = [2.0, 1.5, 1.2, 1.0, 0.9, 0.8, 0.7, 0.6]


def test_guessing_is_reckoned_from_the_classes():
    assert case().guess_loss == pytest.approx(math.log(10))
    assert case().guess_accuracy == pytest.approx(0.1)
    uneven = case(class_counts=(90, 10, 0))
    assert uneven.guess_loss == pytest.approx(-0.9 * math.log(0.9) - 0.1 * math.log(0.1))
    assert uneven.guess_accuracy == pytest.approx(0.9)
    assert case(class_counts=()).guess_loss == math.inf


@pytest.mark.parametrize("counts", [(50, 50), (90, 10), (20, 30, 50)])
def test_guessing_with_sigmoid_outputs_is_the_best_constant_there(counts: tuple[int, ...]):
    """Every output on its own says the share of its class."""
    recipe = project(mlp(16, classes=len(counts)), loss=BinaryCrossentropy())
    shares = [count / sum(counts) for count in counts]
    best = [-p * math.log(p) - (1 - p) * math.log(1 - p) for p in shares]
    assert case(recipe, class_counts=counts).guess_loss == pytest.approx(sum(best) / len(counts))


def test_a_broken_run_is_named_by_layer_epoch_and_batch():
    broken = layer("dense_1", activation="linear")
    broken = type(broken)(**{**vars(broken), "outputs": summarise([1.0, math.nan])})
    seen = statistics(layer("dense"), broken, epoch=3, batch=12)
    finding = nonfinite(case(statistics=seen, diverged=True))
    assert finding is not None
    assert finding.title == "Loss became NaN or infinite at batch 12 of epoch 4"
    assert finding.layer == "dense_1"
    assert "First in the outputs of dense_1" in finding.evidence
    assert "The weights of epoch 3 are kept." in finding.evidence
    assert [fix.label for fix in finding.fixes] == ["Learning rate → 0.01", "Clip gradients → 1"]


def test_a_broken_run_that_nobody_looked_into_is_found_all_the_same():
    finding = nonfinite(case(diverged=True))
    assert finding is not None
    assert finding.fixes
    assert nonfinite(case(statistics=statistics())) is None


def test_broken_samples_are_not_blamed_on_the_recipe():
    finding = nonfinite(case(statistics=statistics(inputs=math.nan), diverged=True))
    assert finding is not None
    assert "100% of the input values" in finding.evidence
    assert not finding.fixes


def test_of_a_broken_run_nothing_else_is_said():
    seen = statistics(layer("dense", dead=1.0, gradient=math.nan), layer("dense_1", gradient=1e9))
    found = diagnose(case(history=records(FALLING), statistics=seen, class_counts=(900, 10)))
    assert [finding.kind for finding in found] == ["nonfinite", "imbalance"]


@pytest.mark.parametrize(
    ("norm", "loss", "found"),
    [
        (MAX_NORM * 0.99, 9.0, False),
        (MAX_NORM * 1.01, 9.0, True),
        (MAX_NORM * 1.01, 3.4, False),  # steep, but on its way: guessing has 2.3
        (MAX_NORM * 1.01, 3.5, True),
    ],
)
def test_exploding_is_a_large_norm_with_a_large_loss(norm: float, loss: float, found: bool):
    share = norm / 2  # two layers of two values each
    seen = statistics(layer("dense", gradient=share), layer("dense_1", gradient=share), loss=loss)
    assert (exploding(case(statistics=seen)) is not None) == found


@pytest.mark.parametrize(
    ("losses", "start", "found"),
    [
        ([1.0, 2.1], None, True),
        ([1.0, 1.9], None, False),
        ([0.1, 0.25], None, False),  # more than doubled, but of nothing
        ([6.0], 2.5, True),
        ([4.9], 2.5, False),
        ([60.0, 20.0, 8.0], 300.0, False),  # a bad start that gets better
        ([9.0], None, False),
    ],
)
def test_diverging_is_a_loss_of_twice_its_best(losses: list[float], start: float | None, found: bool):
    assert (diverging(case(history=records(losses), start_loss=start)) is not None) == found


@pytest.mark.parametrize(("share", "found"), [(MAX_DEAD, False), (MAX_DEAD + 0.01, True)])
def test_dead_from_a_share_on(share: float, found: bool):
    finding = dead(case(statistics=statistics(layer("dense", dead=share), layer("dense_1"))))
    assert (finding is not None) == found
    if finding is not None:
        assert finding.severity == "caution"
        assert finding.title == "Dead ReLUs in dense"


def test_a_layer_that_lets_nothing_through_is_an_error_and_the_reason_for_small_gradients():
    seen = statistics(layer("dense", gradient=0.0), layer("dense_1", dead=0.99), layer("dense_2"))
    finding = dead(case(statistics=seen))
    assert finding is not None
    assert (finding.severity, finding.layer) == ("error", "dense_1")
    assert vanishing(case(statistics=seen)) is None


def test_long_steps_are_mended_before_the_units_they_killed():
    def first_fix(ratio: float) -> str:
        finding = dead(case(statistics=statistics(layer("dense", dead=0.6, ratio=ratio))))
        assert finding is not None
        return finding.fixes[0].label

    assert first_fix(-1.5) == "Learning rate → 0.01"
    assert first_fix(-3.0) == "LeakyReLU in dense"


@pytest.mark.parametrize(
    ("first", "saturated", "loss", "found"),
    [
        (1.01 * MIN_SHARE, 0.0, 2.3, False),
        (0.99 * MIN_SHARE, 0.0, 2.3, True),
        (0.99 * MIN_SHARE, 0.0, 1.0, False),  # it learns in spite of it
        (0.5, 0.51, 2.3, True),
        (0.5, 0.49, 2.3, False),
    ],
)
def test_vanishing_is_a_small_share_of_the_last_gradient(
    first: float, saturated: float, loss: float, found: bool
):
    seen = statistics(
        layer("dense", gradient=first, activation="sigmoid", saturated=saturated),
        layer("dense_1", gradient=1.0, activation="linear"),
    )
    finding = vanishing(case(history=records([loss]), statistics=seen))
    assert (finding is not None) == found
    assert finding is None or finding.layer == "dense"


@pytest.mark.parametrize(
    ("accuracy", "loss", "epochs", "found"),
    [
        (0.1, 2.31, 5, True),
        (0.12, 2.31, 5, True),  # within three standard errors (0.03)
        (0.14, 2.31, 5, False),
        (0.1, 2.1, 5, False),
        (0.1, 2.31, 2, False),
    ],
)
def test_chance_is_told_from_luck(accuracy: float, loss: float, epochs: int, found: bool):
    recipe = project(mlp(16, classes=10), batch_size=10)  # 100 steps an epoch
    history = records([loss] * epochs, accuracy=accuracy)
    assert (chance(case(recipe, history=history)) is not None) == found


def test_chance_waits_for_enough_steps_and_prefers_validation():
    few = project(mlp(16, classes=10), batch_size=1000)
    history = records([2.31] * 5, accuracy=0.1)
    assert chance(case(few, history=history)) is None
    recipe = project(mlp(16, classes=10), batch_size=10)
    learned = records([0.3] * 5, [2.5] * 5, accuracy=0.1)
    finding = chance(case(recipe, history=learned, validation_samples=500))
    assert finding is not None
    assert finding.evidence.startswith("Val accuracy 10%")


JUMPING = [1.0, 0.8, 0.9, 0.7, 0.8]


@pytest.mark.parametrize(
    ("ratio", "losses", "found"),
    [
        (-1.9, JUMPING, True),
        (-2.1, JUMPING, False),
        (-1.9, FALLING, False),
        (-1.9, [1.0, 0.8, 0.84, 0.7, 0.74], False),  # rises of less than 2 % of the loss of guessing
        (-0.9, FALLING, True),
        (-1.1, FALLING, False),
        (-0.9, [], False),
    ],
)
def test_a_rate_is_high_by_its_steps_and_what_they_do(ratio: float, losses: list[float], found: bool):
    seen = statistics(layer("dense", ratio=ratio))
    assert (rate_high(case(history=records(losses), statistics=seen)) is not None) == found


@pytest.mark.parametrize(
    ("ratio", "losses", "rate", "found"),
    [
        (-4.1, [2.3, 2.29], 0.1, True),
        (-3.9, [2.3, 2.29], 0.1, False),
        (-math.inf, [2.3, 2.29], 0.1, False),  # gradients of 0: no rate helps
        (-4.1, [2.3, 2.1], 0.1, False),  # it gains more than 5 % an epoch
        (-4.1, [1.0, 1.0], 0.1, False),  # it has learned
        (-4.1, [2.3, 2.29], 0.04, False),  # the schedule has brought the rate down
        (-4.1, [2.3], 0.1, False),
    ],
)
def test_a_rate_is_low_by_its_steps_and_what_they_fail_to_do(
    ratio: float, losses: list[float], rate: float, found: bool
):
    seen = statistics(layer("dense", ratio=ratio))
    assert (rate_low(case(history=records(losses, rate=rate), statistics=seen)) is not None) == found


@pytest.mark.parametrize(("ratio", "rate"), [(-5.0, 10), (-4.3, 2), (-6.5, 10), (-0.5, 0.01), (-1.9, 0.01)])
def test_the_offered_rate_brings_steps_to_a_thousandth(ratio: float, rate: float):
    """From 0.1, by a factor of at most 100 up, and of 3 to 10 down."""
    history = records([2.3, 2.29, 2.4, 2.3, 2.4])
    seen = statistics(layer("dense", ratio=ratio))
    finding = (rate_low if ratio < -3 else rate_high)(case(history=history, statistics=seen))
    assert finding is not None
    assert finding.fixes[0].train["learning_rate"] == pytest.approx(rate)


VAL = [1.0, 0.5, 0.281, 0.29, 0.3, 0.31, 0.32, 0.334]


def test_overfitting_reads_as_in_the_design():
    finding = overfitting(case(history=records(FALLING, VAL)))
    assert finding is not None
    assert finding.title == "Overfitting since epoch 3"
    assert finding.evidence == "Val loss 0.281 → 0.334, train loss still falling."
    assert finding.fixes[0].label == "L2 penalty → 5e-4"


@pytest.mark.parametrize(
    "val",
    [
        VAL[:5],  # too short since the best epoch
        [1.0, 0.5, 0.3, 0.31, 0.3, 0.32, 0.32, 0.32],  # too little
        [1.0, 0.5, 0.3, 0.3, 0.3, 0.3, 0.3, 0.9],  # one bad epoch
        [1.0, 0.5, 0.3, 0.4, 0.4, 0.4, 0.4, 0.31],  # as good as at its best
        [1.0, 0.01, 0.002, 0.003, 0.004, 0.004, 0.004, 0.004],  # of nothing
    ],
)
def test_not_overfitting(val: list[float]):
    assert overfitting(case(history=records(FALLING[: len(val)], val))) is None


def test_a_rise_of_both_losses_is_no_overfitting():
    assert overfitting(case(history=records([0.9, 0.7, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0], VAL))) is None
    stuck = records([2.4, 2.35, 2.34, 2.33, 2.32, 2.31, 2.31, 2.3], [value + 3 * value for value in VAL])
    assert overfitting(case(history=stuck)) is None  # nothing was learned, by heart or otherwise


def test_overfitting_is_found_between_epochs_without_validation():
    val = [1.0, None, 0.281, None, 0.3, None, 0.32, None, 0.334, None]
    finding = overfitting(case(history=records([*FALLING, 0.5, 0.4], val)))
    assert finding is not None
    assert finding.title == "Overfitting since epoch 3"


def test_what_is_on_already_is_not_offered_against_overfitting():
    def labels(**train: object) -> list[str]:
        recipe = project(mlp(16, classes=10), **train)
        finding = overfitting(case(recipe, history=records(FALLING, VAL)))
        assert finding is not None
        return [fix.label for fix in finding.fixes]

    assert labels(l2=1e-4)[0] == "L2 penalty → 5e-4"
    assert labels(l2=0.008)[0] == "L2 penalty → 0.01"
    assert labels(l2=0.02)[0] == "Early stopping after 5 epochs"
    assert "Early stopping after 5 epochs" not in labels(early_stopping=EarlyStopping(patience=50))


@pytest.mark.parametrize(
    ("counts", "found"), [((400, 100), False), ((401, 100), True), ((10,), False), ((100, 0), True)]
)
def test_classes_are_unbalanced_from_four_to_one_on(counts: tuple[int, ...], found: bool):
    assert (imbalance(case(class_counts=counts)) is not None) == found


def test_class_weights_settle_unbalanced_classes():
    recipe = project(mlp(16, classes=2), class_weights="balanced")
    assert imbalance(case(recipe, class_counts=(900, 100))) is None
    finding = imbalance(case(class_counts=(900, 60), class_names=("cat", "dog")))
    assert finding is not None
    assert finding.evidence == "cat has 900 samples, dog 60: 15 to 1."


@pytest.mark.parametrize(
    ("losses", "found"),
    [
        ([2.0, 1.0, *[0.99] * 8], True),
        ([2.0, 1.0, *[0.99] * 7], False),
        ([2.0, 1.0, *[0.99] * 7, 0.97], False),
        ([2.0, 0.2, *[0.2] * 8], False),  # little is left to learn
    ],
)
def test_a_plateau_is_eight_epochs_without_two_percent(losses: list[float], found: bool):
    finding = plateau(case(history=records(losses)))
    assert (finding is not None) == found
    assert finding is None or finding.title == "No progress since epoch 2"


def test_a_plateau_that_wavers_asks_for_smaller_steps_and_a_still_one_for_more():
    still = plateau(case(history=records([2.0, *[1.0] * 9])))
    wavering = plateau(case(history=records([2.0, 1.0, *[1.05, 1.0] * 4])))
    assert still is not None
    assert wavering is not None
    assert still.fixes[0].label == "Adam, learning rate 0.001"
    assert wavering.fixes[0].label == "Learning rate → 0.01"


def test_healthy_is_said_only_of_losses_that_fall_or_have_fallen():
    assert healthy(case(history=records(FALLING))) is not None
    assert healthy(case(history=records([0.01, 0.02]))) is not None
    assert healthy(case(history=records([2.31]))) is None
    assert healthy(case(history=records([2.0, 2.1]))) is None
    assert healthy(case()) is None


def test_a_symptom_is_not_reported_beside_its_cause():
    slow = statistics(layer("dense", ratio=-5))
    history = records([2.31] * 12, accuracy=0.1)
    recipe = project(mlp(16, classes=10), batch_size=10)
    assert [finding.kind for finding in diagnose(case(recipe, history=history, statistics=slow))] == [
        "rate_low"
    ]
    assert [finding.kind for finding in diagnose(case(recipe, history=history))] == ["chance"]


def test_nothing_is_said_while_nothing_is_known():
    assert diagnose(case()) == []
