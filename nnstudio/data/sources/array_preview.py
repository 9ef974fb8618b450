"""A look at IDX and NPZ files, which are read without options: shape, type, first samples, classes."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from nnstudio.core.import_options import ImportOptions
from nnstudio.data.dataset import Dataset
from nnstudio.data.sources.previews import SHOWN, ClassCount, Preview


def preview_arrays(path: Path, dataset: Dataset, kind: str) -> Preview:
    """A look at a data set of arrays that is in memory.

    Args:
        path: Its file or folder.
        dataset: The data set.
        kind: "idx" or "npz".
    """
    names = dataset.classes
    train, test = (Counter(part.labels.tolist()) for part in (dataset.train, dataset.test))
    x = dataset.train.samples(slice(0, SHOWN))
    return Preview(
        path=path,
        kind=kind,
        title="IDX files" if kind == "idx" else "arrays (NPZ)",
        options=ImportOptions(),
        shape=dataset.shape,
        dtype=str(dataset.train.x.dtype),
        train=len(dataset.train),
        test=len(dataset.test),
        exact=True,
        classes=tuple(ClassCount(name, train[i], test[i]) for i, name in enumerate(names)),
        all_classes=True,
        x=x,
        labels=tuple(names[number] for number in dataset.train.labels[: len(x)]),
        steps=("samples and labels are taken as they are",),
        looked_at="all samples",
    )
