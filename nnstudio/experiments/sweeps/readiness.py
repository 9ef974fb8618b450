"""What is looked at before a sweep begins, so that a hundred runs don't fail for one reason."""

from __future__ import annotations

from nnstudio.core.shapes import infer_shapes
from nnstudio.core.spec import ProjectSpec
from nnstudio.data.dataset import Progress
from nnstudio.data.prepare import prepare
from nnstudio.experiments.sweeps.expansion import axes_of, trial_count


def check_ready(project: ProjectSpec, progress: Progress | None = None) -> tuple[int, int]:
    """Reads the data once, which also downloads them, and checks that the network fits them.

    Args:
        project: The project with its sweep.
        progress: Told what is going on; may raise ``Cancelled``.

    Returns:
        Number of training and of validation samples; 0 where the sweep varies the data set itself.

    Raises:
        SpecError: The sweep doesn't fit the project.
        DataError: The data can't be read.
        ShapeError: The network has problems.
        Cancelled: ``progress`` stopped it.
    """
    axes = axes_of(project)
    trial_count(project.sweep, axes)
    infer_shapes(project.network).require()
    if any(axis.vary.path == "data.source" for axis in axes):
        return 0, 0
    data = prepare(project.data, progress)
    infer_shapes(project.network, classes=len(data.classes), input_shape=data.shape).require()
    return data.counts["train"], data.counts["validation"]
