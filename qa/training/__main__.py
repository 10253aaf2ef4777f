"""``python -m qa.training reader`` trains the reader; ``coefficients`` and ``support`` fit what it is used for."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from qa.training.reader import Recipe

SETS = (
    "squadshifts_reddit.json",
    "squadshifts_amazon.json",
    "qamr_dev.json",
    "qamr_test.json",
    "fairytaleqa.json",
)

RECIPE = Recipe()

app = typer.Typer(no_args_is_help=True, add_completion=False)


@app.command()
def reader(
    data: Annotated[Path, typer.Argument(help="Folder of the SQuAD-format training sets.")],
    checkpoint: Annotated[
        Path, typer.Option(help="State of the training, saved as it goes; resumed where it is there.")
    ],
    out: Annotated[Path, typer.Option(help="ONNX file to write.")],
    passes: Annotated[int, typer.Option(help="Times to go through the questions, with other windows each time.")] = 5,
    start: Annotated[Path | None, typer.Option(help="An exported reader to train further, and to choose with.")] = None,
    learning_rate: Annotated[float, typer.Option(help="Highest one, after the warm-up.")] = RECIPE.learning_rate,
    written: Annotated[
        Path | None, typer.Option(help="Folder of articles and questions written for training, to train on as well.")
    ] = None,
    written_passes: Annotated[int, typer.Option(help="Times to go through those, mixed with the others.")] = 2,
    seed: int = RECIPE.seed,
) -> None:
    """Train the reader and export it."""
    from qa.training.examples import make_examples
    from qa.training.reader import export, train
    from qa.training.restore import restore

    missing = [name for name in SETS if not (data / name).is_file()]
    if missing:
        raise typer.BadParameter(f"{data} lacks {', '.join(missing)}")
    examples = make_examples([data / name for name in SETS], seed, passes)
    if written:
        from qa.models.span_model import BundledSpanModel
        from qa.pipeline import QA
        from qa.training.written import written_examples

        chooser = BundledSpanModel(model_file=start) if start else None
        examples += written_examples(written, QA(), seed, written_passes, chooser)
    recipe = Recipe(seed=seed, learning_rate=learning_rate)
    export(train(examples, recipe, checkpoint, restore(start) if start else None), out)
    _tell_digest(out)


@app.command()
def embedder(out: Annotated[Path, typer.Argument(help="ONNX file to write.")]) -> None:
    """Write the bundled embedding model's computation, without its weights, for onnxruntime."""
    from qa.training.embedder import export_embedder

    export_embedder(out)
    _tell_digest(out)


@app.command()
def coefficients(
    data: Annotated[Path, typer.Argument(help="Folder of the SQuAD-format training sets.")],
    written: Annotated[Path, typer.Argument(help="Folder of articles and questions written for training.")],
    most: Annotated[int, typer.Option(help="Questions of each set to ask, each in three ways.")] = 90,
) -> None:
    """Fit the order of spans and the confidence, and print the coefficients (`qa.answering`)."""
    from qa.pipeline import QA
    from qa.training.coefficients import fit_confidence, fit_ranking
    from qa.training.held_out import held_out, judge
    from qa.training.written import written_cases

    bot = QA()
    documents, cases = held_out([data / name for name in SETS], most)
    articles, others = written_cases(written)
    bot.replace([*documents, *articles])
    judged = list(judge(bot, [*cases, *others]))
    weights = fit_ranking(judged)
    found = fit_confidence(judged, weights)
    typer.echo(f"RANKING = ({', '.join(f'{weight:.3f}' for weight in weights)})")
    typer.echo(f"INTERCEPT = {found.intercept:.3f}")
    typer.echo(f"WEIGHTS = ({', '.join(f'{weight:.3f}' for weight in found.weights)})")
    typer.echo(f"{len(judged)} cases; AUROC, answerable against near misses: {found.auroc:.3f}")
    typer.echo("threshold  answered right  near misses declined  off-topic declined")
    for threshold, right, near, off in found.shares:
        typer.echo(f"{threshold:9.2f}  {right:14.1%}  {near:20.1%}  {off:18.1%}")


@app.command()
def support(
    data: Annotated[Path, typer.Argument(help="Folder of the SQuAD-format training sets.")],
    most: Annotated[int, typer.Option(help="True statements made of each set.")] = 140,
) -> None:
    """Fit the support of generated sentences; print the coefficients and thresholds of `qa.generation.support`."""
    from qa.generation.support import MEASURES, SupportScorer
    from qa.models.embedder import make_embedder
    from qa.models.span_model import make_span_model
    from qa.settings import Settings
    from qa.training.examples import HELD_OUT, read_paragraphs
    from qa.training.statements import statements
    from qa.training.support import FOLDS, Measured, cross_scored, fit, measure, table, thresholds

    settings = Settings()
    scorer = SupportScorer(make_embedder(settings), make_span_model(settings))
    folds: list[list[Measured]] = [[] for _ in range(FOLDS)]
    for name in SETS:
        paragraphs = read_paragraphs(data / name)[HELD_OUT - 1 :: HELD_OUT]
        for number, fold in enumerate(folds):
            fold += [measure(scorer, one) for one in statements(paragraphs[number::FOLDS], number, most // FOLDS)]
    found, kept = fit([one for fold in folds for one in fold]), cross_scored(folds)
    supported, weakly_supported = thresholds(kept)
    typer.echo(f"SUPPORTED = {supported:.2f}")
    typer.echo(f"WEAKLY_SUPPORTED = {weakly_supported:.2f}")
    typer.echo(f"INTERCEPT = {found.intercept:.3f}")
    typer.echo(f"WEIGHTS = ({', '.join(f'{weight:.3f}' for weight in found.weights)})")
    for weight, measured in zip(found.weights, MEASURES, strict=True):
        typer.echo(f"{weight:8.3f}  {measured}")
    typer.echo("\n".join(["Each scored by a model fitted on others:", *table(kept, supported, weakly_supported)]))


def _tell_digest(made: Path) -> None:
    from qa.models.bundled import file_digest

    typer.echo(f"SHA-256 of {made}, which qa/models/bundled.py names for the model that ships: {file_digest(made)}")


app()
