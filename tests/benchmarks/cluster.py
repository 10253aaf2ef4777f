"""What a Ray cluster on this machine costs beside the process itself, in processor time: `make bench-cluster`."""

from __future__ import annotations

import argparse
import os
import tempfile
from functools import partial
from pathlib import Path
from time import process_time

from qa.cluster import cluster, on_cluster
from qa.ingest import ingest, ingest_in_shards

SAMPLES = Path(__file__).parents[2] / "data" / "articles"
TICKS = os.sysconf("SC_CLK_TCK")
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
        with cluster():
            started = process_time() - before + taken()
            by_others, held = 0.0, [0.0]

            def note(*_: int) -> None:
                """Look at the workers while they are there."""
                nonlocal by_others, held
                by_others = taken()
                held = [memory(process) for process in descendants() if "ray::MapWorker" in name_of(process)] or held

            ingest_in_shards([str(articles)], f"{folder}/shared", partial(on_cluster, threads=0), progress=note)
            work = process_time() - before + by_others - started
    print(f"{count} articles, processor seconds an article: here {here / count:.2f}, by Ray {work / count:.2f}")
    print(f"ratio {work / here:.2f}; besides, {started:.1f} s to start the cluster")
    print(f"memory of a worker, MB: {', '.join(f'{each:.0f}' for each in held)}")


def descendants() -> set[int]:
    """Return the processes that this one started, and those that they started."""
    parents = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(path.parent.name)] = int(path.read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
    found = {os.getpid()}
    while more := {process for process, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {os.getpid()}


def taken() -> float:
    """Return the processor seconds of those processes, and of those of their children that have ended."""
    total = 0
    for process in descendants():
        try:
            fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        total += sum(map(int, fields[11:15]))
    return total / TICKS


def name_of(process: int) -> str:
    return Path(f"/proc/{process}/cmdline").read_text(errors="replace")


def memory(process: int) -> float:
    """Return the most that a process held, in megabytes."""
    status = Path(f"/proc/{process}/status").read_text()
    [line] = [line for line in status.splitlines() if line.startswith("VmHWM")]
    return int(line.split()[1]) * 1024 / MEGABYTE


if __name__ == "__main__":
    main()
