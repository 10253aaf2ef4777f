"""1, 10 and 50 visitors at once, and more than the queue takes: ``make campaign-load``.

Each opens the page, adds an article every second time, asks ten questions without a pause between them, opens the
source of each answer, leaves, and returns. The app runs as in production, in a separate process; the limits per address
are off, since all visitors have the same one.
"""

from __future__ import annotations

import argparse
import os
import sys
from time import perf_counter, sleep

import numpy as np
from crowd import Crowd
from results import print_table
from served import family_memory_mb, served

WITHIN = (1, 10, 50)
BEYOND = 120
"""More visitors than parallel and queued questions together."""
COLUMNS = (
    "visitors",
    "visits",
    "articles added",
    "answers",
    "refused",
    "errors",
    "answers a second",
    "median, s",
    "95th percentile, s",
    "slowest, s",
    "memory, MB",
    "load",
)


def main() -> None:
    """Run each crowd for its time, print the results, and fail after an error or a needless refusal."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=5.0, help="for each number of visitors")
    minutes = parser.parse_args().minutes
    print_table(COLUMNS, [])
    failed: list[str] = []
    problems: list[str] = []
    unlimited = dict.fromkeys(
        ("QA_PER_VISITOR_QUESTIONS_PER_MINUTE", "QA_PER_VISITOR_REQUESTS_PER_MINUTE", "QA_PER_VISITOR_LIBRARIES"),
        "1000000",
    )
    with served(QA_CASES_FILE="", **unlimited) as (address, pid):
        for size in (*WITHIN, BEYOND):
            crowd = Crowd(address, size)
            started = perf_counter()
            sleep(60 * minutes)
            counts, duration = dict(crowd.counts), perf_counter() - started
            memory = family_memory_mb(pid)
            crowd.stop()
            answers, refused = counts.get("answers", 0), counts.get("refusals", 0)
            figures = [size, *(counts.get(name, 0) for name in ("visits", "articles", "answers", "refusals"))]
            shares = np.percentile(crowd.seconds or [np.nan], [50, 95, 100])
            times = [answers / duration, *shares, memory, os.getloadavg()[0]]
            row = [*map(str, figures), str(len(crowd.problems)), *(f"{time:.2f}" for time in times)]
            print(f"| {' | '.join(row)} |", flush=True)
            problems += crowd.problems[:5]
            failed += crowd.problems + ["refused"] * (refused if size in WITHIN else 0)
    print(*problems, sep="\n")
    sys.exit(bool(failed))


if __name__ == "__main__":
    main()
