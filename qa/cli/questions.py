"""`qa questions`: draft, review, check, convert and split question sets, and say what they can show."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from qa.cli.opening import SettingsFile, load_documents, written_to
from qa.errors import QuestionSetError
from qa.output.terminal import echo

if TYPE_CHECKING:
    from qa.types import Document

_DRAFTS_PER_NEAR_MISS = 5  # not every draft contains a fact to exchange

app = typer.Typer(no_args_is_help=True, help="Draft, review, check, convert and split question sets.")

Set = Annotated[Path, typer.Argument(metavar="SET", help="A question set in any format that is read.")]
Docs = Annotated[list[Path], typer.Option("--docs", metavar="PATH", help="A file or a folder; repeatable.")]


@app.command()
def check(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A question set in any format that is read.")],
    docs: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="PATH",
            help="The documents it asks about, unless it contains them; without any, only the set itself is checked.",
        ),
    ] = None,
) -> None:
    """Check a question set, and list each problem with its location. Exits with code 2 if there is an error."""
    from qa.evaluation.datasets.validate import check_questions

    report = check_questions(file, _load(docs) if docs else None)
    for label, messages in (("error", report.errors), ("warning", report.warnings)):
        for message in messages:
            echo(f"{label}: {message}", err=True)
    if report.errors:
        raise QuestionSetError(f"{file}: {report.summary()}")
    echo(f"{file}: {report.summary()}")


@app.command()
def power(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="SET...", help="One or more question sets, treated as one."),
    ],
    run: Annotated[
        Path | None, typer.Option(metavar="RUN_DIR", help="A run of the set; without one, half right is assumed.")
    ] = None,
) -> None:
    """Show which differences between two runs a question set can detect."""
    from qa.evaluation.analysis.power import power_to_text, set_power
    from qa.evaluation.datasets.questions import read_sets
    from qa.evaluation.runs.results import read_run

    questions = read_sets(files)[0]
    echo(power_to_text(set_power(questions, read_run(run) if run else None)))


@app.command()
def draft(
    docs: Docs,
    count: Annotated[int, typer.Option("-n", min=1, help="How many questions.")] = 20,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="A new JSONL file; default: print the questions.")
    ] = None,
    unanswerable: Annotated[
        float, typer.Option(min=0, max=0.5, metavar="SHARE", help="Share of near misses, which have no answer.")
    ] = 0.2,
    patterns: Annotated[
        bool, typer.Option("--patterns", help="Use sentence patterns only, even if a language model is configured.")
    ] = False,
    settings: SettingsFile = None,
) -> None:
    """Draft questions from your articles for you to edit, with the configured language model and English patterns."""
    from qa.evaluation.datasets.draft import draft_questions
    from qa.evaluation.datasets.formats.jsonl import question_to_line
    from qa.evaluation.datasets.variants import near_misses, with_yes_no
    from qa.insights.question_generation.llm_drafts import drafts_by
    from qa.models.llm_client import make_language_model
    from qa.output.text import counted
    from qa.settings import Settings

    if out is not None:
        _check_new(out, "--out")
    documents = _load(docs, settings)
    answered = count - round(unanswerable * count)
    model = None if patterns else make_language_model(Settings.from_environment(settings))
    by_model = drafts_by(model, documents, answered) if model else None
    drafts = draft_questions(documents, answered, by_model.candidates if by_model else ())
    altered = draft_questions(documents, _DRAFTS_PER_NEAR_MISS * (count - answered)) if count > answered else ()
    questions = with_yes_no(drafts, documents) + near_misses(altered, documents, count - answered)
    if by_model:
        echo(f"qa: {by_model.summary()}; {len(questions) - len(by_model.candidates)} by rules", err=True)
    if not questions:
        listed = ", ".join(map(str, docs))
        raise QuestionSetError(
            f"{listed}: no sentence fits the patterns, which are for English; write your own questions"
        )
    lines = "".join(map(question_to_line, questions))
    if out is None:
        echo(lines, end="")
    else:
        with written_to(out):
            out.write_text(lines, encoding="utf-8", newline="\n")
        echo(f"{out}: {counted(len(questions), 'draft')}; review and correct them before you rely on them")
    if len(questions) < count:
        echo(f"qa: drafted {len(questions)} of {count} questions: no more sentences fit the patterns", err=True)


@app.command()
def review(
    file: Annotated[Path, typer.Argument(metavar="SET", help="A JSONL file; created if there is none.")],
    docs: Docs,
    port: Annotated[int, typer.Option(min=0, max=65535, help="Port of the page; 0 for a free one.")] = 7861,
) -> None:
    """Review a question set on a page beside its articles: accept, edit or drop drafts, mark evidence, add questions.

    Every change is saved at once. The page is only reachable from this computer.
    """
    from qa.web.review.question_set import ReviewedSet
    from qa.web.review.server import serve_review

    serve_review(ReviewedSet(file, _load(docs)), port)


@app.command()
def split(
    file: Set,
    first: Annotated[Path, typer.Argument(metavar="FIRST", help="A new JSONL file, for development.")],
    second: Annotated[Path, typer.Argument(metavar="SECOND", help="A new JSONL file, for tests.")],
    share: Annotated[
        float, typer.Option(min=0.01, max=0.99, metavar="SHARE", help="Share of the questions in FIRST.")
    ] = 0.5,
) -> None:
    """Split a question set in two, with no document in both parts."""
    from qa.evaluation.datasets.formats.jsonl import write_questions
    from qa.evaluation.datasets.questions import read_questions
    from qa.evaluation.datasets.split import split_questions
    from qa.output.text import counted

    for path in (first, second):
        _check_new(path, "file")
    if first.resolve() == second.resolve():
        raise QuestionSetError(f"{second}: is given for both parts; choose another file for one of them")
    for path, part in zip((first, second), split_questions(read_questions(file), share), strict=True):
        with written_to(path, "file"):
            write_questions(path, part)
        echo(f"{path}: {counted(len(part), 'question')}")


@app.command()
def convert(
    source: Annotated[Path, typer.Argument(metavar="FROM", help="A question set in any format that is read.")],
    out: Annotated[Path, typer.Argument(metavar="TO", help="A new file; a new folder for beir and huggingface.")],
    form: Annotated[
        # As `qa.evaluation.convert.Format`, which is not imported here: it would slow down the start of every command.
        Literal["jsonl", "csv", "ragas", "deepeval", "promptfoo", "squad", "beir", "huggingface"] | None,
        typer.Option(
            "--to", help="The format to write; default: by the ending of TO: .jsonl, .csv or .yaml (promptfoo)."
        ),
    ] = None,
    docs: Annotated[
        list[Path] | None,
        typer.Option(metavar="PATH", help="The documents in which the texts given as context are located."),
    ] = None,
) -> None:
    """Convert a question set between formats, including those of other tools."""
    from qa.evaluation import convert as conversion
    from qa.evaluation.datasets.questions import read_set
    from qa.output.text import counted

    questions, corpus = read_set(source)
    documents = {document.id: document for document in (*corpus, *(_load(docs) if docs else ()))}
    missing = 0
    if documents:
        questions, missing = conversion.located(questions, documents)
    conversion.convert(questions, documents, out, form or conversion.format_for(out))
    echo(f"{out}: {counted(len(questions), 'question')}")
    if missing:
        echo(f'qa: contexts in none of the documents: {missing}; they stay in the column "contexts"', err=True)


def _check_new(path: Path, option: str) -> None:
    if path.exists():
        raise QuestionSetError(f"{path}: already exists; choose another {option}, or delete it")


def _load(paths: list[Path], settings: Path | None = None) -> tuple[Document, ...]:
    from qa.settings import Settings

    return load_documents(paths, Settings.from_environment(settings))
