"""A stand-in for a GPU: NumPy's arrays, and the kernels' own source compiled by the host's C++ compiler.

What it can't show is how a GPU differs from that: cuBLAS, the memory pool, and that kernels run beside
the Python that started them.
"""

from __future__ import annotations

import ctypes
import hashlib
import re
import shutil
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

COMPILER = shutil.which("g++")
_ONE_AT_A_TIME = threading.Lock()
"""Kernels keep shared memory and fibers in static variables."""
_KERNEL = re.compile(r'extern "C" __global__ void (\w+)\(([^)]*)\)\s*\{')
_POINTERS = {
    "real": None,  # whatever the source says
    "quad": None,
    "double": np.float64,
    "float": np.float32,
    "int": np.int32,
    "long long": np.int64,
    "unsigned char": np.uint8,
}
_SCALARS = {"int": np.int32, "double": np.float64, "bits": np.uint32}


class HostDevice:
    """A ``Device`` on the host.

    Args:
        folder: Where compiled kernels are kept.
        threads: Threads of a block.
        most_blocks: Blocks at most; few, so that each has more than one round to go.
    """

    xp = np
    name = "host"
    memory = 1 << 30
    failures = ()

    def __init__(self, folder: Path, threads: int = 4, most_blocks: int = 3) -> None:
        self.threads, self.most_blocks = threads, most_blocks
        self.launches: list[str] = []
        self._folder = folder
        self._captured: list[Callable[[], None]] | None = None
        self._libraries: dict[str, ctypes.CDLL] = {}

    def function(self, source: str, name: str) -> Callable[[int, int, tuple[Any, ...]], None]:
        """A kernel; each start runs it twice, in rising and falling order of threads, with equal results."""
        real = np.float32 if source.startswith("typedef float") else np.float64
        source = _expanded(source)
        header, body = _kernel(source, name)
        kinds = [_kind(parameter, real) for parameter in header.split(",")]
        entry = getattr(self._library(source), f"start_{name}")
        meets = "block_" in body

        def start(blocks: int, threads: int, arguments: tuple[Any, ...]) -> None:
            self._do(lambda: run(blocks, threads, arguments))

        def run(blocks: int, threads: int, arguments: tuple[Any, ...]) -> None:
            assert blocks >= 1
            assert threads & (threads - 1) == 0
            self.launches.append(name)
            _check(name, kinds, arguments)
            before = [a.copy() if isinstance(a, np.ndarray) else a for a in arguments]
            _run(entry, blocks, threads, before, meets, falling=True)
            _run(entry, blocks, threads, arguments, meets, falling=False)
            for place, (one, other) in enumerate(zip(before, arguments, strict=True)):
                if isinstance(one, np.ndarray) and not _aliased(place, arguments):
                    np.testing.assert_array_equal(one, other, err_msg=f"{name} depends on the threads' order")

        return start

    def matmul(self, a: np.ndarray, b: np.ndarray, out: np.ndarray) -> None:
        """``out = a @ b``, if CuPy's ``dot`` would take the arrays as they are."""
        assert out.flags.c_contiguous
        assert a.dtype == b.dtype == out.dtype
        for operand in (a, b):
            assert operand.flags.c_contiguous or operand.ndim > 2 or operand.flags.f_contiguous
        self._do(lambda: np.matmul(a, b, out=out))

    def copy(self, x: np.ndarray, out: np.ndarray) -> None:
        """``out = x``."""
        self._do(lambda: np.copyto(out, x))

    def capture(self, work: Callable[[], None]) -> Callable[[], None]:
        """Keeps the calls."""
        self._captured = calls = []
        try:
            work()
        finally:
            self._captured = None
        return lambda: [call() for call in calls] and None

    def _do(self, call: Callable[[], Any]) -> None:
        if self._captured is None:
            call()
        else:
            self._captured.append(call)

    def upload(self, array: np.ndarray) -> np.ndarray:
        """A copy."""
        return np.array(array, order="C")

    def download(self, array: np.ndarray, out: np.ndarray) -> None:
        """A copy."""
        assert array.shape == out.shape
        assert array.dtype == out.dtype
        out[...] = array

    def free(self) -> None:
        """Nothing to do."""

    def _library(self, source: str) -> ctypes.CDLL:
        found = self._libraries.get(source)
        if found is None:
            found = self._libraries[source] = ctypes.CDLL(str(self._compiled(source)))
        return found

    def _compiled(self, source: str) -> Path:
        shim = Path(__file__).with_name("shim.hpp").read_text(encoding="utf-8")
        code = f"{shim}\n{source}\n{''.join(map(_entry, _KERNEL.findall(source)))}"
        stem = self._folder / hashlib.sha256(code.encode()).hexdigest()[:24]
        library = stem.with_suffix(".so")
        if not library.exists():
            stem.with_suffix(".cpp").write_text(code, encoding="utf-8")
            options = ("-O1", "-std=c++17", "-shared", "-fPIC", "-w", "-ffp-contract=off")
            part = stem.with_suffix(".part")
            command = (str(COMPILER), *options, "-o", str(part), str(stem.with_suffix(".cpp")))
            subprocess.run(command, check=True)
            part.rename(library)
        return library


def _expanded(source: str) -> str:
    """The source with its macros for parameter lists spelt out, so that these can be read."""
    for name in ("GEOMETRY", "SHAPE", "KEY", "KEY_GIVEN", "TILES"):
        macro = re.search(rf"#define {name} ((?:.*\\\n)*.*)\n", source)
        if macro:
            source = source.replace(macro[0], "")
            source = re.sub(rf"\b{name}\b", macro[1].replace("\\\n", " "), source)
    gather = re.search(r"#define GATHER\(name, type\) \\\n((?:.*\\\n)*.*)\n", source)
    if gather:
        source = source.replace(gather[0], "")
        for name, kind in re.findall(r"^GATHER\((\w+), ([\w ]+)\)", source, re.MULTILINE):
            code = re.sub(r"\btype\b", kind, re.sub(r"\bname\b", name, gather[1].replace("\\\n", "\n")))
            source = source.replace(f"GATHER({name}, {kind})", code)
    return source


def _kernel(source: str, name: str) -> tuple[str, str]:
    """A kernel's parameters and its body."""
    found = next(match for match in _KERNEL.finditer(source) if match[1] == name)
    stop = source.find("\n}\n", found.end())
    return found[2], source[found.end() : stop]


def _entry(kernel: tuple[str, str]) -> str:
    """A C function that starts a kernel with arguments given by their addresses."""
    name, header = kernel
    types = [parameter.rsplit(None, 1)[0] for parameter in header.split(",")]
    values = ", ".join(f"*({kind}*)a[{place}]" for place, kind in enumerate(types))
    return (
        f"static void call_{name}(void** a) {{ {name}({values}); }}\n"
        f'extern "C" int start_{name}(int blocks, int threads, void** a, int meets, int falling)'
        f" {{ return shim::run(call_{name}, blocks, threads, a, meets, falling); }}\n"
    )


def _kind(parameter: str, real: type) -> tuple[str, Any]:
    """Whether a parameter is an array or a number, and of which type."""
    words = parameter.replace("const ", "").rsplit(None, 1)[0].strip()
    if words.endswith("*"):
        return "array", _POINTERS[words[:-1].strip()] or real
    return "number", _SCALARS[words]


def _check(name: str, kinds: list[tuple[str, Any]], arguments: tuple[Any, ...]) -> None:
    assert len(kinds) == len(arguments), name
    for (kind, dtype), value in zip(kinds, arguments, strict=True):
        if isinstance(value, np.ndarray):
            assert (kind, value.dtype) == ("array", np.dtype(dtype)), (name, kind, dtype, value.dtype)
            assert value.flags.c_contiguous, name
        elif kind == "array":
            assert type(value) is np.int64, (name, value)
            assert value == 0
        else:
            assert type(value) is dtype, (name, value, type(value), dtype)


def _aliased(place: int, arguments: tuple[Any, ...]) -> bool:
    """Another argument is the same array, so that copies of both mean something else."""
    mine = arguments[place]
    others = (a for k, a in enumerate(arguments) if k != place and isinstance(a, np.ndarray))
    return any(np.shares_memory(mine, other) for other in others)


def _run(entry: Any, blocks: int, threads: int, arguments: Any, meets: bool, *, falling: bool) -> None:
    held = [
        np.array(a.ctypes.data, np.int64) if isinstance(a, np.ndarray) else np.array(a) for a in arguments
    ]
    addresses = (ctypes.c_void_p * len(held))(*(value.ctypes.data for value in held))
    with _ONE_AT_A_TIME:
        problem = entry(blocks, threads, addresses, int(meets), int(falling))
    assert problem == 0, "threads missed a barrier"
