"""The `qa` command."""

from __future__ import annotations

import json
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer
from typer.core import TyperGroup

from qa.cli import models
from qa.cli.evaluation import add_commands
from qa.cli.fit import fit_models
from qa.cli.progress import progress_bar
from qa.errors import QAError
from qa.evaluation.runs.execution import Answers
from qa.output.terminal import echo, prepare
from qa.text.printable import printable, printable_json

if TYPE_CHECKING:
    from qa.documents.load_report import LoadReport
    from qa.evaluation.runs.ray import RemoteExecutor
    from qa.ingestion.ray_executor import Executor
    from qa.ingestion.watch import WatchedPaths
    from qa.pipeline import QA
    from qa.types import Answer, Document

_SAMPLE_ARTICLES = Path("data/articles")
_UsageError: Any = typer.BadParameter.__bases__[0]  # typer does not export it


class _Commands(TyperGroup):
    """The commands. Messages about wrong arguments have control characters escaped: `*` inserts file names."""

    def make_context(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 -- as inherited
        with _escaped():
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401
        with _escaped():
            return super().invoke(ctx)


@contextmanager
def _escaped() -> Iterator[None]:
    try:
        yield
    except _UsageError as error:
        error.message = printable(error.message)
        raise


app = typer.Typer(
    cls=_Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Cited QA: ask articles, and get the exact excerpts that answer. Needs no API key, internet or GPU.",
)

# Strings: a Path would lose slashes of a web address.
Docs = Annotated[
    list[str] | None,
    typer.Option("--docs", metavar="PATH", help="A file, folder or web address to ask; repeatable."),
]
# A string too, for the URI of a server.
Index = Annotated[
    str | None,
    typer.Option(
        "--index",
        metavar="INDEX",
        help="An index made by `qa index`, instead of --docs: a folder, milvus://HOST:PORT/COLLECTION or FILE.db.",
    ),
]
SettingsFile = Annotated[
    Path | None,
    typer.Option(
        "--settings", metavar="FILE", help="A settings file, as `qa calibrate` writes; QA_... variables override it."
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON.")]
AlwaysAnswer = Annotated[bool, typer.Option("--always-answer", help="Answer even when the confidence is low.")]
Engine = Annotated[
    Literal["here", "ray"],
    typer.Option(
        "--engine", help="Where to run: in this process, or on a Ray cluster (RAY_ADDRESS, else a local one)."
    ),
]
Watch = Annotated[
    bool, typer.Option("--watch", help="Keep up with changes of the files and folders, until Ctrl-C; see the guide.")
]
Question = Annotated[str, typer.Argument(metavar="QUESTION", help="The question to answer.")]


@app.command()
def ask(
    question: Question,
    docs: Docs = None,
    index: Index = None,
    after: Annotated[
        list[str] | None,
        typer.Option(
            "--after",
            metavar="EARLIER_QUESTION",
            help="A question asked before in this conversation; repeatable, oldest first.",
        ),
    ] = None,
    always_answer: AlwaysAnswer = False,
    settings: SettingsFile = None,
    as_json: AsJson = False,
) -> None:
    """Answer a question with exact, numbered excerpts."""
    from qa.output import text as render
    from qa.types import Request

    bot = _open(docs, index, settings)
    answer = _last(bot.stream(Request(question, history=after or ()), always_answer=always_answer), show=not as_json)
    echo(_to_json(render.answer_to_json(answer)) if as_json else render.answer_to_text(answer, bot.documents))


@app.command()
def search(
    question: Question,
    docs: Docs = None,
    index: Index = None,
    k: Annotated[int, typer.Option("-k", min=1, help="Number of passages.")] = 5,
    as_json: AsJson = False,
) -> None:
    """Show the nearest passages, without an answer."""
    from qa.output import text as render

    passages = _open(docs, index).search(question, k)
    if as_json:
        rows = [{**render.passage_to_json(passage), "text": passage.text} for passage in passages]
        echo(_to_json(rows))
    else:
        echo(render.passages_to_text(passages))


@app.command("index")
def make_index(
    paths: Annotated[list[str], typer.Argument(metavar="PATH...", help="Files, folders or web addresses.")],
    out: Annotated[
        str,
        typer.Option(
            "--out",
            metavar="INDEX",
            help="Where to write the index: a folder, milvus://HOST:PORT/COLLECTION, or a FILE.db of milvus-lite.",
        ),
    ],
    engine: Engine = "here",
    shards: Annotated[
        Path | None,
        typer.Option(
            "--shards",
            metavar="FOLDER",
            help="With --engine ray: a folder on a drive that all machines share, for finished work; default: beside"
            " INDEX.",
        ),
    ] = None,
    watch: Watch = False,
) -> None:
    """Make or update an index, so that later questions need no embedding.

    The index then contains exactly the documents in the paths; unchanged documents are not embedded again.
    """
    from threading import Event

    from qa.ingestion.ingest import ingest, ingest_in_shards

    if shards and engine != "ray":
        raise QAError(f"--shards {shards} needs --engine ray")
    if watch and engine == "ray":
        raise QAError("--watch does not go with --engine ray; leave one of them out")
    watched = _watched(paths) if watch else None
    report = watched.load() if watched else None
    # As `ingest` and `ingest_in_shards` count.
    unit = "files" if engine == "ray" else "bytes"
    try:
        with progress_bar("Indexing", unit) as progress:
            if engine == "ray":
                documents, passages = ingest_in_shards(paths, out, _ray(), shards=shards, progress=progress)
            else:
                documents, passages = ingest(paths, out, progress, report)
    except KeyboardInterrupt:
        echo("qa: interrupted; run the same command to resume from what was saved last", err=True)
        raise typer.Exit(130) from None
    echo(f"{out}: {documents} documents, {passages} passages")
    if watched and report:
        _tell_left_out(report)
        with suppress(KeyboardInterrupt):
            watched.follow(report, lambda changed: ingest(paths, out, report=changed), Event())


@app.command("eval")
def ask_all(
    questions: Annotated[
        list[Path],
        typer.Argument(
            metavar="QUESTIONS...", help="Question sets, asked as one: JSONL, CSV, SQuAD JSON or BEIR folders."
        ),
    ],
    out: Annotated[Path, typer.Option("--out", metavar="RUN_DIR", help="Folder to write the run to.")],
    docs: Docs = None,
    index: Index = None,
    always_answer: AlwaysAnswer = False,
    strict: Annotated[bool, typer.Option("--strict", help="Stop at the first question that fails.")] = False,
    workers: Annotated[
        int | None,
        typer.Option(
            "--workers",
            min=1,
            metavar="N",
            help="Batches to ask in parallel, default 2; with --answers llm, questions, default 1.",
        ),
    ] = None,
    answers: Annotated[
        Answers,
        typer.Option(
            "--answers", help="Excerpts of the documents alone, or answers written by the language model set."
        ),
    ] = "extractive",
    engine: Engine = "here",
    settings: SettingsFile = None,
    as_json: AsJson = False,
) -> None:
    """Ask every question of a set, and score the answers."""
    from qa.evaluation import evaluate, read_sets
    from qa.evaluation.report import run_to_text

    each = None
    if engine == "ray":
        each = _ray(settings, workers=workers or (1 if answers == "llm" else None), in_order=True)
    question_set, corpus = read_sets(questions)
    bot = _open(docs, index, settings) if docs or index or not corpus else _open_corpus(corpus, settings)
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
                executor=each and _remote_executor(each, bot, index),
                progress=progress,
            )
    except KeyboardInterrupt:
        echo(f"qa: interrupted; the answers so far are in {out}; run the same command to resume", err=True)
        raise typer.Exit(130) from None
    echo(_to_json(done.metrics, indent=2) if as_json else run_to_text(done))


@app.command()
def serve(
    docs: Annotated[
        list[str] | None,
        typer.Option(
            "--docs",
            metavar="PATH",
            help="A file, folder or web address to ask; repeatable. With --index, the files that the index was made of,"
            " to show pages of PDFs.",
        ),
    ] = None,
    index: Index = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(min=0, max=65535, help="Port to listen on.")] = None,
    watch: Watch = False,
    settings: SettingsFile = None,
) -> None:
    """Run the web chat; without --docs or --index, about the sample articles in data/articles."""
    from qa.documents.discovery import files_by_id
    from qa.web import exit_process, prepare_process
    from qa.web import serve as serve_chat

    prepare_process()
    if not docs and not index and _SAMPLE_ARTICLES.is_dir():
        docs = [str(_SAMPLE_ARTICLES)]
    if watch and (index or not docs):
        raise QAError("--watch needs --docs, without --index; to keep an index up to date: qa index --watch")
    watched = _watched(docs or [], settings) if watch else None
    bot = _open(None if index else docs, index, settings, watched)
    if index and docs:
        bot.files = files_by_id(docs)
    serve_chat(bot, host=host, port=port, watched=watched)
    exit_process()


add_commands(app)
app.command("fit")(fit_models)
app.add_typer(models.app, name="models")


def main() -> None:
    """Run the command. A `QAError` becomes a message and exit code 2, without a traceback."""
    prepare()
    try:
        app()
    except QAError as error:
        echo(f"qa: {error}", err=True)
        raise SystemExit(2) from None
    except Exception:
        echo(traceback.format_exc(), err=True, end="")
        raise SystemExit(1) from None


def _to_json(value: object, indent: int | None = None) -> str:
    return printable_json(json.dumps(value, ensure_ascii=False, indent=indent))


def _watched(paths: list[str], settings_file: Path | None = None) -> WatchedPaths:
    from qa.ingestion.watch import WatchedPaths
    from qa.settings import Settings

    return WatchedPaths(paths, Settings.from_environment(settings_file))


def _open(
    docs: list[str] | None,
    index: str | None,
    settings_file: Path | None = None,
    watched: WatchedPaths | None = None,
) -> QA:
    from qa.pipeline import QA
    from qa.settings import Settings

    if bool(docs) == bool(index):
        raise QAError("give either --docs PATH (a file or a folder) or --index INDEX")
    settings = Settings.from_environment(settings_file)
    if index:
        return QA.from_index(index, settings=settings)
    with progress_bar("Reading", "files") as reading, progress_bar("Embedding", "characters") as progress:
        if watched:
            bot, report = QA(settings), watched.load()
            bot.load_report, bot.files = report, report.files
            bot.add(report.documents, progress)
        else:
            bot = QA.from_path(*(docs or ()), settings=settings, progress=progress, reading=reading)
    _tell_left_out(bot.load_report)
    return bot


def _ray(settings_file: Path | None = None, *, workers: int | None = None, in_order: bool = False) -> Executor:
    """Return an executor on a Ray cluster, which starts or connects when first used."""
    from functools import partial

    from qa.ingestion.ray_executor import import_ray, on_cluster
    from qa.settings import Settings

    # First of all, so that a missing Ray is reported at once.
    import_ray()
    threads = Settings.from_environment(settings_file).threads
    return partial(on_cluster, threads=threads, workers=workers, in_order=in_order)


def _remote_executor(each: Executor, bot: QA, index: str | None) -> RemoteExecutor:
    from functools import partial

    from qa.evaluation.runs.ray import RemoteExecutor, open_library

    settings = {**bot.settings.model_dump(), "threads": bot.settings.threads or 1}
    entries = () if index else [bot.index.entry(name) for name in bot.documents]
    return RemoteExecutor(each, partial(open_library, settings, index, entries))


def _open_corpus(documents: Sequence[Document], settings_file: Path | None) -> QA:
    from qa.pipeline import QA
    from qa.settings import Settings

    bot = QA(Settings.from_environment(settings_file))
    with progress_bar("Embedding", "characters") as progress:
        bot.add(documents, progress)
    return bot


def _tell_left_out(report: LoadReport) -> None:
    if not report.complete:
        echo(report.summary(), err=True)


def _last(answers: Iterator[Answer], *, show: bool) -> Answer:
    """Return the last answer. On a terminal, show meanwhile what a language model writes."""
    from collections import deque

    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    console = Console()
    if not show or not console.is_terminal:
        return deque(answers, maxlen=1)[0]
    with Live(console=console, transient=True, vertical_overflow="visible") as live:
        for answer in answers:
            if answer.generated is not None:
                said = [claim.text for claim in answer.generated.kept]
                live.update(Text(printable(" ".join([*said, answer.generated.pending]), lines=True)))
    return answer
