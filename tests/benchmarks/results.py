"""Run a benchmark, and keep the tables that it prints with the machine, date, commit and command.

``make evaluate JSON=docs/benchmarks/results/samples.json`` runs

    python tests/benchmarks/results.py docs/benchmarks/results/samples.json "make evaluate" tests/benchmarks/samples.py

and ``python docs/generate.py`` then writes the tables into ``docs/benchmarks``. A benchmark prints its figures as
Markdown tables, a title above each; its other lines are kept as notes.
"""

from __future__ import annotations

import json
import os
import platform
import re
import subprocess
import sys
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
Table = dict[str, Any]


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]], title: str = "") -> None:
    """Print a Markdown table, each row as it comes."""
    if title:
        print(f"\n{title}\n")
    print(f"| {' | '.join(columns)} |\n{'|---' * len(columns)}|")
    for row in rows:
        print(f"| {' | '.join(map(str, row))} |", flush=True)


def parse_output(text: str) -> tuple[list[Table], list[str]]:
    """Return the tables that a benchmark printed, each with the line above it as its title, and its other lines."""
    tables: list[Table] = []
    notes: list[str] = []
    inside = False
    for line in filter(None, map(str.strip, text.splitlines())):
        if not line.startswith("|"):
            notes.append(line.rstrip(":"))
            inside = False
        elif not inside:
            tables.append({"title": notes.pop() if notes else "", "columns": _cells(line), "rows": []})
            inside = True
        elif not re.fullmatch(r"[|:\- ]+", line):
            tables[-1]["rows"].append(_cells(line))
    return tables, notes


def describe_machine() -> dict[str, Any]:
    """Return the processor's name, the cores and the gigabytes of memory."""
    processor = platform.processor()
    if sys.platform == "linux":
        named = re.search(r"model name\s*:\s*(.+)", Path("/proc/cpuinfo").read_text(encoding="utf-8"))
        processor = named[1] if named else processor
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9 if hasattr(os, "sysconf") else None
    return {"processor": processor, "cores": os.cpu_count(), "memory_gb": memory and round(memory)}


def to_json(result: dict[str, Any]) -> str:
    """Return a result as JSON, a row of a table on each line."""
    text = json.dumps(result, indent=2, ensure_ascii=False)
    row = re.compile(r"^( {6,}(?:\"columns\": )?)\[\n\s+(.*?)\n\s+\]", re.MULTILINE | re.DOTALL)
    return row.sub(lambda found: f"{found[1]}[{re.sub(chr(10) + ' +', ' ', found[2])}]", text) + "\n"


def _cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]


def _git(*arguments: str) -> str:
    command = ["git", *arguments]
    return subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout.strip()


def main() -> None:
    """Run the benchmark, show what it prints, and write its result when it has ended well."""
    out, command, *script = sys.argv[1:]
    printed = []
    with subprocess.Popen([sys.executable, *script], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            print(line, end="", flush=True)
            printed.append(line)
    if process.returncode:
        sys.exit(process.returncode)
    tables, notes = parse_output("".join(printed))
    result = {
        "command": " ".join([command, *script[1:]]),
        "date": date.today().isoformat(),
        "commit": _git("rev-parse", "--short", "HEAD")
        + (" with changes" if _git("status", "--porcelain", "-uno") else ""),
        "machine": describe_machine(),
        "tables": tables,
        "notes": notes,
    }
    Path(out).write_text(to_json(result), encoding="utf-8")


if __name__ == "__main__":
    main()
