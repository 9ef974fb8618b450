"""What Qt needs from the system, checked before Qt is asked: it would abort without an explanation.

Free of Qt, so that it can speak when Qt can't be imported.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable, Mapping

# Shared libraries that PySide6's wheels expect to find, and the Debian or Ubuntu package of each.
ALWAYS = {
    "libEGL.so.1": "libegl1",
    "libGL.so.1": "libgl1",
    "libX11.so.6": "libx11-6",
    "libdbus-1.so.3": "libdbus-1-3",
    "libfontconfig.so.1": "libfontconfig1",
    "libfreetype.so.6": "libfreetype6",
    "libglib-2.0.so.0": "libglib2.0-0",
    "libxkbcommon.so.0": "libxkbcommon0",
}
FOR_X11 = {
    "libX11-xcb.so.1": "libx11-xcb1",
    "libxcb.so.1": "libxcb1",
    "libxcb-cursor.so.0": "libxcb-cursor0",
    "libxcb-icccm.so.4": "libxcb-icccm4",
    "libxcb-image.so.0": "libxcb-image0",
    "libxcb-keysyms.so.1": "libxcb-keysyms1",
    "libxcb-randr.so.0": "libxcb-randr0",
    "libxcb-render-util.so.0": "libxcb-render-util0",
    "libxcb-render.so.0": "libxcb-render0",
    "libxcb-shape.so.0": "libxcb-shape0",
    "libxcb-shm.so.0": "libxcb-shm0",
    "libxcb-sync.so.1": "libxcb-sync1",
    "libxcb-util.so.1": "libxcb-util1",
    "libxcb-xfixes.so.0": "libxcb-xfixes0",
    "libxcb-xkb.so.1": "libxcb-xkb1",
    "libxkbcommon-x11.so.0": "libxkbcommon-x11-0",
}
Loads = Callable[[str], bool]


def display_available(
    environment: Mapping[str, str] = os.environ, platform: str = sys.platform, reaches: Loads | None = None
) -> bool:
    """Whether a window could be shown.

    Args:
        environment: Environment variables.
        platform: As ``sys.platform``; only Linux can be without a display.
        reaches: Answers whether the X server of a display name can be reached (for tests).
    """
    if not platform.startswith("linux") or environment.get("QT_QPA_PLATFORM"):
        return True
    if environment.get("WAYLAND_DISPLAY"):
        return True
    name = environment.get("DISPLAY", "")
    return bool(name) and (reaches or _reaches_x_server)(name)


def missing_packages(
    environment: Mapping[str, str] = os.environ, platform: str = sys.platform, loads: Loads | None = None
) -> tuple[str, ...]:
    """Debian packages that Qt lacks on this machine, sorted; none where the system is no Linux.

    Args:
        environment: Environment variables.
        platform: As ``sys.platform``.
        loads: Answers whether a shared library can be loaded (for tests).
    """
    if not platform.startswith("linux"):
        return ()
    chosen = environment.get("QT_QPA_PLATFORM", "xcb" if environment.get("DISPLAY") else "")
    needed = ALWAYS | (FOR_X11 if chosen.startswith("xcb") else {})
    test = loads or _loads
    return tuple(sorted({package for library, package in needed.items() if not test(library)}))


def problem() -> str:
    """What keeps Qt from starting and how to mend it, or "" if nothing does."""
    packages = missing_packages()
    return explain(", ".join(packages), packages) if packages else ""


def is_missing(reason: str) -> bool:
    """Whether an import failed because something isn't installed, rather than by a mistake of ours."""
    modules = ("PySide6", "shiboken6", "pyqtgraph", "psutil")
    absent = "No module named" in reason and any(module in reason for module in modules)
    return absent or "cannot open shared object file" in reason


def explain(reason: str, packages: tuple[str, ...] = ()) -> str:
    """The message for a user whose system lacks something that Qt needs.

    Args:
        reason: What is missing, or the import's own words.
        packages: Debian packages to install; worked out if empty.
    """
    if "No module named" in reason:
        return (
            f"NNStudio's window needs PySide6 and pyqtgraph ({reason}).\n"
            "Install them with: python -m pip install nnstudio"
        )
    packages = packages or missing_packages() or tuple(sorted({*ALWAYS.values(), *FOR_X11.values()}))
    return (
        f"NNStudio's window needs system libraries that are missing: {reason}.\n"
        f"On Debian or Ubuntu, install them with:\n\n  sudo apt-get install {' '.join(packages)}\n\n"
        "The command line works without them: nnstudio --help"
    )


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _reaches_x_server(name: str) -> bool:
    """Tries to connect as Qt will; a server that is gone would make Qt abort."""
    try:
        xcb = ctypes.CDLL("libxcb.so.1")
    except OSError:
        return True  # the missing library is the problem to report, not the display
    xcb.xcb_connect.restype = ctypes.c_void_p
    xcb.xcb_connect.argtypes = [ctypes.c_char_p, ctypes.c_void_p]
    xcb.xcb_connection_has_error.argtypes = [ctypes.c_void_p]
    xcb.xcb_disconnect.argtypes = [ctypes.c_void_p]
    connection = xcb.xcb_connect(name.encode(), None)
    failed = xcb.xcb_connection_has_error(connection) != 0
    xcb.xcb_disconnect(connection)
    return not failed
