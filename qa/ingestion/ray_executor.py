"""A Ray cluster that does the work: one started here, or the one that ``RAY_ADDRESS`` names. Only this imports Ray.

What works on a machine of the cluster gets what it needs from the command: its settings, without the secrets among
them, and its working folder, so that paths mean the same. Ray runs whatever is sent to it: a cluster that is
started here listens on this machine's own address alone, and asks for a key that is drawn at its start.
"""

from __future__ import annotations

import logging
import os
import pickle
import platform
import secrets
import socket
import sys
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack, contextmanager, redirect_stdout
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

from qa.errors import ClusterError, QAError

Item = TypeVar("Item")
Result = TypeVar("Result")
Make = Callable[[], Callable[[Item], Result]]
Executor = Callable[[Callable[[], Callable[[Any], Any]], Sequence[Any]], Generator[Any, None, None]]
"""Has things worked on: given what makes a worker, which it may call on other machines and more than once, and the
things, it yields what the workers make of each. `on_cluster` is one."""

ADDRESS = "RAY_ADDRESS"
_MOST_BLOCKS = 10_000
_SECONDS = 30.0
_MOST_RETRIES = 5
"""Times that what a worker was doing when it ended is done again."""
_TRIES = 3
"""Starts of a cluster here: Ray gives each 30 seconds, which is too little where others keep the processors busy."""
_LOCAL = {
    # Read by Ray when it is first imported. This one has it listen on 127.0.0.1, and nowhere else.
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
    "RAY_AUTH_MODE": "token",
}
_ALWAYS = {
    "RAY_USAGE_STATS_ENABLED": "0",
    # What Ray's C++ side says of every actor's arguments; errors are raised besides.
    "RAY_BACKEND_LOG_LEVEL": "fatal",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
}


@contextmanager
def cluster() -> Iterator[None]:
    """Connect to the cluster that ``RAY_ADDRESS`` names, or start one on this machine, which ends with the block.

    What Ray prints meanwhile goes to stderr. Where this process is connected already, that is left as it is.

    Raises
    ------
    ClusterError
        If Ray is not installed, or the cluster does not start or answer.
    """
    from qa.models.onnx_session import processor_threads

    ray = import_ray()
    if ray.is_initialized():
        yield
        return
    how: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR, "configure_logging": True}
    with ExitStack() as stack:
        if _local():
            # For sockets, whose paths may not be long.
            folder = stack.enter_context(TemporaryDirectory(prefix="qa-ray-", dir="/tmp", ignore_cleanup_errors=True))
            how |= {
                "address": "local",
                "num_cpus": processor_threads(0),
                "include_dashboard": False,
                "_node_ip_address": "127.0.0.1",
                "_temp_dir": folder,
            }
        stack.enter_context(redirect_stdout(sys.stderr))
        stack.callback(ray.shutdown)
        _connect(ray, how)
        yield


def import_ray() -> Any:  # noqa: ANN401 -- mypy may not have it
    """Return Ray, with its usage statistics off.

    Raises
    ------
    ClusterError
        If it is not installed.
    """
    for name, value in {**_ALWAYS, **(_LOCAL if _local() else {})}.items():
        os.environ.setdefault(name, value)
    if _local():
        os.environ.setdefault("RAY_AUTH_TOKEN", secrets.token_hex(32))
    try:
        import ray
        import ray.data
    except ImportError as error:
        raise ClusterError(
            f"--engine ray needs a package that is not installed ({error.name}); pip install 'cited-qa[ray]'"
        ) from error
    return ray


def on_cluster(
    make: Make[Item, Result],
    items: Sequence[Item],
    *,
    threads: int,
    workers: int | None = None,
    in_order: bool = False,
) -> Generator[Result, None, None]:
    """Have things worked on by workers all over the cluster, and yield what they make of each.

    A worker that is killed is started again, and its unfinished items are done again, `_MOST_RETRIES` times.

    Parameters
    ----------
    make : callable
        Makes a worker, which is then called with one thing after the other. It is sent to where the worker runs.
    items : sequence
    threads : int
        Processors that a worker takes; 0 is one.
    workers : int, optional
        At most so many side by side; default: as many as the cluster has processors for.
    in_order : bool
        Whether results come in the order of the items; else in that in which they are done.

    Raises
    ------
    QAError
        That which a worker, or the making of one, raised first.
    ClusterError
        If the cluster is lost, or an item ends each worker.
    """
    ray = import_ray()
    if not items:
        return
    with cluster():
        logging.getLogger("ray.data").setLevel(logging.CRITICAL)
        context = ray.data.DataContext.get_current()
        context.enable_progress_bars = False
        context.execution_options.preserve_order = in_order
        threads = max(1, threads)
        most = max(1, int(ray.cluster_resources().get("CPU", 1)) // threads)
        most = max(1, min(most, workers or most, len(items)))
        # As bytes: of lists and texts the columns of a table would make something else.
        rows = [{"item": pickle.dumps(item)} for item in items]
        results = ray.data.from_items(rows, override_num_blocks=min(len(rows), _MOST_BLOCKS)).map_batches(
            _Worker,
            fn_constructor_args=(make, str(Path.cwd())),
            batch_size=1,
            num_cpus=threads,
            compute=ray.data.ActorPoolStrategy(min_size=1, max_size=most, initial_size=most),
            max_task_retries=_MOST_RETRIES,
        )
        try:
            for row in results.iter_rows():
                result = pickle.loads(row["result"])  # noqa: S301 -- Ray itself sends objects so
                if isinstance(result, QAError):
                    raise result
                yield result
        except (ray.exceptions.RaySystemError, ray.exceptions.RayActorError) as error:
            reason = str(error).strip()[:300]
            raise ClusterError(
                f"the Ray cluster was lost, or {_MOST_RETRIES + 1} workers ended at the same work ({reason})"
            ) from error


class _Worker:
    """What Ray Data keeps on a machine: it makes the worker at the first item, so that what that raises is a result."""

    def __init__(self, make: Make[Any, Any], folder: str) -> None:
        self._make = make
        self._folder = folder
        self._work: Callable[[Any], Any] | None = None

    def __call__(self, batch: dict[str, Any]) -> dict[str, list[bytes]]:
        return {"result": [pickle.dumps(self._result(pickle.loads(item))) for item in batch["item"]]}  # noqa: S301

    def _result(self, item: Any) -> Any:  # noqa: ANN401 -- whatever the work is
        try:
            if self._work is None:
                self._enter()
                self._work = self._make()
            return self._work(item)
        except QAError as error:
            return error

    def _enter(self) -> None:
        try:
            os.chdir(self._folder)
        except OSError as error:
            raise ClusterError(
                f"{self._folder}: is not there on {platform.node()} ({error.strerror}); the folder in which the command"
                " is given, and what it names, must be found by all machines"
            ) from error


def _connect(ray: Any, how: dict[str, Any]) -> None:  # noqa: ANN401 -- mypy may not have it
    for tries_left in reversed(range(_TRIES if _local() else 1)):
        try:
            _probe(os.environ.get(ADDRESS, ""))
            ray.init(**how)
        except Exception as error:  # each way of failing raises another
            if not tries_left:
                where = "here" if _local() else f"at {os.environ[ADDRESS]}"
                reason = " ".join(str(error).split())[:300] or type(error).__name__
                raise ClusterError(f"no Ray cluster {where} ({reason}); {ADDRESS} says where it is") from error
        else:
            return


def _probe(address: str) -> None:
    """Check that something listens at HOST:PORT: Ray would wait for minutes."""
    host, _, port = address.rpartition("/")[2].rpartition(":")
    if port.isdigit():
        socket.create_connection((host.strip("[]"), int(port)), _SECONDS).close()


def _local() -> bool:
    return os.environ.get(ADDRESS, "") in {"", "local"}
