"""Exported models: folders with ``model.onnx``, ``tokenizer.json`` and a card, ``model.json``.

`qa.models.export` writes them; the bundled embedder is one.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from qa.errors import ModelError, first_problem
from qa.models.bundled import EMBEDDING_MODEL, file_digest, verified

if TYPE_CHECKING:
    import tokenizers

MODEL, TOKENIZER, CARD = "model.onnx", "tokenizer.json", "model.json"


class Card(BaseModel):
    """The fields of every ``model.json``."""

    model_config = ConfigDict(strict=True, frozen=True, extra="forbid")

    format: Literal[1] = 1
    name: str
    precision: Literal["float32", "int8"]  # of the weights; an index never mixes two
    max_tokens: int = Field(ge=8)  # of a text, or of a question and a text together; the rest is cut off
    source_sha256: str  # of the exported weights
    files: dict[str, str]  # SHA-256 of the other two files, by name


class EmbedderCard(Card):
    """The ``model.json`` of an embedding model, with its agreement with the source on `qa.models.sample_texts`."""

    kind: Literal["embedder"] = "embedder"
    dimension: int = Field(ge=1)
    pooling: Literal["mean", "cls", "lasttoken"]  # how the token outputs of a text are combined to its vector
    normalized: bool  # whether the source model normalises its vectors; Cited QA always does
    query_prompt: str = ""
    passage_prompt: str = ""
    mean_cosine: float  # of the vectors of a text in both
    neighbours_kept: float  # share of the ten nearest neighbours of each text that stay the same


class ReaderCard(Card):
    """The ``model.json`` of an extractive question-answering model, as `EmbedderCard`."""

    kind: Literal["reader"] = "reader"
    same_spans: float  # share of questions and texts for which both score the same tokens highest


AnyCard = TypeVar("AnyCard", bound=Card)


def is_exported(folder: Path) -> bool:
    """Return whether a folder contains an exported model."""
    return (folder / CARD).is_file()


def read_card(folder: Path, schema: type[AnyCard]) -> AnyCard:
    """Read the ``model.json`` of this kind of model, and verify the other files with it."""
    file = folder / CARD
    try:
        card = schema.model_validate_json(file.read_bytes())
    except OSError as error:
        raise ModelError(f"{file}: cannot be read: {error.strerror}") from None
    except ValidationError as error:
        raise ModelError(f"{file}: {first_problem(error)}; export the model again") from None
    for name in (MODEL, TOKENIZER):
        found, expected = file_digest(folder / name), card.files.get(name)
        if found != expected:
            raise ModelError(f"{folder / name}: SHA-256 is {found}, expected {expected}; export the model again")
    return card


def bundled_card() -> EmbedderCard:
    """Verify and return the card of the bundled embedder."""
    verified(EMBEDDING_MODEL / CARD)
    return read_card(EMBEDDING_MODEL, EmbedderCard)


def fingerprint(folder: Path, card: Card) -> str:
    """Return the name, precision and runtime of a model, and a SHA-256 over its files."""
    return f"{card.name} {card.precision} onnxruntime {file_digest(folder / CARD)}"


def load_tokenizer(file: Path) -> tokenizers.Tokenizer:
    """Load a tokenizer, without padding and truncation."""
    import tokenizers

    try:
        tokenizer = tokenizers.Tokenizer.from_file(str(file))
    except Exception as error:
        raise ModelError(f"{file}: the tokenizer could not be loaded ({error})") from error
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return tokenizer


def bundled_tokenizer(max_tokens: int, *, keep_question: bool = False) -> tokenizers.Tokenizer:
    """Return a new tokenizer for the bundled models, without padding, which cuts a text or a pair of texts.

    With `keep_question`, only the second text of a pair is cut.
    """
    bundled_card()
    tokenizer = load_tokenizer(EMBEDDING_MODEL / TOKENIZER)
    tokenizer.enable_truncation(max_tokens, strategy="only_second" if keep_question else "longest_first")
    return tokenizer
