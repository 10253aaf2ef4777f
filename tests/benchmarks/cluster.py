"""Processor time of a Ray cluster on this machine, compared with the process itself: `make bench-cluster`."""

from __future__ import annotations

import argparse
import os
import tempfile
from contextlib import suppress
from functools import partial
from pathlib import Path
from threading import Event, Thread
from time import process_time, thread_time

from served import family, processor_seconds_of

from qa.ingestion.ingest import ingest
from qa.ingestion.ray_executor import cluster, on_cluster

SAMPLES = Path(__file__).parents[2] / "data" / "articles"
MEGABYTE = 1_000_000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--copies", type=int, default=8, help="of the sample articles")
    copies = parser.parse_args().copies
    with tempfile.TemporaryDirectory() as folder:
        articles = Path(folder, "articles")
        articles.mkdir()
        for path in SAMPLES.iterdir():
            for number in range(copies):
                # One word more, so that no two are the same.
                text = f"{path.read_text(encoding='utf-8')}\nCopy {number}.\n"
                (articles / f"{number:04}-{path.name}").write_text(text, encoding="utf-8")
        count = len(list(articles.iterdir()))

        before = process_time()
        ingest([str(articles)], f"{folder}/here")
        here = process_time() - before

        before = process_time()
        with cluster(), Watch() as watch:
            started = process_time() - before + watch.taken()
            ingest([str(articles)], f"{folder}/shared", executor=partial(on_cluster, threads=0))
            work = process_time() - before + watch.taken() - started
    print(f"{count} articles, processor seconds an article: here {here / count:.2f}, by Ray {work / count:.2f}")
    print(f"ratio {work / here:.2f}; besides, {started:.1f} s to start the cluster")
    print(f"memory of a worker, MB: {', '.join(f'{each:.0f}' for each in watch.held.values())}")


class Watch(Thread):
    """Measures the processes that this one started twice a second, since those of an ended one are unknown.

    Attributes
    ----------
    held : dict of int to float
        Peak memory of each worker, in megabytes.
    """

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.held: dict[int, float] = {}
        self._seconds: dict[int, float] = {}
        self._own = 0.0
        self._ended = Event()

    def __enter__(self) -> Watch:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self.join()

    def run(self) -> None:
        """Look until the block ends."""
        while not self._ended.wait(0.5):
            self._look()
            self._own = thread_time()

    def taken(self) -> float:
        """Return the processor seconds of those processes so far, less what looking took of this one."""
        self._look()
        return sum(self._seconds.values()) - self._own

    def _look(self) -> None:
        for process in family(os.getpid())[1:]:
            # An ended process keeps its last value.
            with suppress(OSError, ValueError):
                self._seconds[process] = processor_seconds_of(process)
                if "ray::MapWorker" in Path(f"/proc/{process}/cmdline").read_text(errors="replace"):
                    self.held[process] = memory(process)


def memory(process: int) -> float:
    """Return the most that a process held, in megabytes."""
    status = Path(f"/proc/{process}/status").read_text()
    [line] = [line for line in status.splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) * 1024 / MEGABYTE


if __name__ == "__main__":
    main()
