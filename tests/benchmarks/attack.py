"""Attack a server that is started for it, as an attacker could: ``make campaign-attack``.

In each of its two forms, as on one's own computer and as on a Space, each known attack is tried. Then request bodies
are changed at random (`attack_fuzz`) for the rest of the time. Meanwhile another visitor asks a question with a known
answer. An attack is lost if that visitor waits too long or gets no answer, if the server's memory, files or log grow
too much, if its log gets a traceback or control characters, or if it reaches something forbidden: an address, a
named pipe, a private file. All requests stay on this computer; a server in its public form listens on all addresses.
"""

from __future__ import annotations

import argparse
import os
import re
import signal
import sys
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from time import monotonic, sleep

import attack_files as files
import attack_texts as texts
import httpx
from attack_files import Scene
from attack_fuzz import fuzz
from attack_requests import Attacker, Page
from attack_server import FORMS, OtherVisitor, Sampler, Server

MOST_SECONDS = 2.0
"""For an answer to the other visitor."""
MOST_MEMORY = 1.2
"""Times what the server held before."""
MOST_DISK_MB = 10.0
MOST_LOG_KB = 100.0
LONGEST_LOG_LINE = 4000  # bytes
SETTLING_SECONDS = 8.0
RECOVERY_SECONDS = 30.0
FUZZ = "fuzz"

ATTACKS: dict[str, Callable[[Scene], list[str]]] = {
    "filedata": files.filedata,
    "component-pipe": files.component_pipe,
    "component-descriptors": files.component_descriptors,
    "component-kinds": files.component_kinds,
    "gzip-bomb": files.gzip_bomb,
    "large-picture": files.large_picture,
    "idle-uploads": files.idle_uploads,
    "private-paths": files.private_paths,
    "addresses": files.addresses,
    "returned-html": texts.returned_html,
    "long-history": texts.long_history,
    "long-documents": texts.long_documents,
    "forged-cases": texts.forged_cases,
    "malformed": texts.malformed,
    "numbers": texts.numbers_and_nesting,
    "escapes": texts.escape_sequences,
    "origins": texts.other_origins,
    "forwarded": texts.forwarded_for,
}
ONE_FORM = {"origins": "home", "forwarded": "public"}
"""Attacks on what the other form does not promise: any site may ask a Space; at home 20,000 requests are let in."""


@dataclass
class Outcome:
    """What came of an attack.

    Attributes
    ----------
    name, form : str
    statuses : Counter
        Of what was sent.
    slowest : float
        Seconds that the other visitor waited at most.
    memory : float
        The most, in what it was before.
    disk_mb, log_kb : float
        Grown by, the disk at most.
    hits : int
        Of the canary and the pipe.
    tracebacks : int
    losses : list of str
    """

    name: str
    form: str
    statuses: Counter[str] = field(default_factory=Counter)
    slowest: float = 0.0
    memory: float = 1.0
    disk_mb: float = 0.0
    log_kb: float = 0.0
    hits: int = 0
    tracebacks: int = 0
    losses: list[str] = field(default_factory=list)

    def row(self) -> str:
        """Return it as a line of a Markdown table."""
        counts = ", ".join(f"{count} {what}" for what, count in sorted(self.statuses.items()))
        figures = f"{self.slowest:.1f} s | {self.memory:.2f} | {self.disk_mb:.1f} | {self.log_kb:.0f}"
        lost = "; ".join(self.losses) or "held"
        return f"| {self.name} | {self.form} | {counts} | {figures} | {self.hits} | {self.tracebacks} | {lost} |"


HEAD = (
    "| attack | form | replies | another's answer, slowest | memory, times | disk, MB | log, kB | reached | tracebacks "
    "| outcome |\n|---|---|---|---|---|---|---|---|---|---|"
)


def attempt(
    server: Server, other: OtherVisitor, sampler: Sampler, name: str, run: Callable[[Scene], list[str]], seconds: float
) -> Outcome:
    """Run one attack on a server that answers, and judge what came of it."""
    outcome = Outcome(name, server.form)
    sampler.reset()
    memory, disk, log, hits = sampler.memory_mb, sampler.disk_mb, server.log_bytes(), _hits(server)
    canary = len(server.traps.canary.hits)
    started = monotonic()
    number = 1 + (list(ATTACKS).index(name) if name in ATTACKS else len(ATTACKS))
    attacker = Attacker(server.address, [f"127.0.{part}.{number}" for part in (10, 11, 12, 13)])
    try:
        outcome.losses += run(Scene(server, Page(server.address), attacker, started + seconds))
    except httpx.HTTPError as error:
        outcome.losses.append(f"the server did not tell of its page: {type(error).__name__}")
    outcome.losses += sorted(set(attacker.found))
    outcome.statuses = attacker.statuses
    attacker.close()
    ended = monotonic()
    recovered = other.answered_since(ended, RECOVERY_SECONDS)
    server.traps.pipe.release()
    asked = other.since(started)
    outcome.slowest = max([taken for _, taken, _ in asked] or [monotonic() - started])
    outcome.memory = sampler.memory_mb / memory
    outcome.disk_mb = sampler.disk_mb - disk
    log_text = server.log_text(log)
    outcome.log_kb = (server.log_bytes() - log) / 1000
    outcome.hits = _hits(server) - hits
    outcome.tracebacks = len(re.findall(r"^Traceback \(most recent", log_text, re.MULTILINE))
    reached = server.traps.canary.hits[canary:]
    problems = Counter(problem for _, _, problem in asked if problem)
    checks = {
        "the server ended": not server.lives,
        f"no answer within {RECOVERY_SECONDS:.0f} s afterwards": server.lives and not recovered,
        "; ".join(f"{count} answers lost ({problem})" for problem, count in problems.items()): bool(problems),
        f"an answer took over {MOST_SECONDS:.0f} s": outcome.slowest > MOST_SECONDS,
        f"memory over {MOST_MEMORY} times": outcome.memory > MOST_MEMORY,
        f"files grew by over {MOST_DISK_MB:.0f} MB": outcome.disk_mb > MOST_DISK_MB,
        f"the log grew by over {MOST_LOG_KB:.0f} kB": outcome.log_kb > MOST_LOG_KB,
        "a long line in the log": any(len(line) > LONGEST_LOG_LINE for line in log_text.splitlines()),
        "control characters in the log": bool(re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]", log_text)),
        "tracebacks in the log": outcome.tracebacks > 0,
        f"reached: {', '.join(sorted(set(reached))[:3]) or 'the pipe'}": outcome.hits > 0,
        "the private file was copied": server.copied_the_secret(),
    }
    outcome.losses += [problem for problem, happened in checks.items() if happened]
    return outcome


def _hits(server: Server) -> int:
    return len(server.traps.canary.hits) + server.traps.pipe.opened


def attack(form: str, names: list[str], minutes: float, seed: int) -> list[Outcome]:
    """Try all attacks on a server in one form, then fuzz it until the time is over. A loss restarts the server."""
    until = monotonic() + 60 * minutes
    outcomes: list[Outcome] = []
    with Server(form) as server:
        other = sampler = None
        for name in names:
            if ONE_FORM.get(name, form) != form:
                continue
            if other is None or sampler is None:
                other, sampler = OtherVisitor(server), Sampler(server)
                other.answered_since(monotonic(), 60)
                # From the first article that anybody adds, a process waits for the next one.
                Attacker(server.address, "127.0.0.9").call_named("add_document", {"text": "Bees dance.", "title": "B"})
                sleep(SETTLING_SECONDS)
            seconds = until - monotonic() if name == FUZZ else files.SECONDS
            if seconds <= 0:
                outcomes.append(Outcome(name, form, losses=["not tried: no time was left"]))
                print(outcomes[-1].row(), flush=True)
                continue
            run = partial(fuzz, start=seed) if name == FUZZ else ATTACKS[name]
            outcome = attempt(server, other, sampler, name, run, seconds)
            outcomes.append(outcome)
            print(outcome.row(), flush=True)
            if outcome.losses:
                other.stop()
                sampler.stop()
                other = sampler = None
                server.stop()
                server.clear()
                if name != names[-1]:
                    server.start()
        if other is not None and sampler is not None:
            other.stop()
            sampler.stop()
    return outcomes


def main() -> None:
    """Attack both forms, print what came of it, and fail where anything was lost."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=30.0, help="in all, half for each form")
    parser.add_argument("--seed", type=int, default=0, help="of what is sent at random")
    parser.add_argument("--form", choices=FORMS, nargs="+", default=list(FORMS), help="this form alone")
    parser.add_argument(
        "--only", choices=[*ATTACKS, FUZZ], nargs="+", default=[*ATTACKS, FUZZ], help="these attacks alone"
    )
    options = parser.parse_args()
    for number in (signal.SIGTERM, signal.SIGINT):  # the servers end with this process
        signal.signal(number, signal.default_int_handler)
    print(HEAD, flush=True)
    outcomes = []
    for form in options.form:
        outcomes += attack(form, options.only, options.minutes / len(options.form), options.seed)
    lost = [outcome for outcome in outcomes if outcome.losses]
    print(f"\n{len(outcomes)} attacks, {len(lost)} lost; load of the machine {os.getloadavg()[0]:.1f}")
    sys.exit(bool(lost))


if __name__ == "__main__":
    main()
