"""Add each hostile file to a visitor's library, as the page does, and ask about it: ``make campaign-documents``.

Each must give a document or an error that names the file, within the time allowed, and must not change the server's
answers or memory, or leave a process running. Times are processor times of the server and its reader processes.
"""

from __future__ import annotations

import argparse
import os
import resource
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from conftest import ARTICLES
from documents.test_sandbox import children
from hostile_files import DAMAGED, LARGE, PRIVATE, SMALL, named

from qa import QA, QAError, Settings
from qa.web.library_registry import LibraryRegistry

QUESTION = "Which fighter jets did China buy?"
KINDS = {"small": SMALL, "damaged": DAMAGED, "large": LARGE}


@dataclass
class Tried:
    """What came of one file: its kind, what happened, and the processor seconds that adding it and asking took."""

    what: str
    outcome: str
    adding: float
    asking: float = 0.0

    @property
    def kind(self) -> str:
        """What sort of file it is."""
        return self.what.partition(":")[0]


def try_all(registry: LibraryRegistry, kinds: Iterable[str], only: str) -> list[Tried]:
    """Add each file to a new library, and ask; print the outcome of each."""
    expected = registry.shared.ask(QUESTION).text
    tried = []
    for what, name, make in named([KINDS[kind] for kind in kinds]):
        if only not in what:
            continue
        data = make()
        library = registry.open(registry.new_key())
        library.last_used = -1e9  # the next sweep takes it
        started = processor_seconds()
        try:
            document = library.add_file(data, name).document
        except QAError as error:
            outcome = "error" if str(error).startswith(f"{name}: ") else f"lost: {error}"
            one = Tried(what, outcome, processor_seconds() - started)
        else:
            one = Tried(what, "document", processor_seconds() - started)
            started = processor_seconds()
            answer = library.bot.ask(QUESTION)
            for citation in answer.citations:
                text = library.documents[citation.document].text
                if text[citation.start : citation.end] != citation.text:
                    one.outcome = "lost: an excerpt is not verbatim"
            one.asking = processor_seconds() - started
            if PRIVATE in document.text:
                one.outcome = "lost: it holds a file of this machine"
        if registry.shared.ask(QUESTION).text != expected:
            one.outcome = "lost: the shared articles answer otherwise"
        print(f"{what}: {one.outcome}, {one.adding:.1f} s, asked {one.asking:.1f} s", file=sys.stderr, flush=True)
        tried.append(one)
    return tried


def table(tried: Iterable[Tried]) -> str:
    """Return the outcomes by kind of file as Markdown."""
    lines = [
        "| files | tried | documents | errors | lost | slowest | asked, slowest |",
        "|---|---|---|---|---|---|---|",
    ]
    tried = list(tried)
    for kind in [*dict.fromkeys(one.kind for one in tried), "**in all**"]:
        rows = [one for one in tried if kind in {one.kind, "**in all**"}]
        counts = [sum(one.outcome.startswith(outcome) for one in rows) for outcome in ("document", "error", "lost")]
        times = f"{max(one.adding for one in rows):.1f} s | {max(one.asking for one in rows):.1f} s"
        lines.append(f"| {kind} | {len(rows)} | {counts[0]} | {counts[1]} | {counts[2]} | {times} |")
    return "\n".join(lines)


def processor_seconds() -> float:
    """Return the processor time of this process and of its children that have ended."""
    times = os.times()
    return times.user + times.system + times.children_user + times.children_system


def resident() -> float:
    """Return the memory of this process, in megabytes."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 1e6


def main() -> None:
    """Try every file, and print what came of them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kinds", choices=KINDS, nargs="+", default=list(KINDS), help="these files alone")
    parser.add_argument("--only", default="", metavar="TEXT", help="files whose description holds this")
    options = parser.parse_args()
    bot = QA.from_path(ARTICLES, settings=Settings(per_visitor_mb=200))
    registry = LibraryRegistry(bot)
    bot.ask(QUESTION)
    before = resident()
    tried = try_all(registry, options.kinds, options.only)
    registry.sweep()
    print(table(tried))
    most = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1000
    print(
        f"\nmemory of the server: {before:.0f} MB before, {resident():.0f} MB after; of a reader at most {most:.0f} MB"
    )
    print(f"processes left: {len(children(os.getpid()))}, the one that waits for the next file")
    losses = [f"{one.what}: {one.outcome}" for one in tried if one.outcome.startswith("lost")]
    sys.exit("\n".join(losses) or None)


if __name__ == "__main__":
    main()
