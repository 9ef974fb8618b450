"""Reading HDF5 files that somebody else may have made: which arrays are there, and blocks of them.

HDF5 can point outside the file (soft and external links, external storage, virtual sets) and can declare
sizes that are not stored. Everything here follows hard links alone, two levels deep, and compares shape,
type, filters and stored size before a value is read.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from nnstudio.data.files import file_size, unreadable
from nnstudio.errors import DataError, NNStudioError

MAX_OBJECTS = 1000
MAX_CHUNK = 256 << 20
_FILTERS = {1, 2, 3}  # deflate, shuffle, fletcher32
_DEFLATE_RATIO = 1040  # deflate can't shrink anything further than about 1032 times
_FILL = 1 << 20  # bytes that may be declared without being stored
_FIX = "write it with h5py, as plain data sets x_train, y_train, x_test and y_test"


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """The file, open for reading; whatever HDF5 finds wrong with it is a DataError.

    Raises:
        DataError: It is missing, no HDF5, or damaged.
    """
    import h5py

    file_size(path)
    try:
        with path.open("rb"):
            pass
        with h5py.File(path, "r") as file:
            yield file
    except NNStudioError:
        raise
    except PermissionError as error:
        raise unreadable(path, error) from error
    except Exception as error:  # h5py raises nearly every kind on damaged files
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise DataError(
            f"{path} is no HDF5 file, or a damaged one",
            allowed="an intact HDF5 file (.h5)",
            received=reason,
            fix="get the file again, or choose another one",
        ) from error


def array_names(file: Any) -> list[str]:
    """Paths of the data sets in a file, up to two levels deep, over hard links alone."""
    import h5py

    names: list[str] = []
    groups = [("", file)]
    for prefix, group in groups:
        for name in _some_names(group):
            link = group.get(name, getlink=True)
            if type(link) is not h5py.HardLink or len(names) + len(groups) > MAX_OBJECTS:
                continue
            kind = group.get(name, getclass=True)
            if kind is h5py.Dataset:
                names.append(prefix + name)
            elif kind is h5py.Group and not prefix:
                groups.append((f"{name}/", group[name]))
    return names


def link_names(file: Any) -> list[str]:
    """What leads from the top of a file to other places or files."""
    import h5py

    return [name for name in _some_names(file) if type(file.get(name, getlink=True)) is not h5py.HardLink]


def find_array(path: Path, file: Any, name: str) -> Any:
    """The data set at a path in a file, checked.

    Raises:
        DataError: It is missing, behind a link, stored elsewhere, packed unusually, or declares more than
            is stored.
    """
    import h5py

    here = file
    for part in name.strip("/").split("/"):
        link = here.get(part, getlink=True) if isinstance(here, h5py.Group) else None
        if link is None:
            raise _bad(path, f"has no data set {name!r}", "its name", ", ".join(array_names(file)[:20]))
        if type(link) is not h5py.HardLink:
            raise _bad(path, f"leads elsewhere in {name!r}", "plain data sets", type(link).__name__)
        here = here[part]
    if not isinstance(here, h5py.Dataset) or here.shape is None:
        raise _bad(path, f"holds no array in {name!r}", "a data set", type(here).__name__)
    _check_storage(path, here, name)
    return here


def _some_names(group: Any) -> list[str]:
    return [name for name, _ in zip(group, range(MAX_OBJECTS), strict=False)]


def _check_storage(path: Path, data: Any, name: str) -> None:
    plan = data.id.get_create_plist()
    if data.is_virtual or plan.get_external_count() > 0:
        raise _bad(path, f"stores {name!r} in other files", "values in the file itself", "a reference")
    filters = {plan.get_filter(i)[0] for i in range(plan.get_nfilters())}
    if not filters <= _FILTERS:
        raise _bad(
            path, f"packs {name!r} in a way that isn't read", "gzip, shuffle, fletcher32", str(filters)
        )
    length = math.prod(data.shape) * data.dtype.itemsize
    stored = data.id.get_storage_size()
    if length > stored * _DEFLATE_RATIO + _FILL:
        raise _bad(path, f"declares more than it stores in {name!r}", f"{stored:,} bytes", f"{length:,}")
    if data.chunks and math.prod(data.chunks) * data.dtype.itemsize > MAX_CHUNK:
        raise _bad(path, f"has huge chunks in {name!r}", f"{MAX_CHUNK:,} bytes", str(data.chunks))


def _bad(path: Path, what: str, allowed: str, received: str) -> DataError:
    return DataError(f"{path} {what}", allowed=allowed, received=received[:200] or "nothing", fix=_FIX)
