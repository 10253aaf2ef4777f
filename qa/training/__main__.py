"""``python -m qa.training reader`` trains the reader; ``python -m qa.training confidence`` fits the confidence."""

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
    start: Annotated[Path | None, typer.Option(help="An exported reader to train further.")] = None,
    learning_rate: Annotated[float, typer.Option(help="Highest one, after the warm-up.")] = RECIPE.learning_rate,
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
    recipe = Recipe(seed=seed, learning_rate=learning_rate)
    export(train(examples, recipe, checkpoint, restore(start) if start else None), out)


@app.command()
def embedder(out: Annotated[Path, typer.Argument(help="ONNX file to write.")]) -> None:
    """Write the bundled embedding model's computation, without its weights, for onnxruntime."""
    from qa.training.embedder import export_embedder

    export_embedder(out)


@app.command()
def confidence(
    data: Annotated[Path, typer.Argument(help="Folder with articles/ and questions/.")],
) -> None:
    """Fit the confidence on question sets, and print the coefficients for `qa.decide`."""
    from qa.evaluation import read_questions
    from qa.pipeline import QA
    from qa.training.confidence import fit

    questions = [one for file in sorted((data / "questions").glob("*.jsonl")) for one in read_questions(file)]
    found = fit(QA.from_path(data / "articles"), questions)
    typer.echo(f"INTERCEPT = {found.intercept:.3f}")
    typer.echo(f"WEIGHTS = ({', '.join(f'{weight:.3f}' for weight in found.weights)})")
    typer.echo(f"AUROC, answerable against unanswerable: {found.auroc:.3f}")
    typer.echo("threshold  answerable: answer in first excerpt  unanswerable: declined")
    for threshold, right, declined in found.answered_right:
        typer.echo(f"{threshold:9.2f}  {right:38.1%}  {declined:22.1%}")


app()
