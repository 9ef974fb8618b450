"""What a model can be exported as, and how the file is run to prove it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from numpy.typing import NDArray

from nnstudio.core.spec import ProjectSpec
from nnstudio.engine.model import Model
from nnstudio.errors import FormatError
from nnstudio.formats.keras_h5 import export_keras
from nnstudio.formats.keras_run import run_keras_model, run_keras_weights
from nnstudio.formats.keras_zip import export_keras_weights, export_keras_zip


@dataclass(frozen=True)
class Export:
    """A format to write.

    Attributes:
        name: Its name on the command line.
        title: What a person calls it.
        endings: How its files end, the usual one first.
        write: Writes a model; the recipe is kept where the format has room for it.
        run: The file's predictions for samples as the network needs them, by Keras itself.
    """

    name: str
    title: str
    endings: tuple[str, ...]
    write: Callable[[Path, Model, ProjectSpec | None], None]
    run: Callable[[Path, Model, NDArray[Any]], NDArray[Any]]


EXPORTS = (
    Export("keras-h5", "Keras HDF5", (".h5", ".hdf5"), export_keras, run_keras_model),
    Export("weights-h5", "Keras weights", (".weights.h5",), export_keras_weights, run_keras_weights),
    Export("keras", "Keras 3", (".keras",), export_keras_zip, run_keras_model),
)


def export_for(path: Path, name: str | None = None) -> Export:
    """The format called ``name``, or that of the file's ending, the longest that fits.

    Raises:
        FormatError: There is no such format, or the ending says nothing.
    """
    names = {export.name: export for export in EXPORTS}
    if name in names:
        return names[name]
    endings = {ending: export for export in EXPORTS for ending in export.endings}
    fitting = [ending for ending in endings if path.name.lower().endswith(ending)]
    if name is None and fitting:
        return endings[max(fitting, key=len)]
    raise FormatError(
        f"there is no format called {name!r}" if name else "the format isn't clear from the file's name",
        allowed=", ".join(names) if name else ", ".join(endings),
        received=name or path.suffix or path.name,
        fix=f"name the file with {EXPORTS[0].endings[0]}, or say --to {EXPORTS[0].name}",
    )
