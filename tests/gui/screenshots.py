"""Draw every page and state of the window, to be compared with the design by eye.

Run by hand: ``python -m tests.gui.screenshots OUTDIR [--only NAME ...] [--check]``. Each state is drawn in
light and dark, at 1440x900 and 1280x720, in Inter and DejaVu Sans as far as they are installed.
"""

from __future__ import annotations

import argparse
import itertools
import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

SIZES = ((1440, 900), (1280, 720))
MODES = ("light", "dark")
FONTS = ("Inter", "DejaVu Sans")


@contextmanager
def dressed(mode: str, font: str) -> Iterator[None]:
    """The theme in a mode and a font; afterwards it is as the tests have it."""
    from nnstudio.gui import theme as themes

    before = os.environ.get("NNSTUDIO_FONT")
    _dress(themes, mode, font)
    try:
        yield
    finally:
        _dress(themes, "light", before or "")


def _dress(themes: Any, mode: str, font: str) -> None:
    os.environ["NNSTUDIO_FONT"] = font
    themes._family.cache_clear()
    themes.theme().mode = mode


def draw(folder: Path, names: list[str], check: bool) -> int:
    """Writes the pictures; returns the number of findings."""
    from PySide6.QtWidgets import QApplication

    from nnstudio.gui.theme import theme
    from tests.gui.looks import findings
    from tests.gui.states import STATES, let_pass
    from tests.gui.windows import shown_window

    theme().apply(QApplication.instance() or QApplication([]))
    bad = 0
    for name, (wide, high), mode, font in itertools.product(names, SIZES, MODES, FONTS):
        with dressed(mode, font), tempfile.TemporaryDirectory() as home:
            os.environ["NNSTUDIO_HOME"] = home
            with shown_window(Path(home), wide, high) as window:
                shown = STATES[name](window)
                let_pass(100)
                file = f"{name}-{mode}-{wide}x{high}-{font.split()[0].lower()}.png"
                shown.window().grab().save(str(folder / file))  # a tour lies over its window
                found = findings(shown) if check else []
                shown.close() if shown is not window else None
        for finding in found:
            print(f"{file}: {finding}", flush=True)
        bad += len(found)
    return bad


def main() -> int:
    """Draws what the command line asks for."""
    from tests.gui.states import STATES

    parser = argparse.ArgumentParser(description="Draw every page and state of the window.")
    parser.add_argument("out", type=Path)
    parser.add_argument("--only", nargs="+", choices=sorted(STATES), default=list(STATES))
    parser.add_argument("--check", action="store_true", help="check the looks, too")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    return min(draw(given.out, given.only, given.check), 1)


if __name__ == "__main__":
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    sys.exit(main())
