"""`qa models`: exporting models to run on onnxruntime, and testing the connection to a language model."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

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
    name: Annotated[str, typer.Option(help="Name of the exported model; default: the last part of NAME.")] = "",
    query_prompt: Annotated[
        str | None, typer.Option(help="Prefix of a question; default: from the model's own files.")
    ] = None,
    passage_prompt: Annotated[
        str | None, typer.Option(help="Prefix of a chunk; default: from the model's own files.")
    ] = None,
) -> None:
    """Export a model to ONNX, compare it with its source, and print how far they agree."""
    if reader:
        from qa.models.export_reader import export_reader

        found = export_reader(source, out, int8=int8, name=name)
        echo(
            f"{out}: {found.name}, {found.precision}, questions and texts of {found.max_tokens} tokens\n"
            f"Against the source, on sample texts: {found.same_spans:.1%} of the best spans are the same.\n"
            f"To use it: QA_READER_MODEL={out}"
        )
        return
    from qa.models.export import export_embedder

    prompts = {"query_prompt": query_prompt, "passage_prompt": passage_prompt}
    card = export_embedder(source, out, int8=int8, name=name, **prompts)
    echo(
        f"{out}: {card.name}, {card.precision}, {card.dimension} dimensions, pooling {card.pooling},"
        f" texts of {card.max_tokens} tokens\n"
        f"Against the source, on sample texts: mean cosine {card.mean_cosine:.4f},"
        f" {card.neighbours_kept:.1%} of the ten nearest texts kept.\n"
        f"To use it: QA_EMBEDDING_MODEL={out}"
    )


@app.command("check-llm")
def check_llm() -> None:
    """Test the configured language model and judge, and print what works."""
    from qa.generation.check_model import check_model
    from qa.settings import Settings

    works = True
    for check in check_model(Settings.from_environment()):
        works = works and check.works is not False
        sign = {True: "ok", False: "FAILS", None: "-"}[check.works]
        echo(f"{sign:<6}{check.name}: {check.found}")
    if not works:
        raise typer.Exit(1)
