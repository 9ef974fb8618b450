"""``nnstudio sweep``: many runs in the terminal, begun or continued."""

from __future__ import annotations

import argparse
import shlex
from contextlib import closing
from pathlib import Path
from typing import Any

from nnstudio.cli.codes import DONE, FAILED, INTERRUPTED, WorkFailed
from nnstudio.cli.interrupts import interruptible
from nnstudio.cli.output import Progress, print_json, progress, say
from nnstudio.cli.specs import find_project, with_options
from nnstudio.cli.sweep_report import report, result_of, trial_line
from nnstudio.core.spec import ProjectSpec
from nnstudio.core.sweep_spec import Vary, parse_vary
from nnstudio.engine.ops.gpu.detect import require_gpu
from nnstudio.errors import FormatError, SpecError
from nnstudio.experiments.sweeps.folders import find_unfinished, new_sweep_folder
from nnstudio.experiments.sweeps.local import LocalWorkers, Workers
from nnstudio.experiments.sweeps.ranking import ranked
from nnstudio.experiments.sweeps.readiness import check_ready
from nnstudio.experiments.sweeps.sweep import RECIPE, Sweep, read_recipe
from nnstudio.experiments.sweeps.trials import Trial

_STEPS = 1000
"""Steps of the bar per run, so that it moves within runs, too."""


def run(arguments: argparse.Namespace) -> int:
    """Trains every trial that is left, and prints the table."""
    if arguments.device == "gpu":
        require_gpu()
    continued = (Path(arguments.spec) / RECIPE).is_file()
    project = _continued(arguments) if continued else _fresh(arguments)
    with progress() as display:
        check_ready(project, display.update)
        with closing(_workers(arguments, project)) as workers:
            folder = Path(arguments.spec) if continued else _folder(arguments, project)
            with closing(Sweep(folder, project, arguments.device)) as sweep:
                say(f"sweep {sweep.folder}")
                if arguments.retry_failed and (failed := sweep.retry_failed()):
                    say(f"{failed} failed {'run' if failed == 1 else 'runs'} will be trained again")
                interrupted = not sweep.finished and _train(sweep, workers, display)
    trials = ranked(sweep.trials, sweep.spec.goal)
    if arguments.json:
        print_json(result_of(sweep, trials))
    elif trials:
        print(report(sweep, trials))
    return _ending(sweep, trials, interrupted)


def _ending(sweep: Sweep, trials: list[Trial], interrupted: bool) -> int:
    """The exit code, with a word about what is left to do."""
    again = f"nnstudio sweep {shlex.quote(str(sweep.folder))}"
    if interrupted:
        say(f"interrupted; go on with: {again}")
        return INTERRUPTED
    failed = [trial for trial in trials if trial.status == "failed"]
    if failed:
        say(f"{len(failed)} of {len(trials)} trials failed; train them again with: {again} --retry-failed")
    return FAILED if len(failed) == len(trials) else DONE


def _fresh(arguments: argparse.Namespace) -> ProjectSpec:
    """The project with its set-up, as the options change it."""
    project = with_options(find_project(arguments.spec), arguments)
    sweep = project.sweep
    prune = arguments.prune_after
    if prune is None and arguments.prune:
        prune = sweep.prune or max(1, project.train.epochs // 4)
    changed: dict[str, Any] = {
        "vary": tuple(map(_vary, arguments.vary)) or None,
        "strategy": arguments.strategy,
        "trials": arguments.trials,
        "repeats": arguments.repeats,
        "prune": prune,
        "goal": arguments.goal,
        "workers": arguments.workers,
    }
    sweep = sweep.replace(**{name: value for name, value in changed.items() if value is not None})
    if sweep.strategy == "grid" and arguments.trials is not None:
        say("a grid tries every combination; --trials is for --strategy random and tpe")
    return project.replace(sweep=sweep)


def _continued(arguments: argparse.Namespace) -> ProjectSpec:
    """The project of the sweep's folder; only the number of workers may be another.

    Raises:
        SpecError: An option would make it another sweep.
    """
    project = read_recipe(Path(arguments.spec))
    options = ("vary", "strategy", "trials", "repeats", "goal", "prune", "prune_after")
    changes = any(getattr(arguments, name) for name in options)
    if changes or with_options(project, arguments) != project:
        raise SpecError(
            "a sweep that goes on can't change its recipe",
            allowed="--workers, --device, --retry-failed and --json",
            fix="leave the other options out, or begin another sweep from the project",
        )
    if arguments.out:
        raise SpecError(
            "--out doesn't go with a sweep that goes on",
            received=arguments.out,
            fix="it goes on in its own folder",
        )
    if arguments.workers is None:
        return project
    return project.replace(sweep=project.sweep.replace(workers=arguments.workers))


def _vary(text: str) -> Vary:
    path, equals, values = text.partition("=")
    if not equals:
        raise SpecError(
            "--vary needs a path and values",
            allowed="path=a,b,c or path=lo..hi[:log]",
            received=text,
            fix="add '='",
        )
    return parse_vary(path.strip(), values)


def _folder(arguments: argparse.Namespace, project: ProjectSpec) -> Path:
    """Where the sweep is kept; an unfinished one of the same recipe is continued."""
    if arguments.out:
        return Path(arguments.out)
    unfinished = find_unfinished(project)
    if unfinished is not None:
        say("a sweep of this recipe is unfinished; it goes on")
    return unfinished or new_sweep_folder(project.name)


def _workers(arguments: argparse.Namespace, project: ProjectSpec) -> Workers:
    if arguments.cluster:
        from nnstudio.experiments.sweeps.cluster import DaskWorkers

        return DaskWorkers(arguments.cluster)
    return LocalWorkers(project.sweep.workers)


def _train(sweep: Sweep, workers: Workers, display: Progress) -> bool:
    """Trains what is left; True if it was interrupted.

    Raises:
        WorkFailed: The ledger can't be written.
    """
    shown = {trial.number for trial in sweep.trials if _is_over(trial)}
    display.count(_STEPS * sweep.total * sweep.spec.repeats, _done(sweep))
    with interruptible() as interrupted:
        try:
            for trials in sweep.run(workers):
                for trial in trials:
                    if trial.number not in shown and _is_over(trial):
                        shown.add(trial.number)
                        display.line(trial_line(sweep, trial))
                _show(sweep, display, len(shown))
                if interrupted:
                    sweep.stop()
        except FormatError as error:
            raise WorkFailed(f"{error}; what was trained is kept") from error
    return bool(interrupted) and not sweep.finished


def _show(sweep: Sweep, display: Progress, over: int) -> None:
    if display.live:
        best = ranked((trial for trial in sweep.trials if trial.status == "done"), sweep.spec.goal)
        figures = f"best {best[0].name}" if best else ""
        display.step(_done(sweep), f"trial {min(over + 1, sweep.total)}/{sweep.total}", figures)


def _done(sweep: Sweep) -> int:
    """How far the sweep is, in steps of the bar; runs that a pruned trial is spared count as done."""
    epochs = sweep.project.train.epochs
    done = 0.0
    for trial in sweep.trials:
        for run in trial.runs:
            spared = trial.status == "pruned" and run.status == "queued"
            done += 1.0 if run.over or spared else min(1.0, run.epoch / epochs)
    return round(_STEPS * done)


def _is_over(trial: Trial) -> bool:
    return trial.status in ("done", "pruned", "failed")
