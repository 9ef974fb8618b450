"""What a sweep found, as lines, a table, and JSON."""

from __future__ import annotations

from typing import Any

from nnstudio.cli.output import clock, table
from nnstudio.core.sweep_spec import value_text
from nnstudio.core.train_spec import Monitor
from nnstudio.experiments.sweeps.expansion import short_names
from nnstudio.experiments.sweeps.ranking import as_good_as_best, verdict
from nnstudio.experiments.sweeps.sweep import Sweep
from nnstudio.experiments.sweeps.trials import Spread, Trial

TITLES: dict[Monitor, str] = {
    "val_accuracy": "val accuracy",
    "val_loss": "val loss",
    "train_accuracy": "train accuracy",
    "train_loss": "train loss",
}


def trial_line(sweep: Sweep, trial: Trial) -> str:
    """A line about a trial that is over."""
    width = len(str(sweep.total))
    head = f"trial {trial.number + 1:>{width}}/{sweep.total}  {trial.name}"
    if trial.status == "failed":
        return f"{head}  failed: {trial.reason}"
    pruned = "  pruned" if trial.status == "pruned" else ""
    goal = sweep.spec.goal
    return f"{head}  {TITLES[goal]} {_spread(trial.figure, goal.endswith('accuracy'))}{pruned}"


def report(sweep: Sweep, best_first: list[Trial]) -> str:
    """The table, best first, why trials failed, and what may be said of the best one."""
    names = short_names([vary.path for vary in sweep.spec.vary])
    goal = sweep.spec.goal
    header = ["", *names.values(), TITLES[goal], "test", "parameters", "time"]
    rows = [_row(trial, place, list(names), goal) for place, trial in enumerate(best_first, 1)]
    if any(trial.status != "done" for trial in best_first):
        header.append("status")
        rows = [[*row, trial.status] for row, trial in zip(rows, best_first, strict=True)]
    lines = [table(header, rows, left=1 + len(names), text=len(header) > len(names) + 5)]
    lines += [
        f"{trial.name} failed: {trial.reason}"
        for trial in best_first
        if trial.status == "failed" and trial.reason
    ]
    lines += [words] if (words := verdict(best_first)) else []
    return "\n".join(lines)


def result_of(sweep: Sweep, best_first: list[Trial]) -> dict[str, Any]:
    """The same as JSON."""
    done = [trial for trial in best_first if trial.status == "done"]
    return {
        "sweep": str(sweep.folder),
        "strategy": sweep.spec.strategy,
        "goal": sweep.spec.goal,
        "finished": sweep.finished,
        "best": done[0].number + 1 if done else None,
        "within_noise": [trial.number + 1 for trial in as_good_as_best(best_first)],
        "verdict": verdict(best_first),
        "trials": [_trial(sweep, trial) for trial in best_first],
    }


def _row(trial: Trial, place: int, paths: list[str], goal: Monitor) -> list[str]:
    return [
        str(place) if trial.status == "done" else "",
        *(value_text(trial.values.get(path)) for path in paths),
        _spread(trial.figure, goal.endswith("accuracy")),
        _spread(trial.test, True),
        f"{trial.parameters:,}" if trial.parameters is not None else "-",
        clock(trial.seconds) if trial.seconds >= 60 else f"{trial.seconds:.1f} s",
    ]


def _trial(sweep: Sweep, trial: Trial) -> dict[str, Any]:
    figure, test = trial.figure, trial.test
    return {
        "trial": trial.number + 1,
        "name": trial.name,
        "values": trial.values,
        "status": trial.status,
        "mean": figure.mean if figure else None,
        "std": figure.std if figure else None,
        "test": test.mean if test else None,
        "test_std": test.std if test else None,
        "parameters": trial.parameters,
        "seconds": trial.seconds,
        "reason": trial.reason or None,
        "runs": [
            {"run": str(sweep.run_folder(run)), "status": run.status, "figure": run.figure, "test": run.test}
            for run in trial.runs
        ],
    }


def _spread(figure: Spread | None, is_share: bool) -> str:
    """``91.42% ± 0.21%``, ``0.3215``, or ``-``."""
    if figure is None:
        return "-"
    form = "{:.2%}" if is_share else "{:.4f}"
    text = form.format(figure.mean)
    return text if figure.std is None else f"{text} ± {form.format(figure.std)}"
