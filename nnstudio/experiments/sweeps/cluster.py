"""Workers of a Dask cluster, for sweeps whose folder all of its machines can write to.

A client of a cluster can run any code on it, so a cluster that others reach must ask for certificates:
its address then begins with ``tls://``, and Dask's own configuration names them.
"""

from __future__ import annotations

import queue
import time
import uuid
from typing import Any

from nnstudio.errors import NNStudioError, TrainingError
from nnstudio.experiments.sweeps.local import Key
from nnstudio.experiments.sweeps.worker import Job, JobTrainer, Message

LOOK_SECONDS = 1.0
"""Time between two looks of a job at whether it is told to stop; each asks the scheduler."""
PATIENCE = 10.0
"""Seconds to reach the cluster in."""


class DaskWorkers:
    """The threads of a cluster's workers, one job each.

    Args:
        address: The scheduler's, such as ``tls://host:8786``.

    Raises:
        TrainingError: ``distributed`` isn't installed, or there is no cluster at that address.
    """

    def __init__(self, address: str) -> None:
        try:
            from distributed import Client
        except ImportError as error:
            raise TrainingError(
                "clusters need Dask's distributed, which isn't installed",
                received=f"--cluster {address}",
                fix='install it with: pip install "nnstudio[cluster]"',
            ) from error
        try:
            self._client = Client(address, timeout=PATIENCE, set_as_default=False)
        except Exception as error:  # of many kinds: no answer, wrong scheme, no certificate, no such host
            raise TrainingError(
                f"there is no Dask cluster at {address}",
                allowed="the address of a scheduler that runs, such as tls://host:8786",
                received=f"{type(error).__name__}: {error}".splitlines()[0],
                fix="start one with 'dask scheduler' and 'dask worker', and check the address",
            ) from error
        self._topic = f"nnstudio-{uuid.uuid4().hex}"
        self._said: queue.Queue[tuple[Key, Message]] = queue.Queue()
        self._futures: dict[Key, Any] = {}
        self._client.subscribe_topic(self._topic, self._hear)

    def room(self) -> int:
        """How many more jobs can be started now."""
        return int(sum(self._client.nthreads().values())) - len(self._futures)

    def start(self, job: Job) -> None:
        """Begins a job."""
        key = job["trial"], job["repeat"]
        future = self._client.submit(train_remotely, job, self._topic, pure=False)
        self._futures[key] = future

    def wait(self, seconds: float) -> list[tuple[Key, Message]]:
        """What the jobs said; Dask itself starts those whose worker dies again."""
        until = time.monotonic() + seconds
        said: list[tuple[Key, Message]] = []
        while not said and (left := until - time.monotonic()) > 0:
            try:
                said.append(self._said.get(timeout=min(left, 0.02)))
            except queue.Empty:
                said += self._ended()
        return [(key, message) for key, message in said if key in self._futures or _is_last(message)]

    def order(self, key: Key, word: str) -> None:
        """Tells a job "stop" or "prune"."""
        from distributed import Variable

        Variable(_order_name(self._topic, key), client=self._client).set(word)

    def close(self) -> None:
        """Cancels what waits, and tells what trains to stop."""
        for key in list(self._futures):
            self.order(key, "stop")
        self._client.cancel(list(self._futures.values()))
        self._futures = {}
        self._client.close()

    def _hear(self, event: tuple[Any, Message]) -> None:
        message = event[1]
        self._said.put(((message.pop("trial"), message.pop("repeat")), message))

    def _ended(self) -> list[tuple[Key, Message]]:
        over = [(key, future) for key, future in self._futures.items() if future.done()]
        for key, _future in over:
            del self._futures[key]
        return [(key, _result(future)) for key, future in over]


def train_remotely(job: Job, topic: str) -> Message:
    """Trains a job on a worker of the cluster; its last message is the result."""
    from distributed import Variable, get_client, get_worker

    worker, key = get_worker(), (job["trial"], job["repeat"])
    word = Variable(_order_name(topic, key), client=get_client())
    looked = time.monotonic()

    def tell(message: Message) -> None:
        worker.log_event(topic, {**message, "trial": key[0], "repeat": key[1]})

    def order() -> str:
        nonlocal looked
        if time.monotonic() - looked < LOOK_SECONDS:
            return ""
        looked = time.monotonic()
        try:
            return str(word.get(timeout=0.05))
        except TimeoutError:  # nothing was said
            return ""

    return JobTrainer().train(job, tell, order)


def _result(future: Any) -> Message:
    if future.status == "finished":
        message: Message = future.result()
        return message
    if future.status == "error":
        error = future.exception()
        reason = str(error) if isinstance(error, NNStudioError) else f"{type(error).__name__}: {error}"
        return {"event": "ended", "status": "failed", "reason": reason.splitlines()[0]}
    return {"event": "died", "code": f"the cluster lost it ({future.status})"}


def _is_last(message: Message) -> bool:
    return message["event"] in ("ended", "stopped", "died")


def _order_name(topic: str, key: Key) -> str:
    return f"{topic}-{key[0]}-{key[1]}"
