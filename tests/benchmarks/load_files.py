"""Processor time of loading files, beside other programs on the same files: ``make bench-load-files DIR=...``.

PDF is compared with ``pdftotext``, its start included, and HTML with trafilatura; both are left out where they are not
installed. Readers run in this process, with their imports done. Of each format at most `--most` files of the folder are
drawn by a hash of their paths; the longest are shown one by one, with a document of 872 pages that is made here.
"""

from __future__ import annotations

import argparse
import importlib.util
import io
import os
import shutil
import subprocess
from collections.abc import Callable, Iterable
from copy import deepcopy
from functools import partial
from pathlib import Path
from time import process_time
from typing import NamedTuple

from real_files import SUFFIXES, format_of, sampled
from results import print_table

from qa.documents.formats import READERS
from qa.errors import LoadError

LONGEST = 12
LARGEST = 5  # files of each format, beside those drawn
AS_IT_IS = {".txt", ".md"}
MADE_PAGES = 872
PARAGRAPHS_A_PAGE = 12
REPEATED_BELOW = 0.5  # seconds; the shortest of three is taken then
SENTENCES = "The committee met on Monday and agreed on the second draft of the report. Its members asked for figures. "


class Timed(NamedTuple):
    """One file, loaded by us and by another program; their seconds are of processors."""

    name: str
    format: str
    size: int
    pages: int
    characters: int
    ours: float
    other: float | None


def main() -> None:
    """Load each file by both, and print the sums and the longest."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--most", type=int, default=50, metavar="N", help="files of a format")
    options = parser.parse_args()
    others = other_programs()
    drawn = [*sampled(options.folder, SUFFIXES, options.most), *largest(options.folder)]
    files = [path for path in dict.fromkeys(drawn) if path.suffix.lower() in READERS]
    done = [timed for path in files if (timed := timed_file(path, others))]
    data = made_document()
    done.append(Timed(f"made, {MADE_PAGES} pages.docx", ".docx", len(data), *loaded(data, ".docx"), None))
    rows = []
    for form in sorted({timed.format for timed in done}, key=SUFFIXES.index):
        rows.append((form, *figures(timed for timed in done if timed.format == form)))
    columns = ("MB", "pages", "characters, thousands", "processor seconds", "other program", "ratio")
    print_table(("format", "files", *columns), rows, "By format")
    parsed = [timed for timed in done if timed.format not in AS_IT_IS]
    longest = sorted(parsed, key=lambda timed: -timed.characters)[:LONGEST]
    print_table(("file", *columns), [(timed.name, *figures([timed])[1:]) for timed in longest], "The longest")
    print("other programs: " + ", ".join(f"{name} for {form}" for form, (name, _) in others.items()))


def other_programs() -> dict[str, tuple[str, Callable[[Path], float]]]:
    """Return the installed program to compare each format with, and the function that times it."""
    programs: dict[str, tuple[str, Callable[[Path], float]]] = {}
    if pdftotext := shutil.which("pdftotext"):
        programs[".pdf"] = ("pdftotext", partial(by_pdftotext, pdftotext))
    if importlib.util.find_spec("trafilatura"):
        programs[".html"] = ("trafilatura", by_trafilatura)
    return programs


def timed_file(path: Path, others: dict[str, tuple[str, Callable[[Path], float]]]) -> Timed | None:
    """Load a file by both; None where we refuse it."""
    data = path.read_bytes()
    try:
        pages, characters, seconds = loaded(data, path.suffix.lower())
    except LoadError:
        return None
    _, other = others.get(format_of(path), ("", None))
    compared = other(path) if other else None
    return Timed(path.name, format_of(path), len(data), pages, characters, seconds, compared)


def largest(folder: Path) -> list[Path]:
    """Return the largest files of each format."""
    files = sorted((path for path in folder.rglob("*") if path.is_file()), key=lambda path: -path.stat().st_size)
    return [path for suffix in SUFFIXES for path in [one for one in files if one.suffix.lower() == suffix][:LARGEST]]


def loaded(data: bytes, suffix: str) -> tuple[int, int, float]:
    """Return how many pages and characters a reader extracts, and the processor seconds that it takes."""
    seconds: list[float] = []
    while not seconds or (sum(seconds) < REPEATED_BELOW and len(seconds) < 3):
        started = process_time()
        article = READERS[suffix](data, "file")
        seconds.append(process_time() - started)
    return len(article.page_starts), len(article.text), min(seconds)


def by_pdftotext(program: str, path: Path) -> float:
    """Return the processor seconds that pdftotext takes."""
    before = os.times()
    subprocess.run([program, "-enc", "UTF-8", str(path), "-"], capture_output=True, check=False)
    after = os.times()
    return after.children_user + after.children_system - before.children_user - before.children_system


def by_trafilatura(path: Path) -> float:
    """Return the processor seconds that trafilatura takes."""
    import trafilatura

    data = path.read_bytes()
    started = process_time()
    trafilatura.extract(data)
    return process_time() - started


def made_document() -> bytes:
    """Return a long Word document of headings, lists and paragraphs in the styles that its template has."""
    import docx

    document = docx.Document()
    styles = ["Heading 1", "Heading 2", "List Bullet", "List Number", "Quote", "Body Text", "Normal"]
    paragraphs = [document.add_paragraph(SENTENCES, style=style)._p for style in styles]
    for number in range(MADE_PAGES * PARAGRAPHS_A_PAGE - len(styles)):
        paragraphs[-1].addnext(deepcopy(paragraphs[number % len(styles)]))
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


def figures(done: Iterable[Timed]) -> tuple[str, ...]:
    """Return the count, sizes, seconds and ratio of some files."""
    done = list(done)
    compared = [timed for timed in done if timed.other is not None]
    ours, other = sum(timed.ours for timed in compared), sum(timed.other or 0 for timed in compared)
    pages = sum(timed.pages for timed in done)
    return (
        str(len(done)),
        f"{sum(timed.size for timed in done) / 1e6:.1f}",
        str(pages or "-"),
        f"{sum(timed.characters for timed in done) / 1000:,.0f}",
        f"{sum(timed.ours for timed in done):.2f}",
        f"{other:.2f}" if compared else "-",
        f"{ours / other:.1f}" if other else "-",
    )


if __name__ == "__main__":
    main()
