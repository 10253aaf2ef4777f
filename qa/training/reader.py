"""The span model: its training, its export to ONNX with 8-bit weights, and its restoring from there."""

from __future__ import annotations

import random
from array import array
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import torch
from torch.nn import functional

from qa.errors import ModelError
from qa.models.export import trace
from qa.models.exported import bundled_tokenizer
from qa.models.onnx_session import processor_threads
from qa.models.quantization import fuse_attention
from qa.training.examples import Example

if TYPE_CHECKING:
    from transformers import BertModel

MAX_TOKENS = 256
MASK = 103
FIRST_WORD_PIECE = 999
"""Lower ids are padding, separators and other special tokens."""
BFLOAT16 = torch.backends.cpu.get_cpu_capability().startswith("AVX512")
"""Only with hardware support: without it, a step takes more than ten times as long."""
SHAPE: dict[str, Any] = {"num_hidden_layers": 6, "hidden_size": 384, "intermediate_size": 1536}
"""Configuration of all-MiniLM-L6-v2 where it differs from BERT's."""
# Eager attention trains faster on a processor than the fused kernel, and so does a model without dropout.
LOADED: dict[str, Any] = {
    "attn_implementation": "eager",
    "dtype": torch.float32,
    "hidden_dropout_prob": 0.0,
    "attention_probs_dropout_prob": 0.0,
}
"""How a model is loaded for training."""
Batch = TypeVar("Batch")
Model = TypeVar("Model", bound=torch.nn.Module)

POOL = 50
"""Batches are sorted by length within pools of this many, to reduce padding."""


@dataclass(frozen=True, slots=True)
class Recipe:
    """How to train."""

    epochs: float = 1.0  # times that each example is used
    learning_rate: float = 3e-4  # the highest, after the warm-up; it falls linearly to a fiftieth
    batch_size: int = 32
    warmup_steps: int = 300
    seed: int = 0
    checkpoint_steps: int = 500  # steps between two saves of the state
    # Share of word pieces replaced by [MASK], so that no single word decides. It replaces dropout, whose random numbers
    # take half of the time on a processor.
    masked: float = 0.06
    # Share of the question's lower-case word pieces that are in the passage too, replaced by [MASK] in the question, so
    # that the model learns to do without words in common: a paraphrase has few.
    masked_shared: float = 0.2


class SpanModel(torch.nn.Module):
    """The encoder of all-MiniLM-L6-v2 with a start and an end score for each token.

    Its weights are in the folder `original`; by default they are random.
    """

    def __init__(self, original: Path | None = None) -> None:
        super().__init__()
        self.encoder = make_encoder(original)
        self.head = torch.nn.Linear(self.encoder.config.hidden_size, 2)

    def forward(
        self, input_ids: torch.Tensor, token_type_ids: torch.Tensor, attention_mask: torch.Tensor
    ) -> torch.Tensor:
        """Return start and end scores, shape (batch, tokens, 2); the first token means "not answered"."""
        hidden = self.encoder(
            input_ids=input_ids, token_type_ids=token_type_ids, attention_mask=attention_mask
        ).last_hidden_state
        scores: torch.Tensor = self.head(hidden)
        return scores


def make_encoder(original: Path | None = None) -> BertModel:
    """Return the encoder of all-MiniLM-L6-v2, with the weights in a folder, or random ones."""
    from transformers import BertConfig, BertModel

    if original is None:
        return BertModel(BertConfig(**SHAPE, **LOADED), add_pooling_layer=False)
    return BertModel.from_pretrained(original, add_pooling_layer=False, **LOADED)


@dataclass(frozen=True, slots=True)
class _Encoded:
    # Packed arrays: lists of a few hundred thousand examples took gigabytes.
    ids: array[int]
    types: array[int]
    common: array[int]
    first: int
    last: int


def train(examples: Sequence[Example], recipe: Recipe, checkpoint: Path, start: SpanModel) -> SpanModel:
    """Train a model further on examples; `checkpoint` as for `take_steps`.

    The word embeddings stay as they are: half of all parameters, and a small set teaches them little.
    """
    torch.manual_seed(recipe.seed)
    model = start.train()
    model.encoder.embeddings.word_embeddings.weight.requires_grad_(False)
    data = list(_encode(examples))
    steps = max(1, int(recipe.epochs * len(data) / recipe.batch_size))

    def rate(step: int) -> float:
        return recipe.learning_rate * min(1.0, step / recipe.warmup_steps) * max(0.02, 1 - step / steps)

    def loss_of(batch: Sequence[_Encoded], step: int) -> torch.Tensor:
        return _loss(model, batch, recipe, torch.Generator().manual_seed(recipe.seed + step))

    take_steps(
        model, _batches(data, recipe), loss_of, rate, checkpoint, steps=steps, save_every=recipe.checkpoint_steps
    )
    return model.eval()


def take_steps(
    model: torch.nn.Module,
    batches: Iterable[Batch],
    loss_of: Callable[[Batch, int], torch.Tensor],
    rate: Callable[[int], float],
    checkpoint: Path,
    *,
    steps: int,
    save_every: int,
) -> list[float]:
    """Train the parameters of a model that require gradients, and return the loss of each step.

    Parameters
    ----------
    batches : iterable
        A batch for each step, the same ones in every call.
    loss_of, rate : callable
        Return the loss of a batch in a step, from 1, and the learning rate of a step.
    checkpoint : Path
        The state of the training. Where it exists, training resumes from it.
    steps, save_every : int
        Number of steps, and after how many the state is saved.
    """
    torch.set_num_threads(processor_threads(0))
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.AdamW(parameters, lr=rate(1), weight_decay=0.01, fused=True)
    losses: list[float] = []
    if checkpoint.exists():
        state = torch.load(checkpoint, weights_only=True)
        model.load_state_dict(state["model"])
        optimizer.load_state_dict(state["optimizer"])
        losses = state["losses"]
    done, started = len(losses), monotonic()
    for step, batch in zip(range(1, steps + 1), batches, strict=False):
        if step <= done:
            continue
        for group in optimizer.param_groups:
            group["lr"] = rate(step)
        loss = loss_of(batch, step)
        optimizer.zero_grad(set_to_none=True)
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(parameters, 1.0)
        optimizer.step()
        losses.append(loss.item())
        if step % save_every == 0 or step == steps:
            seconds = (monotonic() - started) / (step - done)
            print(f"step {step}/{steps}  loss {fmean(losses[-save_every:]):.3f}  {seconds:.2f} s a step", flush=True)  # noqa: T201
            state = {"model": model.state_dict(), "optimizer": optimizer.state_dict(), "losses": losses}
            temporary = checkpoint.with_suffix(".tmp")
            torch.save(state, temporary)
            temporary.replace(checkpoint)
    return losses


def averaged(trained: Model, start: Model, share: float) -> Model:
    """Return a model with the weighted average of trained and initial weights, which forgets less."""
    further = trained.state_dict()
    start.load_state_dict({name: torch.lerp(old, further[name], share) for name, old in start.state_dict().items()})
    return start.eval()


def export(model: SpanModel, target: Path) -> None:
    """Write the model as ONNX with 8-bit weights, for `qa.answering.reading.reader.SpanReader`."""
    from onnxruntime.quantization import QuantType, quantize_dynamic

    full = target.with_suffix(".float32.onnx")
    trace(model, full, ["input_ids", "token_type_ids", "attention_mask"])
    quantize_dynamic(full, target, weight_type=QuantType.QInt8, per_channel=True)
    fuse_attention(target, model.encoder.config)
    full.unlink()


def restore(exported: Path) -> SpanModel:
    """Return the model that `export` wrote, whose 8-bit weights become floats again.

    The rounding errors are smaller than the changes of a few training steps. The word embeddings, which training does
    not change, round to the same values again.

    Raises `ModelError` if the file is not such a model.
    """
    import onnx
    from onnx import numpy_helper

    try:
        graph = onnx.load(exported).graph
    except Exception as error:
        raise ModelError(f"{exported}: this model could not be read ({error})") from error
    arrays = {one.name: np.array(numpy_helper.to_array(one)) for one in graph.initializer}
    readers: dict[str, Any] = {name: node for node in graph.node for name in node.input}
    found = {name: values for name, values in arrays.items() if values.dtype == np.float32}
    for node in graph.node:
        if node.op_type == "MatMulInteger":
            weight = node.input[1].removesuffix("_quantized")
            bias = _bias(node, readers, arrays)
            found[bias.removesuffix("bias") + "weight"] = _floats(arrays, weight).T
    for name in arrays:
        if name.endswith("embeddings.weight_quantized"):
            found[name.removesuffix("_quantized")] = _floats(arrays, name.removesuffix("_quantized"))
    model = SpanModel()
    expected = model.state_dict()
    lacking = [
        name for name, values in expected.items() if name not in found or found[name].shape != tuple(values.shape)
    ]
    if lacking:
        raise ModelError(f"{exported}: is not an exported reader; it lacks {lacking[0]} and {len(lacking) - 1} more")
    model.load_state_dict({name: torch.tensor(np.ascontiguousarray(found[name])) for name in expected})
    return model


def _bias(node: Any, readers: dict[str, Any], arrays: dict[str, np.ndarray]) -> str:  # noqa: ANN401 -- untyped protobuf
    """Return the name of the bias added to the product; the exporter renamed the weight."""
    while node is not None and node.op_type != "Add":
        node = readers.get(node.output[0])
    named = [name for name in node.input if name in arrays] if node is not None else []
    return named[0] if named else ""


def _floats(arrays: dict[str, np.ndarray], name: str) -> np.ndarray:
    quantized = arrays[f"{name}_quantized"].astype(np.float32)
    floats: np.ndarray = (quantized - arrays[f"{name}_zero_point"].astype(np.float32)) * arrays[f"{name}_scale"]
    return floats.astype(np.float32)


def _encode(examples: Sequence[Example]) -> Iterator[_Encoded]:
    tokenizer = bundled_tokenizer(MAX_TOKENS, keep_question=True)
    for example in examples:
        encoding = tokenizer.encode(example.question, example.text)
        first = last = 0
        if example.start >= 0:
            inside = [
                n
                for n, (sequence, (start, end)) in enumerate(zip(encoding.sequence_ids, encoding.offsets, strict=True))
                if sequence == 1 and start < example.end and end > example.start
            ]
            if not inside:
                continue
            first, last = inside[0], inside[-1]
        # Names and numbers are not masked: they distinguish an answer from a near miss.
        common = array(
            "B",
            [
                sequence == 0 and example.question[offset].islower()
                for sequence, (offset, _) in zip(encoding.sequence_ids, encoding.offsets, strict=True)
            ],
        )
        yield _Encoded(array("H", encoding.ids), array("B", encoding.type_ids), common, first, last)


def _batches(data: Sequence[_Encoded], recipe: Recipe) -> Iterator[list[_Encoded]]:
    generator = random.Random(recipe.seed + 1)  # noqa: S311 -- no secret
    size = recipe.batch_size
    while True:
        order = list(range(len(data)))
        generator.shuffle(order)
        batches = []
        for pool_start in range(0, len(order), size * POOL):
            pool = sorted(order[pool_start : pool_start + size * POOL], key=lambda n: len(data[n].ids))
            batches += [pool[start : start + size] for start in range(0, len(pool), size)]
        generator.shuffle(batches)
        yield from ([data[n] for n in batch] for batch in batches)


def _loss(model: SpanModel, batch: Sequence[_Encoded], recipe: Recipe, generator: torch.Generator) -> torch.Tensor:
    length = max(len(row.ids) for row in batch)
    ids, types, common, mask = (torch.zeros((len(batch), length), dtype=torch.int64) for _ in range(4))
    for n, row in enumerate(batch):
        ids[n, : len(row.ids)] = torch.tensor(row.ids.tolist())
        types[n, : len(row.types)] = torch.tensor(row.types.tolist())
        common[n, : len(row.common)] = torch.tensor(row.common.tolist())
        mask[n, : len(row.ids)] = 1
    shared = (ids[:, :, None] == ids.masked_fill(types == 0, 0)[:, None, :]).any(dim=2) & (common == 1)
    share = torch.where(shared, recipe.masked_shared, recipe.masked)
    ordinary = ids >= FIRST_WORD_PIECE
    ids = ids.masked_fill(ordinary & (torch.rand(ids.shape, generator=generator) < share), MASK)
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=BFLOAT16):
        scores = model(ids, types, mask).float()
    # Only the passage and the first token, which means "not answered", can be chosen.
    allowed = (types == 1) & (mask == 1)
    allowed[:, 0] = True
    scores = scores.masked_fill(~allowed[:, :, None], -1e4)
    first = torch.tensor([row.first for row in batch])
    last = torch.tensor([row.last for row in batch])
    return (functional.cross_entropy(scores[:, :, 0], first) + functional.cross_entropy(scores[:, :, 1], last)) / 2
