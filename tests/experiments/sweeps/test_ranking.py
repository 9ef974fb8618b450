"""Which trial is best, and what is noise."""

from __future__ import annotations

import pytest

from nnstudio.experiments.sweeps.ranking import as_good_as_best, ranked, verdict
from nnstudio.experiments.sweeps.trials import Status, Trial, TrialRun, Trials, spread


def trial(number: int, *figures: float, status: Status = "done") -> Trial:
    runs = tuple(TrialRun(number, place, status, figure=figure) for place, figure in enumerate(figures))
    return Trial(number, {"train.l2": number}, runs)


def test_the_best_comes_first_and_the_failed_last():
    trials = [
        trial(0, 0.8),
        trial(1, 0.0, status="failed"),
        trial(2, 0.9),
        trial(3, 0.99, status="pruned"),
        trial(4, 0.0, status="queued"),
    ]
    assert [one.number for one in ranked(trials, "val_accuracy")] == [2, 0, 3, 4, 1]
    assert [one.number for one in ranked(trials, "val_loss")] == [0, 2, 3, 4, 1]


def test_differences_smaller_than_the_spread_are_called_noise():
    best, alike, behind = trial(1, 0.90, 0.92), trial(2, 0.89, 0.91), trial(3, 0.70, 0.71)
    assert as_good_as_best([best, alike, behind]) == [alike]
    assert verdict([best, alike, behind]) == "Best: l2=1. The difference is within noise for l2=2."
    crowd = [trial(number, 0.89, 0.91) for number in (4, 5)]
    assert verdict([best, alike, *crowd, behind]).endswith("within noise for l2=2; l2=4 and 1 more.")
    assert verdict([best, alike]) == "Best: l2=1. The difference from all others is within noise."
    assert verdict([best, behind]) == "Best: l2=1. Its lead is larger than the spread over seeds."


def test_one_seed_each_tells_nothing_about_noise():
    assert "With one seed each" in verdict([trial(1, 0.9), trial(2, 0.8)])
    assert as_good_as_best([trial(1, 0.9), trial(2, 0.8)]) == []
    assert verdict([trial(1, 0.9), trial(2, 0.1, status="failed")]) == ""


def test_mean_and_sample_standard_deviation():
    found = spread([1.0, None, 2.0, 3.0])
    assert found is not None
    assert (found.mean, found.std, found.seeds) == (2.0, pytest.approx(1.0), 3)
    assert spread([None]) is None
    assert spread([0.5]).std is None


@pytest.mark.parametrize(
    ("statuses", "whole"),
    [
        (("queued", "queued"), "queued"),
        (("running", "queued"), "running"),
        (("done", "queued"), "queued"),
        (("done", "failed"), "failed"),
        (("done", "pruned"), "pruned"),
        (("pruned", "queued"), "pruned"),
        (("done", "done"), "done"),
    ],
)
def test_a_trial_is_what_its_runs_are(statuses: tuple[Status, ...], whole: Status):
    runs = tuple(TrialRun(0, place, status) for place, status in enumerate(statuses))
    assert Trial(0, {}, runs).status == whole


def test_records_that_say_nothing_sensible_change_nothing():
    trials = Trials(1)
    trials.follow({"event": "trial", "trial": 0, "values": {"train.l2": 1}})
    before = trials.all
    for record in ({}, {"event": "ended", "trial": 0, "repeat": 5}, {"event": "ended", "trial": True}):
        trials.follow(record)
    trials.follow({"event": "ended", "trial": 0, "repeat": 0, "status": "splendid"})
    assert trials.all == before
