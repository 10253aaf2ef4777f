"""Fuzz the readers of documents and of question sets with atheris: ``make campaign-fuzz``.

Each target takes its turn in a process of its own. A finding is any exception but a `QAError`, a document whose text
cannot be written, cut or found again by its page starts, an input that takes over 10 seconds, or 2 GB of memory. Inputs
that gave one lie under ``build/fuzz/NAME/found``, one for each place in the code; the corpus, kept from run to run,
beside them. Formats that are archives are fuzzed inside: the bytes become one of the files in an archive that is whole.
"""

from __future__ import annotations

import argparse
import io
import re
import subprocess
import sys
import tempfile
import traceback
import zipfile
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from time import monotonic

FOLDER = Path("build/fuzz")
SECONDS_EACH = 10
MEGABYTES = 2048
LONGEST = 20_000  # bytes of an input
QUESTIONS = (
    b'{"id": "a", "question": "Who?", "answers": ["x"], "history": ["y"], "document": "d", "evidence": [[0, 1]]}\n',
    b'id,question,answers,answerable,evidence\na,Who?,"[""x""]",true,\nb,When?,x,,\n',
    b'{"version": "2", "data": [{"paragraphs": [{"context": "c", "qas": [{"id": "a", "question": "Who?",'
    b' "answers": [{"text": "c", "answer_start": 0}], "is_impossible": false}]}]}]}',
)
INSTRUMENTED = ("qa", "email", "docx", "pptx", "markitdown", "markdownify", "trafilatura")
SUFFIXES = (".jsonl", ".csv", ".json", ".txt")


def load(name: str) -> Callable[[bytes], None]:
    """Return a target that loads its bytes as a file of that name, and holds the document to what is promised."""
    from qa.load import load_bytes

    def target(data: bytes) -> None:
        document = load_bytes(data, name)
        document.text.encode()
        document.title.encode()
        assert document.text.strip()
        assert "\r" not in document.text
        assert list(document.page_starts) == sorted(document.page_starts)
        assert all(0 <= start <= len(document.text) for start in document.page_starts)

    return target


def cut(data: bytes) -> None:
    """Load text and cut it into chunks, which must hold all of it but white space."""
    from qa.load import load_bytes
    from qa.split import split

    document = load_bytes(data, "a.md")
    chunks = split(document, 16)
    end = 0
    for chunk in chunks:
        assert not document.text[end : chunk.start].strip()
        assert document.text[chunk.start : chunk.end] == chunk.text
        end = chunk.end
    assert not document.text[end:].strip()


def inside(name: str, whole: bytes, members: tuple[str, ...]) -> Callable[[bytes], None]:
    """Return a target that puts its bytes, but the first, in place of a member of an archive that is whole."""
    target = load(name)
    with zipfile.ZipFile(io.BytesIO(whole)) as archive:
        files = {entry: archive.read(entry) for entry in archive.namelist()}

    def fuzz(data: bytes) -> None:
        if not data:
            return
        buffer = io.BytesIO()
        with zipfile.ZipFile(buffer, "w") as archive:
            for entry, content in (files | {members[data[0] % len(members)]: data[1:]}).items():
                archive.writestr(entry, content)
        target(buffer.getvalue())

    return fuzz


def archives(data: bytes) -> None:
    """Take the bytes for an archive of each kind, chosen by the first."""
    if data:
        load(("a.docx", "a.epub", "a.pptx")[data[0] % 3])(data[1:])


def questions(data: bytes) -> None:
    """Read a question set, of the kind that the first byte tells."""
    from qa.evaluation.questions import question_to_json, read_entries, read_questions

    if not data:
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"a{SUFFIXES[data[0] % len(SUFFIXES)]}"
        path.write_bytes(data[1:])
        for entry in read_entries(path):
            assert entry.problems or entry.question
        for question in read_questions(path):
            question_to_json(question)


def targets() -> dict[str, tuple[Callable[[bytes], None], Iterable[bytes]]]:
    """Return each target with what its corpus begins with."""
    from made_files import CHAPTER, make_eml, make_epub, make_pdf, make_pptx
    from test_load import HAND_WRITTEN, WEB_PAGE, fill_word, make_docx

    docx, epub = make_docx(fill_word), make_epub("<h1>One</h1><p>Bees.</p>", "<p>Two</p>")
    pptx = make_pptx(("Bees", "They dance."), notes="Say so.", table=[["a", "b"]])
    inner = {
        "docx": ("word/document.xml", "word/styles.xml", "docProps/core.xml", "word/_rels/document.xml.rels"),
        "epub": ("OEBPS/chapter 1.xhtml", "OEBPS/content.opf", "META-INF/container.xml"),
        "pptx": ("ppt/slides/slide1.xml", "ppt/presentation.xml", "docProps/core.xml"),
    }
    whole = {"docx": docx, "epub": epub, "pptx": pptx}

    def members(kind: str) -> list[bytes]:
        with zipfile.ZipFile(io.BytesIO(whole[kind])) as archive:
            return [bytes([place]) + archive.read(name) for place, name in enumerate(inner[kind])]

    markdown = b"---\ntitle: x\n---\n# Bees #\n\n```\nx\n```\nText\n====\n- a\n- b\n"
    pages = [HAND_WRITTEN.encode(), WEB_PAGE.encode(), CHAPTER.format("<p>x</p>").encode("utf-16")]
    mails = [make_eml("x"), make_eml(html="<p>Hi <b>you</b></p>", attachment="a.pdf"), make_eml("x", html="<p>y</p>")]
    made: dict[str, tuple[Callable[[bytes], None], Iterable[bytes]]] = {
        "text": (cut, [markdown, b"\xff\xfea\0", "e\u0301 \U0001f41d. A b.".encode(), b"= a =\n\n| a | b |\n"]),
        "html": (load("a.html"), pages),
        "pdf": (load("a.pdf"), [make_pdf("Bees dance.", "They sing.", title="Bees"), make_pdf("x", password="y")]),
        "eml": (load("a.eml"), mails),
        "archives": (archives, [bytes([place]) + data for place, data in enumerate(whole.values())]),
        "questions": (questions, [bytes([place]) + data for place, data in enumerate(QUESTIONS)]),
    }
    for kind, names in inner.items():
        made[kind] = inside(f"a.{kind}", whole[kind], names), members(kind)
    return made


NAMES = ("text", "html", "pdf", "eml", "archives", "questions", "docx", "epub", "pptx")


def fuzz(name: str, seconds: int) -> None:
    """Fuzz one target in this process; does not return."""
    import atheris

    with atheris.instrument_imports(include=list(INSTRUMENTED)):
        from qa.errors import QAError

        target, seeds = targets()[name]
        for seed in seeds:  # imports what it needs
            with suppress(QAError):
                target(seed)
    place = FOLDER / name
    for folder in ("corpus", "found"):
        (place / folder).mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(seeds):
        (place / "corpus" / f"seed-{number}").write_bytes(seed)

    def tried(data: bytes) -> None:
        try:
            target(data)
        except QAError:
            pass
        except Exception as error:
            *_, frame = traceback.extract_tb(error.__traceback__)
            found = place / "found" / f"{type(error).__name__}-{Path(frame.filename).stem}-{frame.lineno}"
            if not found.exists():
                found.write_bytes(data)
                found.with_suffix(".txt").write_text(traceback.format_exc(), "utf-8", "backslashreplace")

    options = [
        f"-max_total_time={seconds}",
        f"-timeout={SECONDS_EACH}",
        f"-rss_limit_mb={MEGABYTES}",
        f"-max_len={LONGEST}",
        f"-artifact_prefix={place / 'found'}/",
        "-print_final_stats=1",
    ]
    atheris.Setup([sys.argv[0], *options, str(place / "corpus")], tried)
    atheris.Fuzz()


def campaign(names: Iterable[str], seconds: int) -> None:
    """Fuzz each target for so long, and print how often each was run and what was found."""
    print("| fuzzed | inputs | minutes | findings |\n|---|---|---|---|")
    found_in_all = []
    for name in names:
        runs, begun = 0, monotonic()
        while (left := seconds - round(monotonic() - begun)) > 0:
            done = subprocess.run(
                [sys.executable, __file__, "--target", name, "--seconds", str(left)],
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                check=False,
            )
            log = done.stderr.decode("utf-8", "replace")
            counts = re.findall(r"number_of_executed_units:\s*(\d+)", log) or re.findall(
                r"^#(\d+)\s", log, re.MULTILINE
            )
            runs += int(counts[-1]) if counts else 0
            if done.returncode == 0:
                break
            if not counts:
                sys.exit(f"{name}: did not start\n{log[-2000:]}")
        found = sorted(path.name for path in (FOLDER / name / "found").iterdir() if path.suffix != ".txt")
        found_in_all += [f"{FOLDER / name / 'found' / each}" for each in found]
        print(f"| {name} | {runs:,} | {(monotonic() - begun) / 60:.1f} | {len(found)} |", flush=True)
    sys.exit("\n".join(found_in_all) or None)


def main() -> None:
    """Run the campaign, or one target in this process."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=200, help="for each target")
    parser.add_argument("--only", choices=NAMES, nargs="+", default=NAMES, help="these targets alone")
    parser.add_argument("--target", choices=NAMES, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.target:
        fuzz(options.target, options.seconds)
    campaign(options.only, options.seconds)


if __name__ == "__main__":
    main()
