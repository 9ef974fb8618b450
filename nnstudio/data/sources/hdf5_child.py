"""HDF5 files as a source, parsed in a child process: a crash or a hang becomes an error message."""

from __future__ import annotations

import math
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from nnstudio.core.import_options import ImportOptions
from nnstudio.data.dataset import Progress, Samples
from nnstudio.data.files import file_size
from nnstudio.data.sources.child import Child, Message, error_header, limit_self, write_message
from nnstudio.data.sources.previews import ClassCount, Preview
from nnstudio.data.sources.problems import Problem, Problems
from nnstudio.data.sources.source import Classes, Outline, PartName, Receiver, Source
from nnstudio.errors import DataError

if TYPE_CHECKING:
    from nnstudio.data.sources.hdf5_source import Hdf5Source

_TYPES = ("uint8", "float32")
_MODULE = "nnstudio.data.sources.hdf5_child"


class Hdf5InChild(Source):
    """Arrays of samples and labels in an HDF5 file, read by a child process."""

    kind = "hdf5"

    def stamp(self) -> str:
        """Size and time of the file."""
        return f"{file_size(self.path)} {self.path.stat().st_mtime_ns}"

    def outline(self) -> Outline:
        """Shape and type as in the file."""
        return self._outline

    @cached_property
    def _outline(self) -> Outline:
        message = self._ask("outline")
        try:
            shape = tuple(int(size) for size in message.header["shape"])
            outline = Outline(shape, str(message.header["dtype"]), int(message.header["size"]))
        except (KeyError, TypeError, ValueError):
            raise self._nonsense() from None
        if outline.dtype not in _TYPES:
            raise self._nonsense()
        return outline

    def preview(self) -> Preview:
        """Reads the first samples and the labels; see ``Source.preview``."""
        message = self._ask("preview")
        try:
            return self._as_preview(message)
        except (KeyError, TypeError, ValueError):
            raise self._nonsense() from None

    def read(self, receiver: Receiver, problems: Problems, tell: Progress) -> Classes:
        """Reads all samples; see ``Source.read``."""
        try:
            return self._read(receiver, problems, tell)
        except (KeyError, TypeError, ValueError):
            raise self._nonsense() from None

    def _read(self, receiver: Receiver, problems: Problems, tell: Progress) -> Classes:
        shape, dtype = self._outline.shape, self._outline.dtype
        told: list[tuple[str, float | None]] = [(f"Opening {self.path.name}", None)]
        with self._child("read") as child:
            for message in child.messages(lambda: tell(*told[0])):
                header = message.header
                if message.kind == "block":
                    x, y = self._block(message, shape, dtype)
                    receiver.add(self._part(header), x, y)
                    told[0] = str(header["told"]), min(1.0, max(0.0, float(header["share"])))
                    tell(*told[0])
                elif message.kind == "classes":
                    return self._classes(header, problems)
        raise self._nonsense()

    def _child(self, action: str) -> Child:
        options = self.options.model_dump_json()
        return Child(_MODULE, (action, os.path.abspath(self.path), options), self.path)

    def _ask(self, action: str) -> Message:
        file_size(self.path)
        with self._child(action) as child:
            return next(child.messages(lambda: None))

    def _block(
        self, message: Message, shape: tuple[int, ...], dtype: str
    ) -> tuple[Samples, NDArray[np.int64]]:
        count = int(message.header["count"])
        size = count * math.prod(shape) * np.dtype(dtype).itemsize
        if count < 0 or len(message.payload) != size + 8 * count:
            raise self._nonsense()
        x: Any = np.frombuffer(message.payload, dtype, count * math.prod(shape)).reshape(count, *shape)
        return x, np.frombuffer(message.payload, np.int64, count, size)

    def _part(self, header: dict[str, Any]) -> PartName:
        part: PartName = "test" if header.get("part") == "test" else "train"
        return part

    def _classes(self, header: dict[str, Any], problems: Problems) -> Classes:
        for where, what in header["problems"]:
            problems.add(str(where), str(what))
        problems.count = int(header["problem_count"])
        numbers = header["numbers"]
        names = tuple(map(str, header["names"]))
        return Classes(names, None if numbers is None else np.array(numbers, np.int64))

    def _as_preview(self, message: Message) -> Preview:
        fields = dict(message.header["preview"])
        shape, dtype = tuple(map(int, fields["shape"])), str(fields["dtype"])
        count = len(fields["labels"])
        if dtype not in _TYPES:
            raise self._nonsense()
        x, _ = self._block(Message({"count": count}, message.payload), shape, dtype)
        return Preview(
            path=self.path,
            kind=self.kind,
            title=str(fields["title"]),
            options=ImportOptions.build(fields["options"]),
            shape=shape,
            dtype=dtype,
            train=int(fields["train"]),
            test=int(fields["test"]),
            exact=bool(fields["exact"]),
            classes=tuple(ClassCount(**one) for one in fields["classes"]),
            all_classes=bool(fields["all_classes"]),
            x=x,
            labels=tuple(map(str, fields["labels"])),
            steps=tuple(map(str, fields["steps"])),
            looked_at=str(fields["looked_at"]),
            notes=tuple(map(str, fields["notes"])),
            problems=tuple(Problem(**one) for one in fields["problems"]),
        )

    def _nonsense(self) -> DataError:
        return DataError(
            f"{self.path} can't be read",
            received="a damaged file, or one that was made to do harm",
            fix="get the file again",
        )


# What runs in the child


class _Sender:
    """Sends samples on, instead of keeping them."""

    def __init__(self) -> None:
        self.told: tuple[str, float | None] = ("", None)

    def tell(self, message: str, share: float | None) -> None:
        """Notes down how far the reading is."""
        self.told = message, share

    def add(self, part: PartName, x: Samples, y: NDArray[np.int64], names: Sequence[str] = ()) -> None:
        """Takes some samples; see ``source.Receiver``."""
        header: dict[str, Any] = {"kind": "block", "part": part, "count": len(x)}
        header |= {"told": self.told[0], "share": self.told[1] or 0.0}
        samples, labels = np.ascontiguousarray(x), np.ascontiguousarray(y, np.int64)
        write_message(sys.stdout.buffer, header, samples.data.cast("B"), labels.data.cast("B"))


def main(arguments: Sequence[str]) -> None:
    """Does one thing with a file: ``outline``, ``preview`` or ``read``, and sends what it finds."""
    limit_self()
    action, path, options = arguments
    from nnstudio.data.sources.hdf5_source import Hdf5Source

    try:
        source = Hdf5Source(Path(path), ImportOptions.model_validate_json(options))
        {"outline": _send_outline, "preview": _send_preview, "read": _send_all}[action](source)
    except DataError as error:
        write_message(sys.stdout.buffer, error_header(error))
    except MemoryError:
        fix = "store it in smaller chunks, or as single rows"
        write_message(sys.stdout.buffer, error_header(DataError(f"{path} needs too much memory", fix=fix)))


def _send_outline(source: Hdf5Source) -> None:
    outline = source.outline()
    write_message(sys.stdout.buffer, {"kind": "outline", "last": True, **asdict(outline)})


def _send_preview(source: Hdf5Source) -> None:
    preview = source.preview()
    names = ["title", "shape", "dtype", "train", "test", "exact", "all_classes"]
    names += ["labels", "steps", "looked_at", "notes"]
    fields: dict[str, Any] = {name: getattr(preview, name) for name in names}
    fields["options"] = preview.options.model_dump(mode="json")
    fields["classes"] = [asdict(one) for one in preview.classes]
    fields["problems"] = [asdict(one) for one in preview.problems]
    x = np.ascontiguousarray(preview.x)
    spare = bytes(8 * len(x))  # where a block has its labels
    write_message(
        sys.stdout.buffer, {"kind": "preview", "last": True, "preview": fields}, x.data.cast("B"), spare
    )


def _send_all(source: Hdf5Source) -> None:
    sender, problems = _Sender(), Problems()
    classes = source.read(sender, problems, sender.tell)
    header = {
        "kind": "classes",
        "last": True,
        "names": list(classes.names),
        "numbers": None if classes.numbers is None else classes.numbers.tolist(),
        "problems": [[problem.where, problem.what] for problem in problems.kept],
        "problem_count": problems.count,
    }
    write_message(sys.stdout.buffer, header)
