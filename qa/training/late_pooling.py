"""Train the embedding model further for sentences in context.

A chunk passes through the encoder once: its vector is the mean of all of its tokens' outputs, and the vector of a
sentence that of its own tokens'. A question passes alone. The loss is cross-entropy over the sentences of all chunks of
a batch by what search ranks by, the sentence's cosine plus its chunk's, and over sentences and chunks by their own.
"""

from __future__ import annotations

import json
import random
import shutil
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import torch
from torch.nn.functional import normalize

from qa.training.contexts import Asked, Context, Group
from qa.training.reader import BFLOAT16, take_steps
from qa.types import Span, Vectors

if TYPE_CHECKING:
    from transformers import BertModel

PASS_TOKENS = 1024
"""Word pieces that pass through the encoder together, padding included."""
POOL = 64
"""Batches are drawn from the groups of this many batches."""
WEIGHTS = "model.safetensors"
BEGINNING_TOKENS = 64
"""Word pieces at the start of a group by which it is compared with others."""
MANIFEST = "training.json"
COPIED = ("*.json", "vocab.txt", "1_Pooling")
"""Files copied from the folder of the original model."""

Batch = tuple[list[Context], list[tuple[int, Asked]]]
"""Chunks, and questions, each with the number of its chunk."""


class Text(NamedTuple):
    """Word pieces, and the spans in them that get a vector."""

    ids: array[int]
    spans: Sequence[Span]


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to train."""

    steps: int = 2200  # batches; the groups are repeated as needed
    # The highest learning rate. It rises linearly over the first `warmup_steps` and falls linearly to zero over the
    # last `cooldown_steps`. Between, it does not depend on `steps`, so that a checkpoint fits any number.
    learning_rate: float = 8e-5
    warmup_steps: int = 20
    cooldown_steps: int = 300
    chunks: int = 24  # in a batch, at least: groups are added until it is reached
    alike: float = 0.5  # share of these that are nearest to the first group: hard negatives from other articles
    questions: int = 4  # from a chunk in a batch, at most
    temperature: float = 0.05  # divisor of cosines
    alone: float = 0.5  # weight of the two losses by the cosine of the sentence, and of the chunk, alone
    frozen_layers: int = 2  # lowest layers that are frozen, as the word embeddings are
    seed: int = 0
    checkpoint_steps: int = 20


def train(encoder: BertModel, data: Sequence[Group], recipe: Recipe, checkpoint: Path) -> list[float]:
    """Train the encoder in place, and return the loss of each step; `checkpoint` as for `take_steps`."""
    for part in (encoder.embeddings, *encoder.encoder.layer[: recipe.frozen_layers]):
        part.requires_grad_(False)
    encoder.train()
    batches = _batches(data, group_vectors(encoder, data), recipe)

    def rate(step: int) -> float:
        factor = min(1.0, step / recipe.warmup_steps, (recipe.steps - step + 1) / recipe.cooldown_steps)
        return recipe.learning_rate * factor

    def loss_of(batch: Batch, _: int) -> torch.Tensor:
        return batch_loss(encoder, batch, recipe)

    losses = take_steps(
        encoder, batches, loss_of, rate, checkpoint, steps=recipe.steps, save_every=recipe.checkpoint_steps
    )
    encoder.train(mode=False)
    return losses


def batch_loss(encoder: BertModel, batch: Batch, recipe: Recipe) -> torch.Tensor:
    """Return the mean loss of the questions of a batch."""
    contexts, asked = batch
    owner, first = _sentences_of(contexts)
    right = torch.zeros((len(asked), len(owner)), dtype=torch.bool)
    right_chunk = torch.zeros((len(asked), len(contexts)), dtype=torch.bool)
    for row, (number, question) in enumerate(asked):
        right[row, [first[number] + position for position in question.answering]] = True
        right_chunk[row, number] = True
    of_chunks, of_sentences = _cosines(encoder, contexts, [question for _, question in asked])
    alone = _loss(of_sentences, right, recipe) + _loss(of_chunks, right_chunk, recipe)
    return _loss(of_sentences + of_chunks[:, owner], right, recipe) + recipe.alone * alone


def _sentences_of(contexts: Sequence[Context]) -> tuple[torch.Tensor, list[int]]:
    """Return the number of the chunk of each sentence, and that of the first sentence of each chunk."""
    counts = [len(context.sentences) for context in contexts]
    return torch.arange(len(counts)).repeat_interleave(torch.tensor(counts)), np.cumsum([0, *counts]).tolist()


def _loss(cosines: torch.Tensor, right: torch.Tensor, recipe: Recipe) -> torch.Tensor:
    scores = cosines / recipe.temperature
    return (scores.logsumexp(1) - scores.masked_fill(~right, -torch.inf).logsumexp(1)).mean()


def _cosines(
    encoder: BertModel, contexts: Sequence[Context], asked: Sequence[Asked]
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the cosines of questions with chunks and with all sentences, a row for each question."""
    texts = [Text(context.ids, ((0, len(context.ids)), *context.sentences)) for context in contexts]
    counts = [len(spans) for _, spans in texts]
    vectors = span_vectors(encoder, [*texts, *(Text(one.ids, ((0, len(one.ids)),)) for one in asked)])
    cosines = vectors[sum(counts) :] @ vectors[: sum(counts)].T
    is_chunk = torch.zeros(sum(counts), dtype=torch.bool)
    is_chunk[np.cumsum([0, *counts[:-1]])] = True
    return cosines[:, is_chunk], cosines[:, ~is_chunk]


def span_vectors(encoder: BertModel, texts: Sequence[Text]) -> torch.Tensor:
    """Return a unit vector for each span of each text, in order, shape (number of spans, dimension)."""
    by_length = sorted(range(len(texts)), key=lambda number: len(texts[number][0]))
    parts: list[list[int]] = [[]]
    for number in by_length:
        if parts[-1] and (len(parts[-1]) + 1) * len(texts[number][0]) > PASS_TOKENS:
            parts.append([])
        parts[-1].append(number)
    vectors = torch.cat([_pass(encoder, [texts[number] for number in part]) for part in parts])
    first = np.cumsum([0, *(len(spans) for _, spans in texts)]).tolist()
    rows = torch.tensor([row for number in by_length for row in range(first[number], first[number + 1])])
    return vectors[rows.argsort()]


def _pass(encoder: BertModel, texts: Sequence[Text]) -> torch.Tensor:
    ids = torch.zeros((len(texts), max(len(row) for row, _ in texts)), dtype=torch.int64)
    mask = torch.zeros_like(ids)
    shares = torch.zeros((len(texts), max(len(spans) for _, spans in texts), ids.shape[1]))
    for number, (row, spans) in enumerate(texts):
        ids[number, : len(row)] = torch.tensor(row.tolist())
        mask[number, : len(row)] = 1
        for position, (first, last) in enumerate(spans):
            shares[number, position, first:last] = 1 / (last - first)
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=BFLOAT16):
        hidden = encoder(input_ids=ids, attention_mask=mask).last_hidden_state
    return normalize((shares @ hidden.float())[shares.any(dim=2)], dim=1)


@torch.no_grad()
def group_vectors(encoder: BertModel, data: Sequence[Group]) -> Vectors:
    """Return a unit vector for the beginning of each group, shape (number of groups, dimension)."""
    first = [group[0].ids[:BEGINNING_TOKENS] for group in data]
    return span_vectors(encoder, [Text(ids, ((0, len(ids)),)) for ids in first]).numpy()


def _batches(data: Sequence[Group], vectors: Vectors, recipe: Recipe) -> Iterator[Batch]:
    generator = random.Random(recipe.seed)  # noqa: S311 -- no secret
    size = max(1, POOL * recipe.chunks * len(data) // sum(map(len, data)))
    while True:
        order = generator.sample(range(len(data)), len(data))
        for start in range(0, len(order), size):
            for numbers in _related(order[start : start + size], data, vectors, recipe):
                contexts = [context for number in numbers for context in data[number]]
                yield (
                    contexts,
                    [
                        (number, question)
                        for number, one in enumerate(contexts)
                        for question in generator.sample(one.questions, min(recipe.questions, len(one.questions)))
                    ],
                )


def _related(pool: list[int], data: Sequence[Group], vectors: Vectors, recipe: Recipe) -> Iterator[list[int]]:
    """Yield the groups of each batch: the first one left, its nearest ones, and then others in order."""
    while pool:
        nearest = sorted(pool[1:], key=dict(zip(pool, vectors[pool] @ vectors[pool[0]], strict=True)).__getitem__)
        batch = [pool[0]]
        while nearest and sum(len(data[number]) for number in batch) < recipe.alike * recipe.chunks:
            batch.append(nearest.pop())
        others = (number for number in pool if number not in batch)
        while sum(len(data[number]) for number in batch) < recipe.chunks and (other := next(others, None)) is not None:
            batch.append(other)
        pool = [number for number in pool if number not in batch]
        if sum(len(data[number]) for number in batch) > 1:
            yield batch


@torch.no_grad()
def ranked_first(encoder: BertModel, data: Sequence[Group]) -> float:
    """Return the share of questions for which an answering sentence ranks first among all sentences."""
    contexts = [context for group in data for context in group]
    owner, first = _sentences_of(contexts)
    of_chunks, of_sentences = _cosines(encoder, contexts, [one for context in contexts for one in context.questions])
    best = (of_sentences + of_chunks[:, owner]).argmax(dim=1).tolist()
    right = [
        {first[number] + position for position in one.answering}
        for number, context in enumerate(contexts)
        for one in context.questions
    ]
    return float(np.mean([found in wanted for found, wanted in zip(best, right, strict=True)]))


def save(encoder: BertModel, source: Path, folder: Path, manifest: Mapping[str, object]) -> None:
    """Write the model for sentence-transformers, with the other files of the original and a manifest."""
    from safetensors.torch import load_file, save_file

    folder.mkdir(parents=True, exist_ok=True)
    for path in (found for pattern in COPIED for found in source.glob(pattern)):
        if path.is_dir():
            shutil.copytree(path, folder / path.name, dirs_exist_ok=True)
        else:
            shutil.copyfile(path, folder / path.name)
    trained = encoder.state_dict()
    weights = {name: trained.get(name, old) for name, old in load_file(source / WEIGHTS).items()}
    save_file({name: weight.contiguous() for name, weight in weights.items()}, folder / WEIGHTS, {"format": "pt"})
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n", encoding="utf-8")
