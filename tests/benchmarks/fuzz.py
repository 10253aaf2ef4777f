"""Fuzz the readers of documents and of question sets with atheris: ``make campaign-fuzz``.

The targets run one after the other, each in a separate process. A finding is any exception but a `QAError`, a document
with invalid text, page starts or chunks, an input that takes over 10 seconds, or 2 GB of memory. Inputs with findings
are in ``build/fuzz/NAME/found``, one for each line of code that raised; the corpus beside them is kept between runs.
Mutations keep the structure of a format (`fuzz_changes`), so that code behind its parser is reached.
"""

from __future__ import annotations

import argparse
import io
import os
import subprocess
import sys
import tempfile
import traceback
import zipfile
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from random import Random
from time import process_time

import fuzz_changes as changes
import fuzz_seeds as seeds
from fuzz_changes import Change

FOLDER = Path("build/fuzz")
SECONDS_EACH = 10  # of a processor; by the clock thirty times as many
MEGABYTES = 2048
LONGEST = 20_000  # bytes of an input, where no seed is longer
INSTRUMENTED = ("qa", "email", "trafilatura")
COUNTED_EACH = 20
REMEMBERED = 500


def load(*names: str) -> Callable[[bytes], None]:
    """Return a target that loads its bytes as a file of each name, and checks the documents."""
    return partial(check_files, names)


def check_files(names: Sequence[str], data: bytes) -> None:
    """Load a file under each name and cut its text into chunks, which must contain all of it but white space."""
    from qa.documents.chunking import split
    from qa.documents.loader import load_bytes

    for name in names:
        document = load_bytes(data, name)
        text = document.text
        text.encode()
        document.title.encode()
        assert text.strip()
        assert "\r" not in text
        assert list(document.page_starts) == sorted(document.page_starts)
        assert all(0 <= start <= len(text) for start in document.page_starts)
        end = 0
        for chunk in split(document, 16):
            assert not text[end : chunk.start].strip()
            assert text[chunk.start : chunk.end] == chunk.text
            end = chunk.end
        assert not text[end:].strip()


def archives(data: bytes) -> None:
    """Take the bytes for an archive of each kind, chosen by the first."""
    kinds = ("docx", "epub", "pptx", "xlsx", "odt")
    if data:
        check_files([f"a.{kinds[data[0] % len(kinds)]}"], data[1:])


def folder(data: bytes) -> None:
    """Load each file of an archive as one of a folder."""
    from qa.documents.archives import members, open_archive, read_member
    from qa.errors import QAError

    with open_archive(io.BytesIO(data), "a.zip") as archive:
        found, left_out = members(archive, "a.zip")
        assert all(problem for _, problem in left_out)
        for member in found:
            with suppress(QAError):
                content = read_member(archive, member, member.path)
                assert len(content) == member.size
                check_files([member.path], content)


def questions(name: str) -> Callable[[bytes], None]:
    """Return a target that reads its bytes as a question set of that name, a BEIR folder from an archive of its files.

    What was read must be the same after it was written.
    """
    from qa.evaluation.datasets.formats.jsonl import write_questions
    from qa.evaluation.datasets.questions import open_set, read_questions, read_set

    def target(data: bytes) -> None:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / name
            if path.suffix:
                path.write_bytes(data)
            else:
                unpack(data, path)
            for entry in open_set(path)[0]:
                assert entry.problems or entry.question
            read, documents = read_set(path)
            assert len({document.id for document in documents}) == len(documents)
            write_questions(Path(folder) / "again.jsonl", read)
            again = read_questions(Path(folder) / "again.jsonl")
            assert [replace(one, extra={}) for one in again] == [replace(one, extra={}) for one in read]

    return target


def unpack(data: bytes, folder: Path) -> None:
    """Write the files of a BEIR set from an archive to a folder."""
    from qa.errors import QuestionSetError

    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            files = {name: archive.read(name) for name in seeds.BEIR if name in archive.namelist()}
    except Exception as error:  # the archive is the fuzzer's own, and not under test
        raise QuestionSetError("no archive") from error
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)


Target = Callable[[bytes], None]

TARGETS: dict[str, tuple[Callable[[], Target], Callable[[], Sequence[bytes]], Change]] = {
    "text": (partial(load, "a.md"), seeds.texts, changes.change_text),
    "html": (partial(load, "a.html"), seeds.pages, changes.change_bytes),
    "pdf": (partial(load, "a.pdf"), seeds.pdfs, changes.change_bytes),
    "eml": (partial(load, "a.eml"), seeds.mails, changes.change_mail),
    "docx": (partial(load, "a.docx"), seeds.words, changes.change_archive),
    "epub": (partial(load, "a.epub"), seeds.books, changes.change_archive),
    "pptx": (partial(load, "a.pptx"), seeds.presentations, changes.change_archive),
    "xlsx": (partial(load, "a.xlsx"), seeds.workbooks, changes.change_archive),
    "odf": (partial(load, "a.odt"), seeds.opendocuments, changes.change_archive),
    "rtf": (partial(load, "a.rtf"), seeds.rich_texts, changes.change_bytes),
    "ipynb": (partial(load, "a.ipynb"), seeds.notebooks, changes.change_json),
    "subtitles": (partial(load, "a.srt"), seeds.subtitles, changes.change_text),
    "values": (partial(load, "a.csv", "a.tsv"), seeds.values, changes.change_table),
    "zip": (lambda: folder, seeds.folders, changes.change_folder),
    "archives": (lambda: archives, seeds.archives, changes.change_bytes),
    "jsonl": (partial(questions, "a.jsonl"), lambda: [seeds.JSON_LINES], changes.change_json_lines),
    "squad": (partial(questions, "a.json"), lambda: [seeds.SQUAD], changes.change_json),
    "csv": (partial(questions, "a.csv"), lambda: [seeds.CSV], changes.change_table),
    "beir": (partial(questions, "a"), seeds.beir_sets, changes.change_archive),
}
"""A target's factory, its seeds, and how its inputs are mutated."""


def fuzz(name: str, seconds: int) -> None:
    """Fuzz one target in this process for a number of processor seconds; does not return."""
    import atheris

    with atheris.instrument_imports(include=list(INSTRUMENTED)):
        from qa.errors import QAError

        make_target, make_seeds, change = TARGETS[name]
        target, given = make_target(), make_seeds()
        for seed in given:  # imports what it needs
            with suppress(QAError):
                target(seed)
    target_folder = FOLDER / name
    for folder in ("corpus", "found"):
        (target_folder / folder).mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(given):
        (target_folder / "corpus" / f"seed-{number}").write_bytes(seed)

    tries = read = 0
    good = list(given)

    def tried(data: bytes) -> None:
        nonlocal tries, read
        tries += 1
        started = process_time()
        if tries % COUNTED_EACH == 0 or started >= seconds:
            (target_folder / f"counts-{os.getpid()}").write_text(f"{tries} {read} {started}")
        if started >= seconds:
            os._exit(0)
        try:
            with suppress(QAError):
                target(data)
                read += 1
                good.append(data)
                del good[len(given) : -REMEMBERED]
            assert process_time() - started <= SECONDS_EACH, "too slow"
        except Exception as error:
            *_, frame = traceback.extract_tb(error.__traceback__)
            found = target_folder / "found" / f"{type(error).__name__}-{Path(frame.filename).stem}-{frame.lineno}"
            if not found.exists():
                found.write_bytes(data)
                found.with_suffix(".txt").write_text(traceback.format_exc(), "utf-8", "backslashreplace")

    def changed(data: bytes, longest: int, seed: int) -> bytes:
        def plain(data: bytes) -> bytes:
            return bytes(atheris.Mutate(data, len(data) + 64))

        chance = Random(seed)
        # What is refused in a new way counts as new code: left alone, the fuzzer would keep to that.
        begun_with = chance.choice(good) if chance.random() < 0.5 else data
        try:
            made = change(begun_with, chance, plain)
        except Exception:  # what a change makes of bytes that are broken already
            made = b""
        return made if 0 < len(made) <= longest else bytes(atheris.Mutate(data, longest))

    options = [
        f"-timeout={30 * SECONDS_EACH}",
        "-report_slow_units=1000000",  # by the clock, which says little on a busy machine
        f"-rss_limit_mb={MEGABYTES}",
        f"-max_len={max(LONGEST, *(3 * len(seed) for seed in given))}",
        f"-artifact_prefix={target_folder / 'found'}/",
        "-mutate_depth=2",
    ]
    atheris.Setup([sys.argv[0], *options, str(target_folder / "corpus")], tried, custom_mutator=changed)
    atheris.Fuzz()


def campaign(names: Iterable[str], seconds: int) -> None:
    """Fuzz each target for a number of processor seconds, and print its runs and findings."""
    print("Fuzzing, in minutes of a processor\n")
    print("| fuzzed | inputs | read | minutes | findings |\n|---|---|---|---|---|")
    all_findings = []
    totals = [0.0] * 4
    for name in names:
        for counted in (FOLDER / name).glob("counts-*"):
            counted.unlink()
        tries = read = spent = 0.0
        while spent < seconds:
            done = subprocess.run(
                [sys.executable, __file__, "--target", name, "--seconds", str(round(seconds - spent) + 1)],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                check=False,
            )
            counts = [tuple(map(float, each.read_text().split())) for each in (FOLDER / name).glob("counts-*")]
            before, (tries, read, spent) = spent, map(sum, zip(*counts, strict=True)) if counts else (0, 0, 0)
            if spent == before:
                sys.exit(f"{name}: did not start\n{done.stderr.decode('utf-8', 'replace')[-2000:]}")
        found = sorted(path.name for path in (FOLDER / name / "found").iterdir() if path.suffix != ".txt")
        all_findings += [f"{FOLDER / name / 'found' / each}" for each in found]
        figures = (tries, read, spent / 60, len(found))
        totals = [total + figure for total, figure in zip(totals, figures, strict=True)]
        print_row(name, figures)
    print_row("**in all**", totals)
    sys.exit("\n".join(all_findings) or None)


def print_row(name: str, figures: Iterable[float]) -> None:
    """Print a row of the table."""
    tries, read, minutes, found = figures
    print(f"| {name} | {tries:,.0f} | {read:,.0f} | {minutes:.1f} | {found:.0f} |", flush=True)


def main() -> None:
    """Run the campaign, or one target in this process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=95, help="of a processor, for each target")
    parser.add_argument("--only", choices=TARGETS, nargs="+", default=list(TARGETS), help="these targets alone")
    parser.add_argument("--target", choices=TARGETS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.target:
        fuzz(options.target, options.seconds)
    campaign(options.only, options.seconds)


if __name__ == "__main__":
    main()
