"""`qa models` exports models to onnxruntime and tests a language model; `qa fit` fits ranking to other models."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from qa.cli.opening import SettingsFile, load_documents, written_to
from qa.cli.progress import progress_bar
from qa.errors import ModelError, ModelNotLoadedError, QAError
from qa.output.terminal import echo

app = typer.Typer(no_args_is_help=True, help="Export models to run without torch, and test a language model.")


@app.command()
def export(
    source: Annotated[
        str, typer.Argument(metavar="NAME", help="A folder or Hub id that sentence-transformers or transformers loads.")
    ],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder to write.")],
    int8: Annotated[bool, typer.Option("--int8", help="8-bit weights: a quarter of the size, twice as fast.")] = False,
    reader: Annotated[
        bool, typer.Option("--reader", help="NAME is an extractive question-answering model, not an embedding model.")
    ] = False,
    name: Annotated[
        str, typer.Option(metavar="NEW_NAME", help="Name of the exported model; default: the last part of NAME.")
    ] = "",
    query_prompt: Annotated[
        str | None, typer.Option(metavar="PREFIX", help="Prefix of a question; default: from the model's own files.")
    ] = None,
    passage_prompt: Annotated[
        str | None, typer.Option(metavar="PREFIX", help="Prefix of a chunk; default: from the model's own files.")
    ] = None,
) -> None:
    """Export a model to ONNX, compare it with its source, and print how far they agree."""
    prompts = {"query_prompt": query_prompt, "passage_prompt": passage_prompt}
    if reader:
        if any(prompts.values()):
            raise QAError("--query-prompt and --passage-prompt are for embedding models; leave them out with --reader")
        from qa.models.export_reader import export_reader

        with _named_by("NAME"):
            found = export_reader(source, out, int8=int8, name=name)
        echo(
            f"{out}: {found.name}, {found.precision}, questions and texts of {found.max_tokens} tokens\n"
            f"Against the source, on sample texts: {found.same_spans:.1%} of the best spans are the same.\n"
            f"To use it: QA_READER_MODEL={out}"
        )
        return
    from qa.models.export import export_embedder

    with _named_by("NAME"):
        card = export_embedder(source, out, int8=int8, name=name, **prompts)
    echo(
        f"{out}: {card.name}, {card.precision}, {card.dimension} dimensions, pooling {card.pooling},"
        f" texts of {card.max_tokens} tokens\n"
        f"Against the source, on sample texts: mean cosine {card.mean_cosine:.4f},"
        f" {card.neighbours_kept:.1%} of the ten nearest texts kept.\n"
        f"To use it: QA_EMBEDDING_MODEL={out}"
    )


@app.command("check-llm")
def check_llm(settings: SettingsFile = None) -> None:
    """Test the configured language model and judge, and print what works."""
    from qa.generation.check_model import check_model
    from qa.settings import Settings

    works = True
    for check in check_model(Settings.from_environment(settings)):
        works = works and check.works is not False
        sign = {True: "ok", False: "FAILS", None: "-"}[check.works]
        echo(f"{sign:<6}{check.name}: {check.found}")
    if not works:
        raise typer.Exit(1)


def fit_models(
    coefficients: Annotated[
        Path, typer.Argument(metavar="COEFFICIENTS", help="The file to write, for QA_COEFFICIENTS.")
    ],
    questions: Annotated[
        list[Path],
        typer.Option(
            metavar="SET",
            help="A question set with answerable and unanswerable questions, as for `qa eval`; repeatable.",
        ),
    ],
    docs: Annotated[
        list[str] | None,
        typer.Option(metavar="PATH", help="The documents it asks about, unless it contains them; repeatable."),
    ] = None,
    reader: Annotated[str | None, typer.Option(metavar="NAME", help="The reader; default: QA_READER_MODEL.")] = None,
    embedder: Annotated[
        str | None, typer.Option(metavar="NAME", help="The embedding model; default: QA_EMBEDDING_MODEL.")
    ] = None,
    settings_file: SettingsFile = None,
) -> None:
    """Fit ranking and confidence to other models, with questions whose answers are known.

    Two thirds of the documents are used to fit, the rest to measure the quality before and after.
    """
    from qa.answering.reading.reader import SpanReader
    from qa.evaluation import check_against, read_sets
    from qa.fitting.fit import fit, fit_to_text, split
    from qa.models.coefficients import save_coefficients
    from qa.models.span_model import make_span_model
    from qa.pipeline import QA
    from qa.settings import Settings

    if coefficients.exists() or not coefficients.parent.is_dir():
        problem = "already exists" if coefficients.exists() else "is in a folder that does not exist"
        raise QAError(f"{coefficients}: {problem}; choose another file")
    named = {"reader_model": reader, "embedding_model": embedder}
    settings = Settings.from_environment(settings_file).model_copy(
        update={name: value for name, value in named.items() if value is not None}
    )
    source = ", ".join(map(str, questions))
    question_set, corpus = read_sets(questions)
    if not docs and not corpus:
        raise QAError("give the documents that the questions are about: --docs PATH (a file or a folder)")
    parts = split(question_set, source)
    documents = load_documents(docs, settings) if docs else corpus
    check_against(question_set, {document.id: document for document in documents})
    model = make_span_model(settings)
    bot = QA(settings, reader=SpanReader(model))
    options = {"--reader": reader, "--embedder": embedder}
    with _named_by(*(name for name, value in options.items() if value is not None)):
        _ = bot.embedder.fingerprint, model.fingerprint
    with progress_bar("Embedding", "characters") as progress:
        bot.add(documents, progress)
    with progress_bar("Asking", "questions") as progress:
        found = fit(bot, model, parts, source=source, command=shlex.join(["qa", *sys.argv[1:]]), progress=progress)
    with written_to(coefficients, "file"):
        save_coefficients(coefficients, found.coefficients)
    models = [
        f"{name}={value}" for name, value in (("QA_READER_MODEL", reader), ("QA_EMBEDDING_MODEL", embedder)) if value
    ]
    echo(
        f"{coefficients}: fitted to {len(parts.fitted)} questions. Measured on {len(parts.measured)} others:"
        f"\n\n{fit_to_text(found)}\n\nTo use it: {' '.join([f'QA_COEFFICIENTS={coefficients}', *models])}"
    )


@contextmanager
def _named_by(*arguments: str) -> Iterator[None]:
    """If a model cannot be loaded, name the arguments of the command that gave its name, not the settings."""
    try:
        yield
    except ModelNotLoadedError as error:
        if not arguments:
            raise
        given = " or ".join(arguments)
        raise ModelError(f"{error.problem}; give the folder of a model, or a Hub id while online, as {given}") from None
