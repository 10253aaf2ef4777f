"""The commands around question sets and finished runs; `qa.cli.main` adds them to the `qa` command."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from qa.errors import QAError, QuestionSetError
from qa.output.terminal import echo

Format = Literal["jsonl", "csv", "ragas", "deepeval", "promptfoo", "squad", "beir", "huggingface"]
"""As `qa.evaluation.convert.Format`, which is not imported for the command's help."""

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qa.insights.question_generation.llm_drafts import ModelDrafts
    from qa.types import Document

_DRAFTS_A_NEAR_MISS = 5  # not every draft has a fact to exchange


def compare_runs(
    run_a: Annotated[Path, typer.Argument(metavar="RUN_A", help="The baseline run.")],
    run_b: Annotated[Path, typer.Argument(metavar="RUN_B", help="The new run, which the --fail options check.")],
    common: Annotated[
        bool, typer.Option("--common", help="Compare runs of different question sets, on the questions they share.")
    ] = False,
    fail_under: Annotated[
        list[str] | None,
        typer.Option(
            "--fail-under",
            metavar="NAME=LIMIT",
            help="Exit with code 1 if a metric of RUN_B is below LIMIT; repeatable.",
        ),
    ] = None,
    fail_if_worse: Annotated[
        list[str] | None,
        typer.Option(
            "--fail-if-worse",
            metavar="NAME",
            help="Exit with code 1 if a metric is significantly worse (95% interval and p); repeatable.",
        ),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="The report to write; default: compare.html in RUN_B.")
    ] = None,
    form: Annotated[
        Literal["text", "markdown", "json"],
        typer.Option("--format", help="Text for a terminal, Markdown for a comment on a change, or JSON."),
    ] = "text",
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Compare two runs: metrics that changed, questions that flipped, and settings that differ."""
    from qa.evaluation.analysis.compare import compare
    from qa.evaluation.analysis.comparison_text import comparison_to_json, comparison_to_markdown, comparison_to_text
    from qa.evaluation.analysis.gates import failed_gates, parse_limits
    from qa.evaluation.report.comparison import COMPARISON_FILE, write_comparison
    from qa.files import check_regular

    limits = parse_limits(fail_under or ())
    comparison = compare(run_a, run_b, common=common)
    broken = failed_gates(comparison, limits, fail_if_worse or ())
    page = out or run_b / COMPARISON_FILE
    try:
        if out is None:
            check_regular(page)
        write_comparison(comparison, page)
    except OSError as error:
        raise QAError(f"{page}: cannot be written: {error.strerror}; choose another --out") from None
    if as_json or form == "json":
        echo(json.dumps(comparison_to_json(comparison)))
    elif form == "markdown":
        echo(comparison_to_markdown(comparison))
    else:
        echo(f"{comparison_to_text(comparison)}\n\nReport: {page}")
    for message in broken:
        echo(f"qa: {message}", err=True)
    if broken:
        raise typer.Exit(1)


def calibrate_run(
    run_dir: Annotated[
        Path,
        typer.Argument(metavar="RUN_DIR", help="A run made with --always-answer; with --judge, a JSONL file of pairs."),
    ],
    max_wrong: Annotated[
        float,
        typer.Option(
            "--max-wrong",
            metavar="SHARE",
            help="Largest share of wrong answers among those given: 0.05 for 5%. With --judge, of sentences wrongly"
            " called supported.",
        ),
    ],
    confidence: Annotated[
        float, typer.Option("--confidence", metavar="SHARE", help="Confidence level of the guarantee.")
    ] = 0.9,
    out: Annotated[
        Path | None,
        typer.Option(
            "--out",
            metavar="FILE",
            help="Settings file to write; default: settings.toml in RUN_DIR. With --judge, the file for"
            " QA_JUDGE_CALIBRATION; default: judge.json beside the pairs.",
        ),
    ] = None,
    judge: Annotated[
        bool,
        typer.Option(
            "--judge",
            help="Find the threshold of the cross-encoder that QA_JUDGE names, on pairs of claim, evidence and"
            " supported.",
        ),
    ] = False,
) -> None:
    """Find the confidence threshold that keeps the share of wrong answers within a limit.

    Exits with code 1, and writes nothing, if the set is too small or the limit out of reach.
    """
    if judge:
        _calibrate_judge(run_dir, max_wrong, confidence, out or run_dir.parent / "judge.json")
        return
    from qa.evaluation.analysis.guarantee import (
        SETTINGS_FILE,
        calibration_to_text,
        check_settings_file,
        write_calibration,
    )
    from qa.evaluation.analysis.risk_control import calibrate
    from qa.evaluation.report import REPORT_FILE, refresh_guarantee
    from qa.evaluation.runs.folder import writing
    from qa.evaluation.runs.results import read_run
    from qa.files import check_regular

    settings_file = out or run_dir / SETTINGS_FILE
    run = read_run(run_dir)
    if out is None:
        with writing(settings_file):
            check_regular(settings_file)
    check_settings_file(settings_file)
    calibration = calibrate(run, max_wrong=max_wrong, confidence=confidence)
    if calibration.threshold is None:
        echo(f"qa: {run_dir}: {calibration_to_text(calibration)}", err=True)
        raise typer.Exit(1)
    write_calibration(settings_file, calibration, run)
    with writing(run_dir / REPORT_FILE):
        refresh_guarantee(run_dir / REPORT_FILE)
    echo(f"{calibration_to_text(calibration)}\n\n{settings_file}: use it with --settings (ask, serve, eval)")


def _calibrate_judge(pairs: Path, max_wrong: float, confidence: float, out: Path) -> None:
    from qa.cli.progress import progress_bar
    from qa.evaluation.analysis.guarantee import calibration_to_text
    from qa.evaluation.analysis.judge_calibration import (
        PHRASES,
        calibrate_judge,
        in_process_judge,
        read_pairs,
        threshold_of,
    )
    from qa.models.coefficients import save_coefficients
    from qa.settings import Settings

    settings = Settings.from_environment()
    judge, labelled = in_process_judge(settings), read_pairs(pairs)
    with progress_bar("Judging", "pairs") as progress:
        found = calibrate_judge(judge, labelled, max_wrong=max_wrong, confidence=confidence, progress=progress)
    if found.threshold is None:
        echo(f"qa: {pairs}: {calibration_to_text(found, PHRASES)}", err=True)
        raise typer.Exit(1)
    try:
        save_coefficients(out, threshold_of(judge, found, pairs, len(labelled)))
    except OSError as error:
        raise QAError(f"{out}: cannot be written: {error.strerror}; choose another --out") from None
    echo(f"{calibration_to_text(found, PHRASES)}\n\nTo use it: QA_JUDGE={settings.judge} QA_JUDGE_CALIBRATION={out}")


def judge_run(
    run_dir: Annotated[Path, typer.Argument(metavar="RUN_DIR", help="A finished run.")],
    labels: Annotated[
        Path | None,
        typer.Option(
            "--labels",
            metavar="FILE",
            help="Your own verdicts on some answers or their sentences, to compare: JSONL with id and correct or"
            " verdicts.",
        ),
    ] = None,
    settings: Annotated[
        Path | None, typer.Option("--settings", metavar="FILE", help="A settings file; QA_... variables override it.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Have the model of QA_JUDGE judge the answers against the accepted ones, and say first how far it agrees with you.

    The verdicts are kept in the run folder, and the report shows the figures.
    """
    from dataclasses import asdict

    from qa.cli.progress import progress_bar
    from qa.evaluation.analysis.judged import judged_to_text, write_judged
    from qa.evaluation.answer_judge import judge_answers, read_labels
    from qa.evaluation.report import REPORT_FILE, refresh_judgement
    from qa.evaluation.runs.folder import writing
    from qa.evaluation.runs.results import read_run
    from qa.settings import Settings

    run = read_run(run_dir)
    known = read_labels(labels) if labels else {}
    with progress_bar("Judging", "answers") as progress:
        judged = judge_answers(run, Settings.from_environment(settings), known, progress)
    write_judged(run_dir, judged)
    report = run_dir / REPORT_FILE
    with writing(report):
        shown = refresh_judgement(report, run)
    if as_json:
        echo(json.dumps(asdict(judged)))
    else:
        echo(judged_to_text(judged) + (f"\n\nReport: {report}" if shown else ""))


def check_question_set(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="A question set: JSONL, CSV, SQuAD JSON or BEIR folder.")
    ],
    docs: Annotated[
        list[Path] | None,
        typer.Option(
            "--docs",
            metavar="PATH",
            help="The documents that it asks about; without them, only the set itself is checked.",
        ),
    ] = None,
) -> None:
    """Check a question set, and list each problem and where it is. Exits with code 2 if there is an error."""
    from qa.evaluation.datasets.validate import check_questions

    report = check_questions(file, _load(docs) if docs else None)
    for label, messages in (("error", report.errors), ("warning", report.warnings)):
        for message in messages:
            echo(f"{label}: {message}", err=True)
    if report.errors:
        raise QuestionSetError(f"{file}: {report.summary()}")
    echo(f"{file}: {report.summary()}")


def show_power(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="SET...", help="Question sets, taken as one."),
    ],
    run: Annotated[
        Path | None,
        typer.Option(
            "--run", metavar="RUN_DIR", help="A run of the set, for its results; else, half right is assumed."
        ),
    ] = None,
) -> None:
    """Tell which differences between two runs a question set can show."""
    from qa.evaluation.analysis.power import power_to_text, set_power
    from qa.evaluation.datasets.questions import read_sets
    from qa.evaluation.runs.results import read_run

    questions = read_sets(files)[0]
    echo(power_to_text(set_power(questions, read_run(run) if run else None)))


def draft_question_set(
    docs: Annotated[list[Path], typer.Option("--docs", metavar="PATH", help="A file or a folder; repeatable.")],
    count: Annotated[int, typer.Option("-n", min=1, help="How many questions.")] = 20,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="A new JSONL file; default: print the questions.")
    ] = None,
    unanswerable: Annotated[
        float,
        typer.Option(
            "--unanswerable", min=0, max=0.5, metavar="SHARE", help="Share of near misses, which no article answers."
        ),
    ] = 0.2,
    patterns: Annotated[
        bool, typer.Option("--patterns", help="Use sentence patterns alone, even if a language model is set.")
    ] = False,
) -> None:
    """Draft questions from your articles for you to edit, with the language model set and English sentence patterns."""
    from qa.evaluation.datasets.draft import draft_questions
    from qa.evaluation.datasets.formats.jsonl import question_to_line
    from qa.evaluation.datasets.variants import near_misses, with_yes_no

    if out is not None and out.exists():
        raise QuestionSetError(f"{out}: already exists; choose another --out, or delete it")
    documents = _load(docs)
    answered = count - round(unanswerable * count)
    by_model = None if patterns else _drafts_by_model(documents, answered)
    drafts = draft_questions(documents, answered, by_model.candidates if by_model else ())
    altered = draft_questions(documents, _DRAFTS_A_NEAR_MISS * (count - answered)) if count > answered else ()
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
        try:
            out.write_text(lines, encoding="utf-8", newline="\n")
        except OSError as error:
            raise QuestionSetError(f"{out}: cannot be written: {error.strerror}; choose another --out") from None
        echo(f"{out}: {len(questions)} drafts; review and correct them before you rely on them")
    if len(questions) < count:
        echo(f"qa: drafted {len(questions)} of {count} questions: no more sentences fit the patterns", err=True)


def review_question_set(
    file: Annotated[Path, typer.Argument(metavar="SET", help="A JSONL file; created if there is none.")],
    docs: Annotated[list[Path], typer.Option("--docs", metavar="PATH", help="A file or a folder; repeatable.")],
    port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Port of the page; 0 for a free one.")] = 7861,
) -> None:
    """Review a question set on a page beside its articles: accept, mend or drop drafts, mark evidence, add questions.

    Every change is saved at once. The page is served to this computer alone.
    """
    from qa.web.review.question_set import ReviewedSet
    from qa.web.review.server import serve_review

    serve_review(ReviewedSet(file, _load(docs)), port)


def split_question_set(
    file: Annotated[Path, typer.Argument(metavar="SET", help="A question set.")],
    first: Annotated[Path, typer.Argument(metavar="FIRST", help="A new JSONL file: to develop with.")],
    second: Annotated[Path, typer.Argument(metavar="SECOND", help="A new JSONL file: to test with.")],
    share: Annotated[
        float, typer.Option("--share", min=0.01, max=0.99, help="Share of the questions in the first.")
    ] = 0.5,
) -> None:
    """Split a question set in two by document, so that no document is in both."""
    from qa.evaluation.datasets.questions import read_questions, write_questions
    from qa.evaluation.datasets.split import split_questions

    for path in (first, second):
        if path.exists():
            raise QuestionSetError(f"{path}: already exists; choose another file, or delete it")
    for path, part in zip((first, second), split_questions(read_questions(file), share), strict=True):
        try:
            write_questions(path, part)
        except OSError as error:
            raise QuestionSetError(f"{path}: cannot be written: {error.strerror}; choose another file") from None
        echo(f"{path}: {len(part)} questions")


def convert_question_set(
    source: Annotated[Path, typer.Argument(metavar="FROM", help="A question set in any format that is read.")],
    out: Annotated[Path, typer.Argument(metavar="TO", help="A new file; a new folder for beir and huggingface.")],
    form: Annotated[
        Format | None,
        typer.Option("--to", help="The format to write; default: csv, promptfoo (.yaml) or jsonl, by the name of TO."),
    ] = None,
    docs: Annotated[
        list[Path] | None,
        typer.Option("--docs", metavar="PATH", help="The documents, in which texts given as context are located."),
    ] = None,
) -> None:
    """Convert a question set from or to the formats of other tools."""
    from qa.evaluation.convert import convert, format_for, located
    from qa.evaluation.datasets.questions import read_set

    questions, corpus = read_set(source)
    documents = {document.id: document for document in (*corpus, *(_load(docs) if docs else ()))}
    missing = 0
    if documents:
        questions, missing = located(questions, documents)
    convert(questions, documents, out, form or format_for(out))
    echo(f"{out}: {len(questions)} questions")
    if missing:
        echo(f'qa: {missing} contexts are in none of the documents; they stay in the column "contexts"', err=True)


def _drafts_by_model(documents: Sequence[Document], count: int) -> ModelDrafts | None:
    """Return drafts by the configured language model; None if there is none."""
    from qa.insights.question_generation.llm_drafts import drafts_by
    from qa.models.llm_client import make_language_model
    from qa.settings import Settings

    model = make_language_model(Settings.from_environment())
    return None if model is None else drafts_by(model, documents, count)


def _load(paths: list[Path]) -> tuple[Document, ...]:
    """Load documents, and report what was left out. Loads no model."""
    from qa.documents.loader import load_paths
    from qa.settings import Settings

    settings = Settings.from_environment()
    report = load_paths(paths, max_file_mb=settings.max_file_mb, allow_unreadable=settings.allow_unreadable)
    if not report.complete:
        echo(report.summary(), err=True)
    return report.documents


def add_commands(app: typer.Typer) -> None:
    """Add the commands to the `qa` command."""
    app.command("compare")(compare_runs)
    app.command("calibrate")(calibrate_run)
    app.command("judge")(judge_run)
    questions = typer.Typer(no_args_is_help=True, help="Draft, review, check, convert, split and weigh question sets.")
    questions.command("check")(check_question_set)
    questions.command("draft")(draft_question_set)
    questions.command("review")(review_question_set)
    questions.command("power")(show_power)
    questions.command("convert")(convert_question_set)
    questions.command("split")(split_question_set)
    app.add_typer(questions, name="questions")
