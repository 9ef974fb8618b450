"""The live bar on a terminal: stage, bar, share done, figures, time left."""

from __future__ import annotations

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, Task, TaskProgressColumn, TextColumn
from rich.text import Text

from nnstudio.cli.output import clock

RATE_SECONDS = 30.0
"""The time left follows from the speed of the last so many seconds."""


def live_bar() -> Progress:
    """A bar on stderr as wide as the terminal, that leaves nothing behind when it is done."""
    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=None),
        TaskProgressColumn(),
        TextColumn("{task.fields[figures]}", markup=False),
        TimeLeft(),
    )
    return Progress(
        *columns,
        console=Console(stderr=True),
        transient=True,
        expand=True,
        speed_estimate_period=RATE_SECONDS,
        redirect_stdout=False,  # results go to stdout, also where only stderr is a terminal
    )


class TimeLeft(ProgressColumn):
    """Time left to the end of the bar, for tasks that count steps."""

    max_refresh = 0.5

    def render(self, task: Task) -> Text:
        """``1:05 left``, or nothing while it isn't known."""
        seconds = task.time_remaining
        known = task.fields.get("left") and seconds is not None
        return Text(f"{clock(seconds)} left" if known and seconds is not None else "", style="cyan")
