"""`qa fit`: ranking and confidence for the models set."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from qa.cli.progress import progress_bar
from qa.errors import QAError
from qa.output.terminal import echo

if TYPE_CHECKING:
    from collections.abc import Sequence

    from qa.settings import Settings
    from qa.types import Document


def fit_models(
    coefficients: Annotated[
        Path, typer.Argument(metavar="COEFFICIENTS", help="The file to write, for QA_COEFFICIENTS.")
    ],
    questions: Annotated[
        list[Path],
        typer.Option(
            "--questions",
            metavar="SET",
            help="A question set, of answerable and unanswerable questions, as for `qa eval`; repeatable.",
        ),
    ],
    docs: Annotated[
        list[str] | None,
        typer.Option(
            "--docs", metavar="PATH", help="The documents that it asks about, if it does not contain them; repeatable."
        ),
    ] = None,
    reader: Annotated[
        str | None, typer.Option(metavar="NAME", help="As QA_READER_MODEL, which is the default.")
    ] = None,
    embedder: Annotated[
        str | None, typer.Option(metavar="NAME", help="As QA_EMBEDDING_MODEL, which is the default.")
    ] = None,
    settings_file: Annotated[
        Path | None, typer.Option("--settings", metavar="FILE", help="A settings file; QA_... variables override it.")
    ] = None,
) -> None:
    """Fit ranking and confidence to other models, on questions whose answers are known.

    Two thirds of the documents are fitted to. Quality before and after is measured on the others.
    """
    from qa.answering.reader import SpanReader
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
    documents = _load(docs, settings) if docs else corpus
    check_against(question_set, {document.id: document for document in documents})
    model = make_span_model(settings)
    bot = QA(settings, reader=SpanReader(model))
    with progress_bar("Embedding", "characters") as progress:
        bot.add(documents, progress)
    with progress_bar("Asking", "questions") as progress:
        found = fit(bot, model, parts, source=source, command=shlex.join(["qa", *sys.argv[1:]]), progress=progress)
    try:
        save_coefficients(coefficients, found.coefficients)
    except OSError as error:
        raise QAError(f"{coefficients}: cannot be written: {error.strerror}; choose another file") from None
    models = [
        f"{name}={value}" for name, value in (("QA_READER_MODEL", reader), ("QA_EMBEDDING_MODEL", embedder)) if value
    ]
    echo(
        f"{coefficients}: fitted to {len(parts.fitted)} questions. Measured on {len(parts.measured)} others:"
        f"\n\n{fit_to_text(found)}\n\nTo use it: {' '.join([f'QA_COEFFICIENTS={coefficients}', *models])}"
    )


def _load(paths: Sequence[str], settings: Settings) -> tuple[Document, ...]:
    from qa.documents.loader import load_with
    from qa.documents.sandbox import Sandbox

    with progress_bar("Reading", "files") as progress:
        report = load_with(settings, paths, sandbox=Sandbox(settings), progress=progress)
    if not report.complete:
        echo(report.summary(), err=True)
    return report.documents
