"""Threads that compute the pieces of one operation at the same time."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import partial
from queue import SimpleQueue
from types import TracebackType

import numpy as np

from nnstudio.engine.threads import ThreadCount, most_threads

Piece = Callable[[], object]


class Crew:
    """The calling thread and its helpers, who share out pieces of work.

    Python itself runs on one thread at a time, but NumPy steps aside while it multiplies large matrices
    or passes over large arrays, so such pieces overlap. Who computes a piece makes no difference to it:
    as long as the pieces don't depend on the number of threads, the results are the same bits for any.

    Until it is opened by ``with``, and outside of training, the calling thread does everything by itself.
    The helpers begin with the first work there is for them, and have ended behind the (outermost) block.

    Attributes:
        count: How many threads pay in training.
        size: Threads that work at the moment, the calling one among them.

    Args:
        most: Threads at most; None for as many as there are cores.
    """

    def __init__(self, most: int | None = None) -> None:
        self.count = ThreadCount(most or most_threads())
        self.size = self.count.size
        self._counts: dict[int, ThreadCount] = {}  # by the order of magnitude of the work
        self._blocks = 0  # that have opened it and not ended yet
        self._helpers: list[threading.Thread] = []
        self._inbox: SimpleQueue[_Round | None] = SimpleQueue()
        self._spare: deque[_Round] = deque()  # for threads that would wait else
        self._deferred: list[_Round] | None = None  # None outside of a block that defers

    def __enter__(self) -> Crew:
        self._blocks += 1
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._blocks -= 1
        if self._blocks:
            return
        for _ in self._helpers:
            self._inbox.put(None)
        for helper in self._helpers:
            helper.join()
        self._helpers.clear()
        self._spare.clear()

    @contextmanager
    def as_many_as_pay(self, work: int) -> Iterator[None]:
        """Computes the block on as many threads as pay, and finds out more about how many do.

        Nothing is concluded from little work for much, nor from much for little.

        Args:
            work: How much is done inside, in any unit that stays the same.
        """
        count = self._counts.setdefault(work.bit_length(), ThreadCount(self.count.sizes[-1]))
        before, self.size = self.size, count.next_size()
        started = time.perf_counter()
        try:
            yield
            count.learn(self.size, (time.perf_counter() - started) / work)
        finally:
            self.size = before

    @contextmanager
    def deferring(self) -> Iterator[None]:
        """Nobody waits for pieces handed to :meth:`later` inside the block before it ends."""
        self._deferred = []
        try:
            yield
        finally:
            deferred, self._deferred = self._deferred, None
            _raise_first([error for work in deferred for error in self._finish(work)])

    @property
    def threads(self) -> int:
        """Threads that really share out work; 1 as long as there was none to share."""
        return min(self.size, 1 + len(self._helpers))

    def run(self, pieces: Sequence[Piece]) -> None:
        """Calls every piece once, on any thread and in any order, and waits until all are done.

        Args:
            pieces: They write to places of their own; each should take a tenth of a millisecond at least.
        """
        helpers = min(self._threads_now(), len(pieces)) - 1 if len(pieces) > 1 else 0
        if helpers <= 0:
            for piece in pieces:
                piece()
        else:
            _raise_first(self._finish(self._hand_out(_Round(pieces), helpers)))

    def later(self, pieces: Sequence[Piece]) -> None:
        """As :meth:`run`; but inside a block of :meth:`deferring` the calling thread goes on meanwhile.

        Args:
            pieces: Nothing that happens until the end of the block may change what they read.
        """
        helpers = min(self._threads_now() - 1, len(pieces))
        if self._deferred is None or helpers <= 0:
            self.run(pieces)
        else:
            work = _Round(pieces)
            self._spare.append(work)
            self._deferred.append(work)
            self._hand_out(_Round([]), helpers)  # who sleeps looks for something to do

    def begin(self, pieces: Sequence[Piece], *, soon: bool = False) -> Callable[[], None]:
        """Helpers compute pieces that the calling thread will need, while it goes on.

        Args:
            pieces: Nothing that happens until they are needed may change what they read.
            soon: A helper is woken up for them, and other work waits; else threads compute them that
                have nothing better to do.

        Returns:
            What to call before anything is read that they write: it computes what nobody has begun
            with, and waits for the rest.
        """
        work = _Round(pieces)
        if self._threads_now() > 1:
            if soon:
                self._hand_out(work, 1)
            else:
                self._spare.append(work)
        return lambda: _raise_first(self._finish(work))

    def side_by_side(self, function: Callable[[int], object], threads: int) -> None:
        """Calls a function with all numbers below ``threads`` at the same time, so that they may meet.

        Args:
            function: 0 is for the calling thread.
            threads: How many, whatever pays.
        """
        with self:
            self._need_helpers(threads - 1)
            others = [_Round([partial(function, number)]) for number in range(1, threads)]
            for other in others:
                self._inbox.put(other)
            try:
                function(0)
            finally:
                errors = [error for other in others for error in self._finish(other)]
            _raise_first(errors)

    def _threads_now(self) -> int:
        return self.count.with_room(self.size) if self._blocks else 1

    def _hand_out(self, work: _Round, helpers: int) -> _Round:
        self._need_helpers(helpers)
        for _ in range(helpers):
            self._inbox.put(work)
        return work

    def _need_helpers(self, helpers: int) -> None:
        while len(self._helpers) < helpers:
            helper = threading.Thread(target=self._help, name="nnstudio-crew", daemon=True)
            self._helpers.append(helper)
            helper.start()

    def _help(self) -> None:
        with np.errstate(all="ignore"):  # of this thread alone; overflow is found in the loss
            while (work := self._inbox.get()) is not None:
                while work.compute_one():
                    pass
                while self._inbox.empty() and self._fill_in():
                    pass

    def _finish(self, work: _Round) -> list[BaseException]:
        """Joins in; while others are at its last pieces, computes spare ones. Returns what went wrong."""
        while work.compute_one():
            pass
        while not work.over and self._fill_in():
            pass
        return work.errors()

    def _fill_in(self) -> bool:
        """Computes one spare piece, if there is any."""
        while True:
            try:
                work = self._spare[0]
            except IndexError:
                return False
            if work.compute_one():
                return True
            with suppress(ValueError):  # another thread was faster
                self._spare.remove(work)


class _Round:
    """The pieces of one operation. A helper who comes too late finds none left, and nobody waits for it."""

    def __init__(self, pieces: Sequence[Piece]) -> None:
        self._left = deque(pieces)
        self._pieces = len(pieces)
        self._done: SimpleQueue[BaseException | None] = SimpleQueue()

    @property
    def over(self) -> bool:
        """All pieces are done."""
        return self._done.qsize() == self._pieces

    def compute_one(self) -> bool:
        """Computes a piece that nobody has begun with, if there is any."""
        try:
            piece = self._left.popleft()
        except IndexError:
            return False
        try:
            piece()
        except BaseException as error:
            self._done.put(error)
        else:
            self._done.put(None)
        return True

    def errors(self) -> list[BaseException]:
        """Waits until all pieces are done, and returns what went wrong in any."""
        return [error for _ in range(self._pieces) if (error := self._done.get()) is not None]


def _raise_first(errors: list[BaseException]) -> None:
    if errors:
        raise errors[0]
