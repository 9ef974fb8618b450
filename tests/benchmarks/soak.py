"""An hour of training with everything of the Train page on show: does the process grow?

Run by hand: ``python -m tests.benchmarks.soak [--minutes 60] [--preset s1-a8]``. Nothing here is about speed,
so the machine may be busy; the limit is 20 MB in an hour.
"""

from __future__ import annotations

import argparse
import os
import tempfile

from tests.benchmarks.responsiveness import Watch

LIMIT_MB = 20.0
SETTLING = 60  # seconds in which caches reach their size, after the compiled kernels have taken over
COMPILING = 900  # seconds that the kernels may take to be ready, on a busy machine that never had them
EVERY = 300  # seconds between two printed figures


def soak(preset: str, minutes: float) -> float:
    """Megabytes that the process grows by in that time, after it has settled; prints the way there."""
    import psutil

    shown, process = Watch(preset), psutil.Process()
    shown.first_point()
    session, waited = shown.window.live.session, 0
    while "NumPy" in session.latest.path and waited < COMPILING:
        shown.let_pass(1)
        waited += 1
    print(f"{preset}: path {session.latest.path} after {waited} s", flush=True)
    shown.let_pass(SETTLING)
    first = process.memory_info().rss
    left = minutes * 60
    while left > 0:
        shown.let_pass(min(EVERY, left))
        left -= EVERY
        grown = (process.memory_info().rss - first) / 1e6
        at = f"epoch {session.latest.epoch:,}, step {session.latest.step:,}"
        print(f"{preset}: {grown:+.1f} MB, {at}, {process.num_threads()} threads", flush=True)
    shown.close()
    return grown


def main() -> None:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--preset", default="s1-a8")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as home:
        os.environ["NNSTUDIO_HOME"] = home
        grown = soak(given.preset, given.minutes)
    verdict = "below" if grown < LIMIT_MB else "ABOVE"
    print(f"{grown:+.1f} MB in {given.minutes:.0f} minutes: {verdict} {LIMIT_MB:.0f} MB")


if __name__ == "__main__":
    main()
