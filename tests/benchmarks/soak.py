"""Some visitors for half an hour, one visit after the other: ``make soak``.

A visit opens the page, adds an article every second time, asks ten questions with pauses, opens the source of each
answer and leaves. The memory, the open files and the temporary files of the server and its child processes are counted
meanwhile, and drawn with the times to answer.
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from time import monotonic, sleep

import numpy as np
from crowd import Crowd
from served import ROOT, family, family_memory_mb, served
from soak_picture import draw
from visitors import PAGE_CLOSED_SECONDS

MOST_PAUSE_SECONDS = 4.0
SECONDS_BETWEEN = 5.0
SETTLED_SHARE = 1 / 3
"""Of the time, before memory is expected to be flat: caches fill and arenas of memory are made."""
SAMPLES = ROOT / "runs" / "soak.jsonl"
PICTURE = ROOT / "tests" / "soak.svg"


@dataclass
class Sample:
    """What is counted at a time, and the answers since the time before.

    Attributes
    ----------
    minutes : float
        Since the start.
    memory_mb : float
        Of the server and its child processes together.
    processes, threads, open_files, temporary_files : int
    seconds : list of float
        Taken by each answer.
    """

    minutes: float
    memory_mb: float
    processes: int
    threads: int
    open_files: int
    temporary_files: int
    seconds: list[float]


def count(pid: int, temporary: Path, started: float, seconds: list[float]) -> Sample:
    """Measure the server's memory and files."""
    pids = family(pid)
    return Sample(
        minutes=(monotonic() - started) / 60,
        memory_mb=family_memory_mb(pid),
        processes=len(pids),
        threads=sum(len(list(Path(f"/proc/{one}/task").iterdir())) for one in pids),
        open_files=sum(len(list(Path(f"/proc/{one}/fd").iterdir())) for one in pids),
        temporary_files=sum(path.is_file() for path in temporary.rglob("*")),
        seconds=seconds,
    )


def slope(samples: Sequence[Sample]) -> tuple[float, float]:
    """Return how memory grows in megabytes an hour, and twice the standard error of that.

    By least squares on the means of each minute, which are less correlated than single measurements.
    """
    minutes = np.array([int(sample.minutes) for sample in samples])
    memory = np.array([sample.memory_mb for sample in samples])
    times = np.unique(minutes)
    means = np.array([memory[minutes == time].mean() for time in times])
    hours = (times - times.mean()) / 60
    grown = float(hours @ means / (hours @ hours))
    left = means - means.mean() - grown * hours
    return grown, 2 * float(np.sqrt(left @ left / max(1, len(times) - 2) / (hours @ hours)))


def main() -> None:
    """Run, print and draw."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--visitors", type=int, default=4)
    wanted = parser.parse_args()
    SAMPLES.parent.mkdir(exist_ok=True)
    samples: list[Sample] = []
    with tempfile.TemporaryDirectory() as folder, SAMPLES.open("w", encoding="utf-8") as kept:
        temporary = Path(folder)
        with served(TMPDIR=folder, QA_CASES_FILE="") as (address, pid):
            started = monotonic()
            crowd = Crowd(address, wanted.visitors, MOST_PAUSE_SECONDS)

            def note() -> None:
                counted = sum(len(sample.seconds) for sample in samples)
                samples.append(count(pid, temporary, started, crowd.seconds[counted:]))
                kept.write(json.dumps(asdict(samples[-1])) + "\n")
                kept.flush()

            while monotonic() < started + 60 * wanted.minutes:
                sleep(SECONDS_BETWEEN)
                note()
            crowd.stop()
            note()
            sleep(PAGE_CLOSED_SECONDS)
            note()
        left = [path.relative_to(temporary) for path in temporary.rglob("*")]
    print_summary(samples, crowd, left)
    PICTURE.write_text(draw(samples), encoding="utf-8")


def print_summary(samples: Sequence[Sample], crowd: Crowd, left: Sequence[Path]) -> None:
    """Print what was counted."""
    *during, _, after = samples
    settled = [sample for sample in during if sample.minutes >= during[-1].minutes * SETTLED_SHARE]
    seconds = [taken for sample in samples for taken in sample.seconds]
    grown, error = slope(settled)
    print(f"{during[-1].minutes:.0f} minutes, {dict(crowd.counts)}")
    print(f"  errors {len(crowd.problems)}", *crowd.problems[:10], sep="\n    ")
    print(f"  seconds to answer: median, 95th percentile, slowest {np.percentile(seconds, [50, 95, 100]).round(2)}")
    for name in ("memory_mb", "processes", "threads", "open_files", "temporary_files"):
        values = [getattr(sample, name) for sample in settled]
        print(f"  {name}: {min(values):.0f} to {max(values):.0f}; after all left {getattr(after, name):.0f}")
    print(
        f"  memory from minute {settled[0].minutes:.0f} on grows by {grown:+.1f} MB an hour, give or take {error:.1f}"
    )
    print(f"  files left behind after the end: {len(left)}", *left, sep="\n    ")
    print(f"  load of the machine {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores")


if __name__ == "__main__":
    main()
