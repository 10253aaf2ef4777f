"""Load all files of a folder, and measure the quality of their texts: ``make campaign-real-files DIR=...``.

Each file is read as a visitor's is: in the sandbox, with its limits, two at a time. The extracted text is compared with
all text of the file, see `real_files_reference`; nothing is downloaded. Files of a kind are drawn by a hash of their
paths if there are more than ``--most``. ``--keep`` writes the counts of each file, and ``--before`` shows those of an
earlier run beside these.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor, as_completed
from contextlib import suppress
from pathlib import Path
from typing import Any

import real_files_measures as measures
from real_files_reference import missing_tools, pdf_layout, reference_text
from results import print_table
from served import family

from qa.documents.loader import load_bytes
from qa.documents.sandbox import Sandbox
from qa.errors import LoadError
from qa.settings import Settings

PARALLEL_FILES = 2
_FORMATS = (
    ".pdf .html .htm .xhtml .docx .pptx .xlsx .odt .ods .odp .rtf .epub .eml .ipynb .csv .tsv .txt .md .markdown .rst"
    " .org .log .srt .vtt .doc .ppt .xls"
)
SUFFIXES = _FORMATS.split()
SAME = {".htm": ".html", ".xhtml": ".html", ".markdown": ".md"}
PROSE = {".pdf", ".html", ".docx", ".pptx", ".odt", ".odp", ".rtf", ".epub", ".eml"}
"""Formats whose paragraphs the readers determine; files of other formats mark their own."""
Row = dict[str, Any]


def main() -> None:
    """Load the files, print the tables, and keep the counts."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--most", type=int, default=200, metavar="N", help="files of a format")
    parser.add_argument("--only", nargs="+", metavar="SUFFIX", help="formats, for example .pdf")
    parser.add_argument("--keep", type=Path, metavar="FILE", help="write the counts of each file, as JSON lines")
    parser.add_argument("--before", type=Path, metavar="FILE", help="counts of an earlier run, to show beside these")
    parser.add_argument("--tables-of", type=Path, metavar="FILE", help="counts to print instead of loading anything")
    options = parser.parse_args()
    for suffix, tool in missing_tools().items():
        print(f"{tool} is not installed: nothing is compared for {suffix} files; install it and run this again")
    if options.tables_of:
        rows = read_rows(options.tables_of)
    else:
        files = sampled(options.folder, options.only or SUFFIXES, options.most)
        if not files:
            sys.exit(f"{options.folder}: no file of a known format is there; give a folder of files")
        rows = list(loaded(options.folder, files))
    if options.keep:
        options.keep.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    before = read_rows(options.before) if options.before else []
    if before:
        print(f"The first of two figures was measured at {options.before.stem}.")
    print_tables(rows, [row for row in before if row["path"] in {row["path"] for row in rows}])


def sampled(folder: Path, suffixes: Iterable[str], most: int) -> list[Path]:
    """Return a limited number of files of each format, the same ones wherever the folder is."""
    by_format = defaultdict(list)
    for path in folder.rglob("*"):
        if path.suffix.lower() in suffixes and path.is_file():
            by_format[format_of(path)].append(path)

    def draw(path: Path) -> str:
        return hashlib.sha256(path.relative_to(folder).as_posix().encode()).hexdigest()

    return [path for paths in by_format.values() for path in sorted(paths, key=draw)[:most]]


def format_of(path: Path) -> str:
    """Return the usual suffix of a file's format."""
    suffix = path.suffix.lower()
    return SAME.get(suffix, suffix)


def loaded(folder: Path, files: Iterable[Path]) -> Iterable[Row]:
    """Load and measure files in processes, two at a time; yield the counts of each in the order of the paths."""
    rows = []
    with ProcessPoolExecutor(PARALLEL_FILES) as pool:
        waiting = {pool.submit(measured, path): path for path in sorted(files)}
        for done in as_completed(waiting):
            path = waiting[done]
            row = {"path": path.relative_to(folder).as_posix(), "format": format_of(path), **done.result()}
            print(json.dumps(row)[:300], file=sys.stderr, flush=True)
            rows.append(row)
    return sorted(rows, key=lambda row: str(row["path"]))


def measured(path: Path) -> Row:
    """Load one file in the sandbox, and return its counts."""
    data = path.read_bytes()
    limits = Settings.from_environment()
    # A busy machine would cross the limit on wall-clock time, which follows from this one.
    sandbox = Sandbox(limits.model_copy(update={"parse_timeout_seconds": 10 * limits.parse_timeout_seconds}))
    started = processor_seconds()
    try:
        document = load_bytes(data, path.name, sandbox=sandbox)
    except LoadError as error:
        return {"refused": str(error).removeprefix(f"{path.name}: "), "seconds": processor_seconds() - started}
    finally:
        sandbox.close()
    row: Row = {"seconds": processor_seconds() - started}
    if row["seconds"] > limits.parse_timeout_seconds:
        return row | {"refused": f"takes more than {limits.parse_timeout_seconds:g} seconds to read"}
    text, form = document.text, format_of(path)
    row["characters"] = len(text)
    row["gibberish"] = form in PROSE and measures.looks_like_gibberish(text)
    if form in PROSE:
        row["false breaks"] = measures.false_breaks(text)
    reference = reference_text(path)
    if reference is None:
        return row
    furniture: Counter[str] = Counter()
    extracted = measures.words(text)
    if form == ".pdf":
        layout = pdf_layout(path)
        furniture = measures.repeated_lines(layout)
        row["cut joins"] = measures.cut_joins(text, reference, furniture)
        row["furniture"] = measures.left_furniture(text, furniture)
        row["hyphens"] = measures.wrong_hyphens(text, layout)
        row["false breaks"] = measures.false_breaks(text, reference)
        glued = measures.glued_tokens(text, layout)
        row |= {"glued": len(glued), "glued tokens": glued[:5]}
        row["split prose"] = measures.split_prose(text, layout)
        in_layout = measures.words(measures.without_furniture(layout, furniture))
        row["order, layout"] = measures.found_in_order(in_layout, extracted)
    expected = measures.words(measures.without_furniture(reference, furniture))
    row["kept"] = measures.shared_words(expected, extracted), len(expected)
    row["added"] = len(extracted) - measures.shared_words(measures.words(reference), extracted), len(extracted)
    if form != ".xlsx":  # whose strings are stored in another order than its cells
        row["order"] = measures.found_in_order(expected, extracted)
    return row


def processor_seconds() -> float:
    """Return the processor time of what this process started, whether it has ended or not."""
    times = os.times()
    seconds = times.children_user + times.children_system
    for pid in family(os.getpid())[1:]:
        with suppress(OSError):  # It has just ended.
            fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
            seconds += sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
    return seconds


def read_rows(path: Path) -> list[Row]:
    """Return the counts that an earlier run kept."""
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def print_tables(rows: list[Row], before: list[Row]) -> None:
    """Print the counts by format, those of PDF, and the reasons of refusals; an earlier figure comes first."""
    formats = sorted({row["format"] for row in rows}, key=SUFFIXES.index)
    columns = (
        "format",
        "files",
        "loaded",
        "words kept, %",
        "words not in the reference, %",
        "runs of 4 words kept, %",
        "breaks inside sentences, %",
        "gibberish loaded",
        "median words kept, %",
        "processor seconds",
        "slowest",
    )
    sides = [side for side in (before, rows) if side]

    def both(form: str | None, figure: Any) -> str:  # noqa: ANN401 -- a function of rows
        shown = [figure([row for row in side if form in {row["format"], None}]) for side in sides]
        return " → ".join(shown) if set(shown) != {"-"} else "-"

    table = [
        (
            form or "**in all**",
            sum(form in {row["format"], None} for row in rows),
            both(form, lambda rows: str(sum("refused" not in row for row in rows))),
            both(form, lambda rows: share(rows, "kept")),
            both(form, lambda rows: share(rows, "added")),
            both(form, lambda rows: share(rows, "order")),
            both(form, lambda rows: share(rows, "false breaks", 2)),
            both(form, lambda rows: str(sum(row.get("gibberish", False) for row in rows))),
            both(form, median_kept),
            both(form, lambda rows: f"{sum(row['seconds'] for row in rows):.0f}"),
            both(form, lambda rows: f"{max((row['seconds'] for row in rows), default=0):.1f}"),
        )
        for form in [*formats, None]
    ]
    print_table(columns, table, "By format")
    if ".pdf" in formats:
        named = (
            ("sentences cut at a page's end, %", lambda rows: share(rows, "cut joins")),
            ("hyphens at line ends treated wrongly, %", lambda rows: share(rows, "hyphens")),
            ("tokens that are two cells", lambda rows: str(sum(row.get("glued", 0) for row in rows))),
            ("lines of prose that are rows", lambda rows: str(sum(row.get("split prose", 0) for row in rows))),
            ("running headers and footers left, %", lambda rows: share(rows, "furniture")),
            ("runs of 4 words of `pdftotext` kept, %", lambda rows: share(rows, "order")),
            ("runs of 4 words of `pdftotext -layout` kept, %", lambda rows: share(rows, "order, layout")),
        )
        print_table([name for name, _ in named], [[both(".pdf", figure) for _, figure in named]], "PDF")
    refused = {
        side: Counter(reason(row) for row in side_rows if "refused" in row) for side, side_rows in enumerate(sides)
    }
    reasons = sorted(
        {one for counted in refused.values() for one in counted}, key=lambda one: -refused[len(sides) - 1][one]
    )
    counts = [(one, " → ".join(str(refused[side][one]) for side in refused)) for one in reasons]
    print_table(("refused because it", "files"), counts, "Refusals")


def share(rows: Iterable[Row], name: str, digits: int = 1) -> str:
    """Return the per cent of pairs of counts, summed over files."""
    counts = [row[name] for row in rows if name in row]
    whole = sum(count[1] for count in counts)
    return f"{100 * sum(count[0] for count in counts) / whole:.{digits}f}" if whole else "-"


def median_kept(rows: Iterable[Row]) -> str:
    """Return the per cent of words kept of the middle file."""
    shares = sorted(row["kept"][0] / row["kept"][1] for row in rows if row.get("kept", (0, 0))[1])
    return f"{100 * shares[len(shares) // 2]:.1f}" if shares else "-"


def reason(row: Row) -> str:
    """Return why a file was refused, without details of the file."""
    problem = re.sub(r"\([^)]*\)|'[^']*'|\d[\d,.]*", "…", row["refused"].partition(";")[0].partition("\n")[0])
    return problem.replace("|", "/").strip()


if __name__ == "__main__":
    main()
