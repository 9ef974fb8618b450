"""One HTTP transfer, on a thread of its own so that whoever waits for it can leave at any moment."""

from __future__ import annotations

import queue
import re
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import requests

TIMEOUT = (5.0, 20.0)  # seconds to connect, seconds without a byte
_CHUNK = 1 << 16
_AHEAD = 16  # chunks that may wait to be written
_LOOK = 0.05  # seconds between two looks at whether anybody still waits
_RANGE = re.compile(r"bytes (\d+)-\d+/(\d+)")


class RefusedError(Exception):
    """A server is of no use: it lacks the file or serves another one."""


class HiccupError(Exception):
    """The connection failed; the same server may work the next time."""


class StaleError(HiccupError):
    """What has arrived before doesn't belong to what the server holds now."""


@dataclass(frozen=True)
class Head:
    """What a server says before it sends a file.

    Args:
        start: Byte with which it begins; 0 where it sends the whole file.
        total: Bytes of the whole file, or None if it doesn't say.
        validator: What names this version of the file (RFC 9110, section 13.1.5), or "".
    """

    start: int
    total: int | None
    validator: str


class Transfer:
    """A file on its way. Leaving the ``with`` block cuts the connection, whatever the server does.

    Args:
        url: Its address.
        start: Bytes that are here already; the server is asked for the others.
        validator: Version of the file that those bytes are of, or "".
        idle: Called while nothing arrives, at least ten times a second; may raise.
    """

    def __init__(self, url: str, start: int, validator: str, idle: Callable[[], None]) -> None:
        self._url, self._idle = url, idle
        self._headers = {"Accept-Encoding": "identity"}  # bytes of the file itself can be counted on
        if start:
            self._headers["Range"] = f"bytes={start}-"
            if validator:
                self._headers["If-Range"] = validator
        self._start = start
        self._arrived: queue.Queue[Any] = queue.Queue(_AHEAD)
        self._left = threading.Event()
        self._sockets: list[socket.socket] = []
        self._thread = threading.Thread(target=self._run, name="nnstudio-download", daemon=True)

    def __enter__(self) -> Transfer:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._left.set()
        for one in self._sockets:
            with suppress(OSError, ValueError):
                one.shutdown(socket.SHUT_RDWR)  # wakes a thread that waits for a byte
        if self._sockets:
            self._thread.join(1.0)  # one that still looks for the server ends by itself

    def head(self) -> Head:
        """Waits for the server's answer.

        Raises:
            RefusedError: It doesn't give the file.
            HiccupError: It can't be reached, or not now.
        """
        head = self._next()
        assert isinstance(head, Head)
        return head

    def chunks(self) -> Iterator[bytes]:
        """The bytes, as they arrive.

        Raises:
            HiccupError: The connection broke.
        """
        while chunk := self._next():
            yield chunk

    def _next(self) -> Any:
        while True:
            try:
                arrived = self._arrived.get(timeout=_LOOK)
            except queue.Empty:
                self._idle()
                continue
            if isinstance(arrived, Exception):
                raise arrived
            return arrived

    # On the thread

    def _run(self) -> None:
        try:
            with self._session() as session:
                answer = session.get(self._url, headers=self._headers, stream=True, timeout=TIMEOUT)
                with answer:
                    self._put(_head(answer.status_code, answer.headers, self._start))
                    # what is there, instead of waiting for a whole chunk
                    while chunk := answer.raw.read1(_CHUNK, decode_content=False):
                        self._put(chunk)
            self._put(b"")
        except _LeftError:
            pass
        except Exception as error:
            with suppress(_LeftError):
                self._put(_trouble(error))

    def _put(self, item: object) -> None:
        while not self._left.is_set():
            with suppress(queue.Full):
                self._arrived.put(item, timeout=_LOOK)
                return
        raise _LeftError

    def _session(self) -> requests.Session:
        """A session that tells of its sockets."""
        import requests
        from requests.adapters import HTTPAdapter
        from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

        sockets, left = self._sockets, self._left

        def telling(connection: type) -> type:
            def connect(self: Any) -> None:
                connection.connect(self)  # type: ignore[attr-defined]
                sockets.append(self.sock)
                if left.is_set():
                    self.close()
                    raise OSError("nobody waits any more")

            return type(connection.__name__, (connection,), {"connect": connect})

        adapter = HTTPAdapter()
        pools = ("http", HTTPConnectionPool), ("https", HTTPSConnectionPool)
        adapter.poolmanager.pool_classes_by_scheme = {
            scheme: type(pool.__name__, (pool,), {"ConnectionCls": telling(pool.ConnectionCls)})
            for scheme, pool in pools
        }
        session = requests.Session()
        for prefix in ("http://", "https://"):
            session.mount(prefix, adapter)
        return session


class _LeftError(Exception):
    """Nobody waits any more."""


def _head(status: int, headers: Any, start: int) -> Head:
    """What the first lines of an answer say."""
    length = headers.get("Content-Length", "")
    whole = int(length) if length.isdigit() else None
    strong = headers.get("ETag", "")
    validator = strong if strong and not strong.startswith("W/") else headers.get("Last-Modified", "")
    if status == 200:
        return Head(0, whole, validator)
    if status == 206:
        match = _RANGE.fullmatch(headers.get("Content-Range", ""))
        if match is None or int(match[1]) != start:
            raise StaleError("it sends another part than it was asked for")
        return Head(start, int(match[2]), validator)
    if status == 416:
        raise StaleError("it holds no more than is here already")
    kind = HiccupError if status >= 500 or status in (408, 429) else RefusedError
    raise kind(f"HTTP status {status}")


def _trouble(error: Exception) -> Exception:
    """One of the errors above, for what went wrong."""
    import requests
    from urllib3 import exceptions as urllib3

    if isinstance(error, RefusedError | HiccupError):
        return error
    wrong = (
        requests.exceptions.InvalidURL,
        requests.exceptions.InvalidSchema,
        requests.exceptions.MissingSchema,
    )
    if isinstance(error, wrong):
        return RefusedError("not an address that can be opened")
    if isinstance(error, requests.Timeout | urllib3.TimeoutError):
        return HiccupError("no answer in time")
    if isinstance(error, urllib3.HTTPError):
        return HiccupError("the connection broke")
    return HiccupError("no connection")
