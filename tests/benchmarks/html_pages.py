"""The article in a web page, beside trafilatura and readability-lxml: ``make bench-html DIR=...``.

``DIR`` is the folder ``tests`` of trafilatura's source repository, with ``evaldata.json`` and the pages in ``eval`` and
``cache``; where it is absent, nothing is measured. Its scoring: each page has up to six short texts that belong to the
article, and as many that do not, and each is found in the result or not. Half of the pages, chosen by a hash of their
names, were read while the rules were written; the other half was not.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import logging
import re
import sys
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from time import process_time
from typing import Any

from qa.documents.formats.html import read_html
from qa.errors import LoadError

Extract = Callable[[bytes], str]
Counts = tuple[int, int, int]


def ours(page: bytes) -> str:
    """Return what the HTML reader takes of a page."""
    return read_html(page, "page.html").text


def by_trafilatura(page: bytes) -> str:
    """Return what trafilatura extracts, with the options of its own evaluation."""
    from trafilatura import extract

    return extract(page, include_comments=False, include_tables=True, include_formatting=False) or ""


def by_readability(page: bytes) -> str:
    """Return what readability-lxml takes of it, as in trafilatura's evaluation."""
    from readability import Document
    from trafilatura.utils import decode_file

    summary: str = Document(decode_file(page)).summary()
    return summary


def counted(expected: dict[str, Any], text: str) -> Counts:
    """Return how many texts were rightly taken, wrongly taken, and missed."""
    given = _normal(text)
    right = sum(_normal(part) in given for part in expected["with"])
    wrong = sum(_normal(part) in given for part in expected["without"])
    return right, wrong, len(expected["with"]) - right


def in_first_half(name: str) -> bool:
    """Tell whether the page was read while the rules were written."""
    return hashlib.sha256(name.encode()).digest()[0] % 2 == 0


def measure(name: str, extract: Extract, pages: list[tuple[dict[str, Any], bytes]]) -> None:
    """Print a line: the scores on both halves and on all pages, pages refused, and processor time."""
    counts: dict[bool, list[Counts]] = {True: [], False: []}
    refused, started = 0, process_time()
    for expected, page in pages:
        try:
            text = extract(page)
        except (LoadError, ValueError):
            text = ""
            refused += 1
        counts[in_first_half(expected["file"])].append(counted(expected, text))
    seconds = process_time() - started
    scores = [_scores(counts[False]), _scores(counts[True]), _scores([*counts[True], *counts[False]])]
    cells = [f"{scores[0][2]:.4f}", f"{scores[1][2]:.4f}", *(f"{score:.4f}" for score in scores[2])]
    print(f"| {name} | {' | '.join(cells)} | {refused} | {1000 * seconds / len(pages):.0f} |", flush=True)


def _scores(counts: list[Counts]) -> tuple[float, float, float]:
    right, wrong, missed = map(sum, zip(*counts, strict=True))
    return right / (right + wrong), right / (right + missed), 2 * right / (2 * right + wrong + missed)


def _normal(text: str) -> str:
    return re.sub(r"\s+", " ", text).strip()


def main() -> None:
    """Print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, nargs="?", default=Path("evaluation"))
    folder = parser.parse_args().folder
    if not (folder / "evaldata.json").is_file():
        sys.exit(f"skipped: {folder / 'evaldata.json'} is not there")
    logging.disable(logging.CRITICAL)
    gold = json.loads((folder / "evaldata.json").read_text(encoding="utf-8")).values()
    # In trafilatura's order: the cache first.
    candidates = [(each, [folder / part / each["file"] for part in ("cache", "eval")]) for each in gold]
    pages = [(each, next(path for path in paths if path.is_file()).read_bytes()) for each, paths in candidates]
    print(f"{len(pages)} pages of trafilatura's evaluation\n")
    print("| | F, test half | F, development half | precision, all | recall, all | F, all | refused | ms a page |")
    print("|---|---|---|---|---|---|---|---|")
    measure("Cited QA", ours, pages)
    measure(f"trafilatura {version('trafilatura')}", by_trafilatura, pages)
    try:
        name = f"readability-lxml {version('readability-lxml')}"
        by_readability(b"<p>Bees dance.</p>")
    except ImportError:
        print("\nreadability-lxml is not installed")
    else:
        measure(name, by_readability, pages)


if __name__ == "__main__":
    main()
