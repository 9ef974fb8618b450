"""``nnstudio predict``: the class of images."""

from __future__ import annotations

import argparse
import csv
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from nnstudio.cli.codes import WorkFailed
from nnstudio.cli.output import print_json, say
from nnstudio.cli.specs import find_model
from nnstudio.data.batches import Scaling
from nnstudio.data.pictures import read_picture
from nnstudio.engine.drawing import network_input, open_picture
from nnstudio.engine.model import Model
from nnstudio.errors import DataError, SpecError


def run(arguments: argparse.Namespace) -> None:
    """Prints class and top-k of every file."""
    if arguments.top < 1:
        raise SpecError("--top is not valid", allowed="1 or more", received=str(arguments.top))
    checkpoint = find_model(arguments.model)
    model = checkpoint.model()
    # bytes are always divided when scaled to the unit; undivided, the training data were floats, 0 to 1
    in_unit = checkpoint.project.data.scaling == "unit" and model.scaling == Scaling()
    samples: list[NDArray[Any]] = []
    names: list[str] = []
    for file in arguments.files:
        for number, sample in enumerate(found := _samples(Path(file), model, in_unit)):
            samples.append(sample)
            names.append(file if len(found) == 1 else f"{file}[{number}]")
    probabilities = model.predict(np.stack(samples))
    if not np.isfinite(probabilities).all():
        raise WorkFailed("the network's sums overflow, so it gives no probabilities", fix="train it again")
    rows = [_row(name, row, model, arguments.top) for name, row in zip(names, probabilities, strict=True)]
    if arguments.csv:
        _write_csv(Path(arguments.csv), rows)
    if arguments.json:
        print_json(rows)
        return
    for row in rows:
        top = ", ".join(f"{name} {share:.1%}" for name, share in row["top"])
        print(f"{row['file']}: {top}")


def _row(name: str, probabilities: NDArray[np.float32], model: Model, top: int) -> dict[str, Any]:
    order = np.argsort(-probabilities, kind="stable")[:top]
    best = [[model.classes[i], float(probabilities[i])] for i in order]
    return {"file": name, "class": best[0][0], "probability": best[0][1], "top": best}


def _samples(path: Path, model: Model, in_unit: bool) -> list[NDArray[Any]]:
    """Raw samples in a file, each shaped like the network's input; pictures as bytes, or 0 to 1."""
    shape = model.network.input_shape
    if path.suffix.lower() == ".npy":
        return _array(path, shape)
    picture = open_picture(read_picture(path), shape)
    sample = network_input(picture.sheet, shape, centre=not picture.exact)
    return [sample / np.float32(255) if in_unit else sample]


def _array(path: Path, shape: tuple[int, ...]) -> list[NDArray[Any]]:
    """One sample or several from an array; a missing channel axis is added."""
    try:
        array = np.lib.format.open_memmap(path, mode="r")  # maps: a header alone can't take memory
    except FileNotFoundError as error:
        raise DataError(f"there is no file {path}", fix="check the path") from error
    except (OSError, ValueError, EOFError, OverflowError) as error:
        raise DataError(
            f"{path} is not a readable .npy file", received=str(error), fix="save it with numpy.save"
        ) from error
    if array.dtype.kind not in "uif":
        raise DataError(f"{path} holds no numbers", allowed="an array of numbers", received=str(array.dtype))
    if not np.isfinite(array).all():
        raise DataError(f"{path} holds NaN or infinity", allowed="finite numbers", fix="repair the array")
    for candidate in (array, array[..., None]):
        if candidate.shape == shape:
            return [candidate]
        if candidate.shape[1:] == shape and len(candidate):
            return list(candidate)
    raise DataError(
        f"{path} doesn't fit the network",
        allowed=f"shape {shape}, or (N, {', '.join(map(str, shape))})",
        received=f"shape {array.shape}",
        fix="reshape the array",
    )


def _write_csv(path: Path, rows: list[dict[str, Any]]) -> None:
    try:
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(["file", "class", "probability"])
            writer.writerows((row["file"], row["class"], f"{row['probability']:.6f}") for row in rows)
    except OSError as error:
        raise DataError(f"{path} can't be written", received=error.strerror or str(error)) from error
    say(f"{len(rows)} rows written to {path}")
