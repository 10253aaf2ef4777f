"""Workers on a Ray cluster: the one that ``RAY_ADDRESS`` names, or one started on this machine.

The command sends workers its settings, without secrets, and its working folder, so that relative paths mean the same.
Ray executes whatever is sent to it, so a cluster started here listens on a loopback address only and requires a random
token.
"""

from __future__ import annotations

import logging
import os
import pickle
import platform
import secrets
import socket
import sys
import warnings
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import ExitStack, contextmanager, redirect_stdout
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

from qa.errors import ClusterError, QAError
from qa.text.lines import one_line

Item = TypeVar("Item")
Result = TypeVar("Result")
Make = Callable[[], Callable[[Item], Result]]
Executor = Callable[[Callable[[], Callable[[Any], Any]], Sequence[Any]], Generator[Any, None, None]]
"""Called with a function that creates a worker, and items; yields the worker's result for each item. The function may
run several times and on other machines. `on_cluster` is one."""

_ADDRESS = "RAY_ADDRESS"
_MAX_BLOCKS = 10_000
_CONNECT_SECONDS = 30.0
_MAX_RETRIES = 5  # retries of an item whose worker was killed
_START_ATTEMPTS = 3  # attempts to start a local cluster: Ray's limit of 30 seconds is too short on a busy machine
_LOCAL = {
    # Read by Ray when it is imported. The first makes it listen on 127.0.0.1 only.
    "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0",
    "RAY_AUTH_MODE": "token",
}
_ALWAYS = {
    "RAY_USAGE_STATS_ENABLED": "0",
    # Ray's C++ code logs the arguments of every actor; errors are raised anyway.
    "RAY_BACKEND_LOG_LEVEL": "fatal",
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
}


@contextmanager
def cluster() -> Iterator[None]:
    """Connect to the cluster that ``RAY_ADDRESS`` names, or start one on this machine for the block.

    Ray's output goes to stderr. An existing connection of this process is used as it is.

    Raises
    ------
    ClusterError
        If Ray is not installed, or the cluster does not start or respond.
    """
    from qa.models.onnx_session import processor_threads

    ray = import_ray()
    if ray.is_initialized():
        yield
        return
    how: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR, "configure_logging": True}
    with ExitStack() as stack:
        if _local():
            # Paths of sockets must be short.
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
    """Import and return Ray, with its usage statistics disabled; raise a `ClusterError` if it is not installed."""
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
    make: Make[Item, Result], items: Sequence[Item], *, threads: int, workers: int | None = None, in_order: bool = False
) -> Generator[Result, None, None]:
    """Process items with workers on all machines of the cluster, and yield the results.

    A killed worker is restarted and its unfinished items are repeated, up to `_MAX_RETRIES` times.

    Parameters
    ----------
    make : callable
        Creates a worker, a function of one item. It is called on the worker's machine.
    threads : int
        Processors per worker; 0 is one.
    workers : int, optional
        Maximum number of workers; by default as many as the cluster has processors for.
    in_order : bool
        Whether results are yielded in the order of the items, not of their completion.

    Raises
    ------
    QAError
        The first error of a worker or of `make`.
    ClusterError
        If the cluster is lost, or an item kills every worker.
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
        # Pickled, because the columns of a Ray table would convert lists and texts.
        rows = [{"item": pickle.dumps(item)} for item in items]
        table = ray.data.from_items(rows, override_num_blocks=min(len(rows), _MAX_BLOCKS))
        with warnings.catch_warnings():
            # Ray 2.60 to 2.63 has no other way to limit retries, but deprecates this one.
            warnings.filterwarnings("ignore", ".ray_remote_args. is deprecated")
            results = table.map_batches(
                _Worker,
                fn_constructor_args=(make, str(Path.cwd())),
                batch_size=1,
                num_cpus=threads,
                compute=ray.data.ActorPoolStrategy(min_size=1, max_size=most, initial_size=most),
                max_task_retries=_MAX_RETRIES,
            )
        try:
            for row in results.iter_rows():
                result = pickle.loads(row["result"])  # noqa: S301 -- Ray itself uses pickle
                if isinstance(result, QAError):
                    raise result
                yield result
        except (ray.exceptions.RaySystemError, ray.exceptions.RayActorError) as error:
            reason = str(error).strip()[:300]
            raise ClusterError(
                f"the Ray cluster was lost, or one item killed {_MAX_RETRIES + 1} workers ({reason})"
            ) from error


class _Worker:
    """The actor of Ray Data. It creates the worker at the first item, so that errors can be returned as results."""

    def __init__(self, make: Make[Any, Any], folder: str) -> None:
        self._make = make
        self._folder = folder
        self._work: Callable[[Any], Any] | None = None

    def __call__(self, batch: dict[str, Any]) -> dict[str, list[bytes]]:
        return {"result": [pickle.dumps(self._result(pickle.loads(item))) for item in batch["item"]]}  # noqa: S301

    def _result(self, item: Any) -> Any:  # noqa: ANN401 -- any item
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
                f"{self._folder}: is missing on {platform.node()} ({error.strerror}); put the working folder of the"
                " command and the files it names on a drive that all machines share"
            ) from error


def _connect(ray: Any, how: dict[str, Any]) -> None:  # noqa: ANN401 -- mypy may not have it
    for tries_left in reversed(range(_START_ATTEMPTS if _local() else 1)):
        try:
            _probe(os.environ.get(_ADDRESS, ""))
            ray.init(**how)
        except Exception as error:  # Ray has no common base class
            if not tries_left:
                where = "here" if _local() else f"at {os.environ[_ADDRESS]}"
                reason = one_line(str(error))[:300] or type(error).__name__
                raise ClusterError(
                    f"no Ray cluster {where} ({reason}); set {_ADDRESS} to the address of one"
                ) from error
        else:
            return


def _probe(address: str) -> None:
    """Check that something listens at HOST:PORT, since Ray would wait for minutes."""
    host, _, port = address.rpartition("/")[2].rpartition(":")
    if port.isdigit():
        socket.create_connection((host.strip("[]"), int(port)), _CONNECT_SECONDS).close()


def _local() -> bool:
    return os.environ.get(_ADDRESS, "") in {"", "local"}
