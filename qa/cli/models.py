"""`qa models`: exporting models to run on onnxruntime."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from qa.output.terminal import echo

app = typer.Typer(no_args_is_help=True, help="Export models, to run on a processor without torch.")

Prompt = Annotated[str | None, typer.Option(help="Put before it; by default what the model's own files say.")]


@app.callback()
def models() -> None:
    """Export models, to run on a processor without torch."""


@app.command()
def export(
    source: Annotated[str, typer.Argument(metavar="NAME", help="A folder or Hub id that sentence-transformers loads.")],
    out: Annotated[Path, typer.Option(metavar="DIR", help="Folder to write, for QA_EMBEDDING_MODEL.")],
    int8: Annotated[bool, typer.Option("--int8", help="8-bit weights: a quarter of the size, twice as fast.")] = False,
    name: Annotated[str, typer.Option(help="What to call it; by default the last part of NAME.")] = "",
    query_prompt: Prompt = None,
    passage_prompt: Prompt = None,
) -> None:
    """Export an embedding model, compare it with its source, and print how far they agree."""
    from qa.models.export import Prompts, export_embedder

    prompts = Prompts(query_prompt, passage_prompt)
    card = export_embedder(source, out, int8=int8, name=name, prompts=prompts)
    echo(
        f"{out}: {card.name}, {card.precision}, {card.dimension} dimensions, pooling {card.pooling},"
        f" texts of {card.max_tokens} tokens, chunks of {card.max_chunk_tokens}\n"
        f"Against the source, on sample texts: mean cosine {card.mean_cosine:.4f},"
        f" {card.neighbours_kept:.1%} of the ten nearest texts kept.\n"
        f"To use it: QA_EMBEDDING_MODEL={out}"
    )
