"""The commands that run question sets; `qa.cli.main` adds them to the `qa` command."""

from __future__ import annotations

from contextlib import closing
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, NoReturn

import typer

from qa.cli.opening import (
    AlwaysAnswer,
    AsJson,
    Docs,
    Engine,
    Index,
    SettingsFile,
    load_documents,
    on_ray,
    open_bot,
    open_corpus,
    remote_executor,
    written_to,
)
from qa.cli.progress import progress_bar
from qa.errors import QAError
from qa.output.terminal import echo, echo_json

if TYPE_CHECKING:
    from qa.evaluation.runs.results import Run


def ask_all(
    questions: Annotated[
        list[Path],
        typer.Argument(
            metavar="QUESTIONS...", help="Question sets, treated as one: JSONL, CSV, SQuAD JSON, BEIR folders."
        ),
    ],
    out: Annotated[Path, typer.Option(metavar="RUN_DIR", help="Folder to write the run to.")],
    docs: Docs = None,
    index: Index = None,
    always_answer: AlwaysAnswer = False,
    strict: Annotated[bool, typer.Option("--strict", help="Stop at the first question that fails.")] = False,
    workers: Annotated[
        int | None,
        typer.Option(
            min=1, metavar="N", help="Batches to ask in parallel, default 2; with --answers llm, questions, default 1."
        ),
    ] = None,
    answers: Annotated[
        # Not imported from qa.evaluation, which takes longer than the rest of the command's start; mypy compares them.
        Literal["extractive", "llm"],
        typer.Option(help="Excerpts of the documents only, or answers written by the configured language model."),
    ] = "extractive",
    predictions: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Score the answers in a JSONL file instead; see the guide.")
    ] = None,
    ask: Annotated[
        str | None,
        typer.Option(metavar="COMMAND", help="Ask a program instead: JSON in and out, one line per question."),
    ] = None,
    ask_url: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Ask an OpenAI-compatible server instead; QA_LLM_MODEL names its model."),
    ] = None,
    engine: Engine = "here",
    settings: SettingsFile = None,
    as_json: AsJson = False,
) -> None:
    """Ask every question of a set, and score the answers."""
    from qa.evaluation import evaluate, read_sets

    _warn_of_own_report(out, docs)
    others = {"--predictions": predictions, "--ask": ask, "--ask-url": ask_url}
    if named := [name for name, value in others.items() if value is not None]:
        own = {
            "--index": index is not None,
            "--always-answer": always_answer,
            "--workers": workers is not None,
            "--answers": answers != "extractive",
            "--engine": engine != "here",
            "--strict": strict and predictions is not None,
        }
        if more := [*named[1:], *(name for name, given in own.items() if given)]:
            raise QAError(f"{named[0]}: cannot be used with {more[0]}; leave one out")
        done = _other_system(questions, out, docs, predictions, ask, ask_url, settings, strict=strict)
        _show(done, as_json=as_json)
        return
    each = None
    if engine == "ray":
        each = on_ray(settings, workers=workers or (1 if answers == "llm" else None), in_order=True)
    question_set, corpus = read_sets(questions)
    bot = open_bot(docs, index, settings) if docs or index or not corpus else open_corpus(corpus, settings)
    try:
        with progress_bar("Asking", "questions") as progress:
            done = evaluate(
                bot,
                question_set,
                out,
                always_answer=always_answer,
                strict=strict,
                workers=workers,
                answers=answers,
                executor=each and remote_executor(each, bot, index),
                progress=progress,
            )
    except KeyboardInterrupt:
        _exit_interrupted(out)
    _show(done, as_json=as_json)


def _warn_of_own_report(out: Path, docs: list[str] | None) -> None:
    for folder in docs or ():
        if out.resolve().is_relative_to(Path(folder).resolve()):
            problem = f"is in {folder}, where its report, with all answers, will be taken for a document"
            echo(f"qa: {out}: {problem}; choose an --out elsewhere", err=True)


def _show(done: Run, *, as_json: bool) -> None:
    from qa.evaluation.report import run_to_text

    if as_json:
        echo_json(done.metrics, indent=2)
    else:
        echo(run_to_text(done))


def _other_system(
    questions: list[Path],
    out: Path,
    docs: list[str] | None,
    predictions: Path | None,
    ask: str | None,
    ask_url: str | None,
    settings_file: Path | None,
    *,
    strict: bool,
) -> Run:
    """Score the answers from a file, program or server; no model is loaded."""
    from qa.evaluation.datasets.questions import read_sets
    from qa.evaluation.other_systems import ask_other, score_predictions
    from qa.evaluation.runs.programs import ChatServer, Program
    from qa.settings import Settings

    settings = Settings.from_environment(settings_file)
    question_set, corpus = read_sets(questions)
    documents = {document.id: document for document in (load_documents(docs, settings) if docs else corpus)}
    if predictions is not None:
        return score_predictions(predictions, question_set, documents, out)
    try:
        with progress_bar("Asking", "questions") as progress:
            asked = partial(
                ask_other, questions=question_set, documents=documents, out=out, strict=strict, progress=progress
            )
            if ask_url is not None:
                source = {"server": ask_url.partition("?")[0], "model": settings.llm_model}
                return asked(ChatServer(ask_url, settings).ask, source=source)
            with closing(Program(ask or "")) as program:
                return asked(program.ask, source={"command": ask or ""})
    except KeyboardInterrupt:
        _exit_interrupted(out)


def _exit_interrupted(out: Path) -> NoReturn:
    echo(f"qa: interrupted; the answers so far are in {out}; run the same command to resume", err=True)
    raise typer.Exit(130) from None


def sweep_settings(
    file: Annotated[Path, typer.Argument(metavar="SWEEP.TOML", help="Settings to try; see the guide.")],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder to write the runs and the page to.")],
    as_json: AsJson = False,
) -> None:
    """Run many settings over a question set, and find the best and the chance that it is only luck."""
    from qa.evaluation.analysis.guarantee import SETTINGS_FILE
    from qa.evaluation.analysis.sweep import sweep_to_json, sweep_to_text
    from qa.evaluation.report.comparisons import SWEEP_PAGE
    from qa.evaluation.sweep import run_sweep

    try:
        with progress_bar("Running", "settings") as progress:
            result = run_sweep(file, out, progress)
    except KeyboardInterrupt:
        _exit_interrupted(out)
    if as_json:
        echo_json(sweep_to_json(result), indent=2)
    else:
        echo(f"{sweep_to_text(result)}\n\nReport: {out / SWEEP_PAGE}\nSettings: {out / SETTINGS_FILE}")


def show_runs(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A folder that contains runs, up to four levels deep.")],
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The page to write; default: runs.html in DIR.")
    ] = None,
) -> None:
    """Show all runs of a folder on one page: trends, and the history of each question."""
    from qa.evaluation.analysis.history import read_history
    from qa.evaluation.report.comparisons import HISTORY_PAGE, write_history
    from qa.files import check_regular

    history = read_history(folder)
    page = out or folder / HISTORY_PAGE
    for message in history.left_out:
        echo(f"qa: left out: {message}", err=True)
    with written_to(page):
        check_regular(page)
        write_history(history, page)
    echo(f"{history.summary}\n\nReport: {page}")
