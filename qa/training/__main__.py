"""The training of the shipped models, ``reader`` and ``sentences``, and the fits of coefficients."""

from __future__ import annotations

import json
import platform
import random
from dataclasses import asdict
from datetime import UTC, date, datetime
from pathlib import Path
from statistics import fmean
from typing import Annotated

import typer

from qa.answering.form_confidence import FormCoefficients
from qa.evaluation import read_set
from qa.evaluation.datasets.formats.jsonl import ARTICLES, QUESTIONS
from qa.files import digest_of_regular
from qa.fitting.cases import cases_of, label
from qa.fitting.coefficients import fit_coefficients
from qa.models.coefficients import save_coefficients
from qa.models.export import ORIGINAL, ORIGINALS
from qa.models.exported import bundled_tokenizer
from qa.models.span_model import BundledSpanModel
from qa.pipeline import QA
from qa.training import late_pooling
from qa.training.contexts import joined_articles, make_groups, paragraph_articles, written_articles
from qa.training.examples import Example, make_examples
from qa.training.forms import cross_table, fit, form_examples
from qa.training.held_out import held_out, threshold_table
from qa.training.larger_reader import LargerSpanModel
from qa.training.reader import MAX_TOKENS, Recipe, SpanModel, averaged, export, make_encoder, restore, train
from qa.training.written import written_examples

SETS = (
    "squadshifts_reddit.json",
    "squadshifts_amazon.json",
    "qamr_dev.json",
    "qamr_test.json",
    "fairytaleqa.json",
)

RECIPE = Recipe()
STEPS, SHARE = 2200, 0.7
"""Training steps of the embedding model, and its weight in the average with the original."""

FURTHER_PASSES, FURTHER_ARTICLES, FURTHER_RATE, FURTHER_SHARE = 3, 36, 1e-4, 0.5
"""The reader's further training: passes over new questions, old articles, learning rate, and weight.

The weight applies to the result in its average with the reader before."""

LARGER_PUBLIC, LARGER_ARTICLES = 2400, 110
"""The larger reader's training: at most so many examples of each public set, and written articles."""
LARGER_RECIPE = Recipe(learning_rate=6e-5, warmup_steps=100, checkpoint_steps=100)

Checkpoint = Annotated[Path, typer.Option(help="State of the training, from which it resumes.")]

app = typer.Typer(no_args_is_help=True, add_completion=False)


@app.command()
def reader(
    data: Annotated[Path, typer.Argument(help="Folder of the SQuAD-format training sets.")],
    checkpoint: Checkpoint,
    out: Annotated[Path, typer.Option(help="ONNX file to write.")],
    passes: Annotated[int, typer.Option(help="Passes over the questions, with other windows each time.")] = 5,
    start: Annotated[Path | None, typer.Option(help="An exported reader to train further.")] = None,
    original: Annotated[
        Path | None, typer.Option(help="Folder of all-MiniLM-L6-v2, to start from without a reader.")
    ] = None,
    learning_rate: Annotated[float, typer.Option(help="Learning rate after the warm-up.")] = RECIPE.learning_rate,
    written: Annotated[
        Path | None, typer.Option(help="Folder of articles and questions written for training, to train on as well.")
    ] = None,
    written_passes: Annotated[int, typer.Option(help="Passes over those, mixed with the others.")] = 2,
    seed: int = RECIPE.seed,
) -> None:
    """Train the reader and export it."""
    if not (start or original):
        raise typer.BadParameter("name a reader with --start, or the folder of all-MiniLM-L6-v2 with --original")
    missing = [name for name in SETS if not (data / name).is_file()]
    if missing:
        raise typer.BadParameter(f"{data} lacks {', '.join(missing)}")
    examples = make_examples([data / name for name in SETS], seed, passes)
    if written:
        chooser = BundledSpanModel(model_file=start) if start else None
        examples += written_examples(written, QA(), seed, written_passes, chooser)
    recipe = Recipe(seed=seed, learning_rate=learning_rate)
    export(train(examples, recipe, checkpoint, restore(start) if start else SpanModel(original)), out)
    _print_digest(out)


@app.command()
def documents(
    data: Annotated[Path, typer.Argument(help="Folder of the SQuAD-format training sets.")],
    written: Annotated[Path, typer.Argument(help="Folder of articles and questions that it was trained on.")],
    others: Annotated[Path, typer.Argument(help="Folder of documents of other kinds and questions.")],
    checkpoint: Checkpoint,
    start: Annotated[Path, typer.Option(help="An exported reader to train further.")],
    out: Annotated[Path, typer.Option(help="ONNX file to write.")],
) -> None:
    """Train the reader further on documents of other kinds, mixed with some of the old examples."""
    seed, chooser = RECIPE.seed, BundledSpanModel(model_file=start)
    examples = written_examples(others, QA(), seed, FURTHER_PASSES, chooser)
    known = written_examples(written, QA(), seed, 1, articles=FURTHER_ARTICLES)
    known += random.Random(seed).sample(make_examples([data / name for name in SETS], seed, 1), len(known) // 2)  # noqa: S311 -- no secret
    recipe = Recipe(seed=seed, learning_rate=FURTHER_RATE, warmup_steps=40)
    trained = train([*examples, *known], recipe, checkpoint, restore(start))
    export(averaged(trained, restore(start), FURTHER_SHARE), out)
    _print_digest(out)


@app.command()
def larger(
    data: Annotated[Path, typer.Argument(help="Folder of the SQuAD-format training sets.")],
    written: Annotated[Path, typer.Argument(help="Folder of articles and questions written for training.")],
    others: Annotated[Path, typer.Argument(help="Folder of documents of other kinds and questions.")],
    checkpoint: Checkpoint,
    original: Annotated[Path, typer.Option(help="Folder of all-mpnet-base-v2, to start from.")],
    out: Annotated[Path, typer.Option(help="Folder to write, which QA_READER_MODEL can name.")],
) -> None:
    """Train a reader five times as large, which does not ship."""
    bot, seed = QA(), LARGER_RECIPE.seed
    generator = random.Random(seed)  # noqa: S311 -- no secret
    examples: list[Example] = []
    for name in SETS:
        made = make_examples([data / name], seed, 1)
        examples += generator.sample(made, min(len(made), LARGER_PUBLIC))
    examples += written_examples(written, bot, seed, 1, articles=LARGER_ARTICLES)
    examples += written_examples(others, bot, seed, 2)
    typer.echo(f"{len(examples)} examples")
    model = LargerSpanModel(original)
    train(examples, LARGER_RECIPE, checkpoint, model)
    model.save(original, out)


@app.command()
def sentences(
    data: Annotated[Path, typer.Argument(help="Folder of the SQuAD-format training sets.")],
    written: Annotated[Path, typer.Argument(help="Folder of articles and questions written for training.")],
    held_out: Annotated[Path, typer.Argument(help="Folder of such articles that are only measured on.")],
    checkpoint: Checkpoint,
    out: Annotated[Path, typer.Option(help="Folder to write, which sentence-transformers loads.")],
    original: Annotated[Path, typer.Option(help="Folder of all-MiniLM-L6-v2, to start from.")],
) -> None:
    """Train the embedding model for sentences in context, and write its weights with a manifest."""
    digest = digest_of_regular((original / late_pooling.WEIGHTS).resolve())
    if digest != ORIGINALS[ORIGINAL]:
        raise typer.BadParameter(f"the weights in {original} are not those of {ORIGINAL}")
    articles = [one for name in SETS[:2] for one in paragraph_articles(data / name)]
    articles += [one for name in sorted(SETS[2:]) for one in joined_articles(data / name)]
    tokenizer = bundled_tokenizer(MAX_TOKENS)
    groups = make_groups([*articles, *written_articles(written)], tokenizer)
    measured = make_groups(written_articles(held_out), tokenizer)
    recipe = late_pooling.Recipe(steps=STEPS)
    encoder = make_encoder(original)
    before = late_pooling.ranked_first(encoder, measured)
    losses = late_pooling.train(encoder, groups, recipe, checkpoint)
    mixed = averaged(encoder, make_encoder(original), SHARE)
    files = [*(data / name for name in SETS), *(written / name for name in (ARTICLES, QUESTIONS))]
    manifest = {
        "command": "make train-embedder",
        "date": str(_today()),
        "recipe": asdict(recipe),
        "share": SHARE,
        "original": digest,
        "data": {file.name: digest_of_regular(file) for file in files},
        "groups": len(groups),
        "loss": {"first": round(fmean(losses[:20]), 3), "last": round(fmean(losses[-20:]), 3)},
        "held out, sentence ranked first": {
            name: round(value, 3)
            for name, value in (
                ("original", before),
                ("trained", late_pooling.ranked_first(encoder, measured)),
                ("average", late_pooling.ranked_first(mixed, measured)),
            )
        },
        "machine": platform.processor() or platform.machine(),
    }
    late_pooling.save(mixed, original, out, manifest)
    typer.echo(json.dumps(manifest, indent=2))


@app.command()
def coefficients(
    data: Annotated[Path, typer.Argument(help="Folder of the SQuAD-format training sets.")],
    written: Annotated[list[Path], typer.Argument(help="Folders of texts and questions written for training.")],
    out: Annotated[Path, typer.Option(help="JSON file to write.")],
    most: Annotated[int, typer.Option(help="Questions from each set, each asked in three ways.")] = 90,
    most_written: Annotated[int, typer.Option(help="Questions from each folder, each asked in three ways.")] = 800,
) -> None:
    """Fit ranking and confidence to the bundled models, and write the coefficients that ship.

    The texts written for training count as much as all other sets together, since they resemble real use most.
    """
    bot = QA()
    documents, cases = held_out([data / name for name in SETS], most)
    sets = {str(folder): read_set(folder) for folder in written}
    bot.replace([*documents, *(one for _, articles in sets.values() for one in articles)])
    for name, (questions, _) in sets.items():
        asked = random.Random(0).sample(list(questions), min(most_written, len(questions)))  # noqa: S311 -- no secret
        cases += cases_of(asked, bot.documents, name)
    labelled = label(bot, cases)
    fitted = fit_coefficients(
        labelled,
        fitted_on=f"Questions kept from the reader's training, at most {most} of each set, each asked of its article,"
        f" of that without the answer, and of another: {', '.join(SETS)}; and the texts of {', '.join(sets)}",
        command="make fit-coefficients",
        reader=bot.reader.fingerprint,
        embedder=bot.embedder.fingerprint,
        shares=dict.fromkeys(sets, len(SETS) / len(sets)),
    )
    save_coefficients(out, fitted)
    typer.echo("\n".join(threshold_table(labelled, fitted)))
    _print_digest(out)


@app.command()
def forms(
    data: Annotated[Path, typer.Argument(help="Folder of the training data: data/training.")],
    texts: Annotated[Path, typer.Argument(help="Folder of the development questions of make bench-kinds.")],
    out: Annotated[Path, typer.Option(help="JSON file to write.")],
) -> None:
    """Fit the confidence of lists, definitions, comparisons and cells, `qa.answering.form_confidence`."""
    replies = list(form_examples(data, texts))
    fitted = FormCoefficients(
        fitted_on=f"{len(replies)} replies to questions of kinds/replies.jsonl, documents-train, documents-held-out and"
        " question_kinds/development.jsonl",
        date=_today(),
        command="make fit-forms",
        forms=fit(replies),
    )
    save_coefficients(out, fitted)
    typer.echo("\n".join(["Each by a model fitted on other documents:", *cross_table(replies)]))
    _print_digest(out)


def _today() -> date:
    return datetime.now(UTC).date()


def _print_digest(made: Path) -> None:
    typer.echo(
        f"SHA-256 of {made}, which qa/models/bundled.py names for the model that ships: {digest_of_regular(made)}"
    )


app()
