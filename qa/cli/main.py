"""The `qa` command."""

from __future__ import annotations

import os
import traceback
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from errno import ENOSPC
from functools import partial
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from qa import __version__
from qa.cli import models, questions
from qa.cli.analysis import calibrate_run, compare_runs, judge_run
from qa.cli.eval import ask_all, show_runs, sweep_settings
from qa.cli.opening import (
    AlwaysAnswer,
    AsJson,
    Docs,
    Engine,
    Index,
    SettingsFile,
    on_ray,
    open_bot,
    print_left_out,
)
from qa.cli.progress import progress_bar
from qa.errors import QAError
from qa.output.terminal import echo, echo_json, prepare
from qa.text.printable import printable

if TYPE_CHECKING:
    from qa.ingestion.ray_executor import Executor
    from qa.pipeline import QA
    from qa.types import Answer

_SAMPLE_ARTICLES = Path("data/articles")
_UsageError: Any = typer.BadParameter.__bases__[0]  # typer does not export it


class _Commands(TyperGroup):
    """The commands; usage errors show the value, escaped, since `*` may insert file names with control characters."""

    def make_context(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 -- as inherited
        with _escaped():
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: Any) -> Any:  # noqa: ANN401
        with _escaped():
            return super().invoke(ctx)


class _AskingCommand(TyperCommand):
    """A command that takes one question, and says so if its words are given as several arguments."""

    allow_extra_args = True

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:  # noqa: ANN401 -- as inherited
        rest = super().parse_args(ctx, args)
        if ctx.args:
            question = " ".join([ctx.params["question"], *ctx.args])
            ctx.fail(f'expected one question, got {1 + len(ctx.args)} arguments; put it in quotes: "{question}"')
        return rest


@contextmanager
def _escaped() -> Iterator[None]:
    try:
        yield
    except _UsageError as error:
        if isinstance(error.__cause__, ValueError) and hasattr(error.__cause__, "errors"):
            # Typer shows pydantic's message without the value.
            problem = error.__cause__.errors()[0]
            value, message = repr(problem["input"]), problem["msg"].removeprefix("Value error, ")
            error.message = message if value in message else f"{value}: {message}"
        error.message = printable(error.message)
        raise


app = typer.Typer(
    cls=_Commands,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

Watch = Annotated[
    bool, typer.Option("--watch", help="Keep up with changes of the files and folders, until Ctrl-C; see the guide.")
]
Question = Annotated[str, typer.Argument(metavar="QUESTION", help="The question.")]


def _print_version(asked: bool) -> None:
    if asked:
        echo(f"Cited QA {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Cited QA: ask articles, and get the exact excerpts that answer. Needs no API key, internet or GPU."""


@app.command(cls=_AskingCommand)
def ask(
    question: Question,
    docs: Docs = None,
    index: Index = None,
    after: Annotated[
        list[str] | None,
        typer.Option(
            metavar="EARLIER_QUESTION", help="A question asked before in this conversation; repeatable, oldest first."
        ),
    ] = None,
    always_answer: AlwaysAnswer = False,
    settings: SettingsFile = None,
    as_json: AsJson = False,
) -> None:
    """Answer a question with exact, numbered excerpts."""
    from qa.output import text as render
    from qa.types import Request

    bot = open_bot(docs, index, settings)
    answer = _last(bot.stream(Request(question, history=after or ()), always_answer=always_answer), show=not as_json)
    if as_json:
        echo_json(render.answer_to_json(answer))
    else:
        echo(render.answer_to_text(answer, bot.documents))


@app.command(cls=_AskingCommand)
def search(
    question: Question,
    docs: Docs = None,
    index: Index = None,
    k: Annotated[int, typer.Option("-k", min=1, help="Number of passages.")] = 5,
    settings: SettingsFile = None,
    as_json: AsJson = False,
) -> None:
    """Show the nearest passages, without an answer."""
    from qa.output import text as render

    passages = open_bot(docs, index, settings).search(question, k)
    if as_json:
        echo_json([{**render.passage_to_json(passage), "text": passage.text} for passage in passages])
    else:
        echo(render.passages_to_text(passages))


@app.command("index")
def make_index(
    paths: Annotated[list[str], typer.Argument(metavar="PATH...", help="Files, folders or web addresses.")],
    out: Annotated[
        str,
        typer.Option(
            metavar="INDEX",
            help="Where to write the index: a folder, postgresql://HOST/DATABASE, milvus://HOST:PORT/COLLECTION, or a"
            " FILE.db of milvus-lite.",
        ),
    ],
    workers: Annotated[
        int | None,
        typer.Option(
            min=1,
            metavar="N",
            help="Read and embed in N processes, each on one processor; with --engine ray, in at most N workers.",
        ),
    ] = None,
    keep: Annotated[
        bool, typer.Option("--keep", help="Keep documents of the index that are not in the paths.")
    ] = False,
    engine: Engine = "here",
    watch: Watch = False,
    settings: SettingsFile = None,
) -> None:
    """Make or update an index, so that documents are not embedded again for each command.

    The index then contains exactly the documents in the paths, unless others are kept; unchanged documents are not
    embedded again.
    """
    from qa.ingestion.ingest import ingest
    from qa.ingestion.process_pool import on_processes
    from qa.ingestion.watch import WatchedPaths
    from qa.output.text import counted
    from qa.settings import Settings

    if watch and (engine == "ray" or workers is not None):
        raise QAError("--watch cannot be combined with --workers or --engine ray; leave one of them out")
    values = Settings.from_environment(settings)
    watched = WatchedPaths(paths, values) if watch else None
    report = watched.load() if watched else None
    executor: Executor | None = None
    if engine == "ray":
        executor = on_ray(settings, workers=workers)
    elif workers is not None:
        executor = partial(on_processes, workers=workers)
    once = partial(ingest, paths, out, keep=keep, settings=values, executor=executor)
    try:
        with progress_bar("Indexing", "bytes") as progress:
            documents, passages = once(progress, report)
    except KeyboardInterrupt:
        echo("qa: interrupted; run the same command to resume from what was saved last", err=True)
        raise typer.Exit(130) from None
    echo(f"{out}: {counted(documents, 'document')}, {counted(passages, 'passage')}")
    if watched and report:
        print_left_out(report)
        with suppress(KeyboardInterrupt):
            watched.follow(report, lambda changed: once(report=changed), Event())


@app.command()
def serve(
    docs: Annotated[
        list[str] | None,
        typer.Option(
            metavar="PATH",
            help="A file, folder or web address to ask; repeatable. With --index, the files it was made from, to show"
            " pages of PDFs.",
        ),
    ] = None,
    index: Index = None,
    host: Annotated[
        str | None, typer.Option(metavar="HOST", help="Address to listen on; default: QA_HOST, else 127.0.0.1.")
    ] = None,
    port: Annotated[
        int | None,
        typer.Option(
            min=0, max=65535, metavar="N", help="Port to listen on, 0 for a free one; default: QA_PORT, else 7860."
        ),
    ] = None,
    library: Annotated[
        str | None,
        typer.Option(
            metavar="FOLDER",
            help="Where added articles and conversations are kept: a folder, or off; default: the user's data folder,"
            " unless other computers can reach the chat without a login.",
        ),
    ] = None,
    watch: Watch = False,
    settings: SettingsFile = None,
) -> None:
    """Run the web chat; without --docs or --index, with the articles in data/articles, if that folder exists."""
    from qa import pipeline
    from qa.documents.discovery import files_by_id
    from qa.documents.loader import is_web_address
    from qa.ingestion.watch import WatchedPaths
    from qa.settings import NO_LIBRARY, Settings
    from qa.web import exit_process, prepare_process
    from qa.web.server.server import serve as serve_chat

    prepare_process()
    values = Settings.from_environment(settings)
    if library is not None:
        values = values.model_copy(update={"library": library})
    if not docs and not index and _SAMPLE_ARTICLES.is_dir():
        docs = [str(_SAMPLE_ARTICLES)]
    if not docs and not index and values.library == NO_LIBRARY:
        raise QAError("nothing to ask: give --docs PATH (a file or a folder), or --index INDEX")
    if watch and (index or not docs):
        raise QAError("--watch needs --docs, without --index; to keep an index up to date: qa index --watch")
    watched = WatchedPaths(docs or [], values) if watch else None
    # Before anything is printed: a path that is missing is an error.
    files = files_by_id(path for path in docs or () if not is_web_address(path))

    def opened(on_step: Callable[[str], object]) -> QA:
        if not docs and not index:
            return pipeline.QA(values)
        bot = open_bot(None if index else docs, index, settings, watched, on_step)
        if index:
            bot.files = files
        return bot

    serve_chat(opened, values, host=host, port=port, watched=watched)
    exit_process()


app.command("eval")(ask_all)
app.command("sweep")(sweep_settings)
app.command("runs")(show_runs)
app.command("compare")(compare_runs)
app.command("calibrate")(calibrate_run)
app.command("judge")(judge_run)
app.add_typer(questions.app, name="questions")
app.command("fit")(models.fit_models)
app.add_typer(models.app, name="models")


def main() -> None:
    """Run the command. A `QAError` becomes a message and exit code 2, without a traceback."""
    prepare()
    try:
        if {"QA_LOG_LEVEL", "QA_LOG_FORMAT"} & os.environ.keys():
            from qa.output.logs import configure
            from qa.settings import Settings

            configure(Settings.from_environment(), printed=False)
        app()
    except QAError as error:
        echo(f"qa: {error}", err=True)
        raise SystemExit(2) from None
    except Exception as error:
        if isinstance(error, OSError) and error.filename is not None:
            # Such as a name that is too long for the file system.
            echo(f"qa: {error.filename}: {error.strerror}; choose another path", err=True)
            raise SystemExit(2) from None
        if isinstance(error, OSError) and error.errno == ENOSPC:
            echo(f"qa: the output cannot be written: {error.strerror}; free some space", err=True)
        else:
            echo(traceback.format_exc(), err=True, end="")
        raise SystemExit(1) from None


def _last(answers: Iterator[Answer], *, show: bool) -> Answer:
    """Return the last answer; meanwhile, show what a language model writes on a terminal."""
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    console = Console()
    if not show or not console.is_terminal:
        return deque(answers, maxlen=1)[0]
    with Live(console=console, transient=True, vertical_overflow="visible") as live:
        for answer in answers:
            if answer.generated is not None:
                text = f"{answer.generated.text} {answer.generated.partial_sentence}".strip()
                live.update(Text(printable(text, lines=True)))
    return answer
