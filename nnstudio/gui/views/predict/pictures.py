"""Several picture files opened at once, each with what the network says about it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from nnstudio.core.layer import Shape
from nnstudio.engine.drawing import fit_on_sheet, network_input, open_picture
from nnstudio.engine.model import Model
from nnstudio.errors import NNStudioError
from nnstudio.gui.views.predict.canvas_sheet import SIDE
from nnstudio.gui.views.predict.picture_files import read_picture
from nnstudio.gui.views.predict.predictor import raw_sample


@dataclass(frozen=True, eq=False)
class Picture:
    """An opened file.

    Attributes:
        path: The file.
        sample: The network's input; None if the file can't be used.
        problem: Why it can't be used.
        probabilities: What the network says, or None.
    """

    path: Path
    sample: NDArray[np.uint8] | None = None
    problem: str = ""
    probabilities: NDArray[np.float32] | None = None

    @property
    def name(self) -> str:
        """Name of the file."""
        return self.path.name


def open_pictures(
    paths: Sequence[str], shape: Shape, report: Callable[[str, float | None], None]
) -> tuple[Picture, ...]:
    """Reads picture files; runs on any thread. A bad file becomes a picture with a problem."""
    pictures = []
    for number, path in enumerate(paths):
        report(f"Opening image {number + 1} of {len(paths)}", number / len(paths))
        pictures.append(_open(Path(path), shape))
    return tuple(pictures)


def _open(path: Path, shape: Shape) -> Picture:
    try:
        opened = open_picture(read_picture(path), shape)
    except NNStudioError as error:
        return Picture(path, problem=error.what)
    ground = 1.0 if shape[2] == 3 else 0.0
    sheet = opened.sheet if opened.exact else fit_on_sheet(opened.sheet, SIDE, SIDE, ground)
    sample = network_input(sheet, shape, centre=not opened.exact)
    return Picture(path, sample)


def with_predictions(pictures: tuple[Picture, ...], model: Model, as_bytes: bool) -> tuple[Picture, ...]:
    """The pictures with what a model says about them; runs on any thread."""
    shape = model.network.input_shape
    fitting = [
        (i, p.sample) for i, p in enumerate(pictures) if p.sample is not None and p.sample.shape == shape
    ]
    if not fitting:
        return tuple(replace(picture, probabilities=None) for picture in pictures)
    samples = np.stack([raw_sample(sample, as_bytes) for _, sample in fitting])
    said = dict(zip((i for i, _ in fitting), model.predict(samples), strict=True))
    return tuple(replace(picture, probabilities=said.get(i)) for i, picture in enumerate(pictures))
