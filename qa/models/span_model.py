"""Extractive span models: start and end scores for every token of a text, given a question.

Models in the SQuAD 2.0 form of Devlin et al. (2019, sections 4.2 and 4.3), where the first token's scores mean "not
answered here": the bundled one, or any that transformers can load.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
from numpy.typing import NDArray

from qa.errors import ModelError
from qa.models.bundled import file_digest, verified
from qa.models.exported import MODEL, TOKENIZER, ReaderCard, bundled_tokenizer, is_exported, load_tokenizer, read_card
from qa.models.exported import fingerprint as exported_fingerprint
from qa.models.huggingface import cannot_load, device_of, find_model, fingerprint, on_chosen_backend, prepare, user_path
from qa.models.onnx_session import Model, open_model, processor_threads, run
from qa.settings import BUNDLED_READER, Settings

if TYPE_CHECKING:
    import tokenizers

MODEL_FILE = Path(__file__).with_name("reader.onnx")
MAX_TOKENS = 320  # maximum word pieces of a question and a text together for the bundled model; the rest is cut off
MAX_HUB_TOKENS = 512


@dataclass(frozen=True, slots=True)
class TokenScores:
    """Scores of the tokens of one text."""

    offsets: NDArray[np.int64]  # span of each token in the text, shape (tokens, 2)
    scores: NDArray[np.float32]  # start and end scores, shape (tokens, 2)
    no_answer: float  # score of "not answered here", comparable to the sum of a start and an end score


class SpanModel(Protocol):
    """Scores the tokens of texts for questions."""

    @property
    def fingerprint(self) -> str:
        """Name, precision and runtime of the model, and a SHA-256 over its content."""

    def score(self, pairs: Sequence[tuple[str, str]]) -> list[TokenScores]:
        """Return the scores for each (question, text)."""


def make_span_model(settings: Settings) -> SpanModel:
    """Return the model that the settings name; it is loaded at first use."""
    if settings.reader_model == BUNDLED_READER:
        return BundledSpanModel(settings.threads)
    if is_exported(folder := user_path(settings.reader_model)):
        return ExportedSpanModel(settings, folder)
    return NamedSpanModel(settings)


class NamedSpanModel:
    """Any model that transformers can load, on the backend that the settings choose; loaded at first use.

    Ranking and confidence are not fitted to its scores: use `qa fit` or `qa calibrate`.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lock = Lock()
        self._chosen: SpanModel | None = None

    @property
    def model(self) -> SpanModel:
        """The model on the chosen backend."""
        with self._lock:
            if self._chosen is None:
                if self._settings.backend == "openvino":
                    raise ModelError("QA_BACKEND=openvino: it runs embedding models only; set another backend")
                self._chosen = on_chosen_backend(self._settings, self._exported, lambda: HubSpanModel(self._settings))
            return self._chosen

    @property
    def fingerprint(self) -> str:
        """The fingerprint of `model`."""
        return self.model.fingerprint

    def score(self, pairs: Sequence[tuple[str, str]]) -> list[TokenScores]:
        """Return the scores for each (question, text); see `SpanModel`."""
        return self.model.score(pairs)

    def _exported(self) -> SpanModel:
        from qa.models.cache import exported_once
        from qa.models.export_reader import export_reader

        folder = exported_once("reader", self._settings.reader_model, export_reader)
        return ExportedSpanModel(self._settings, folder)


class _OnnxSpanModel(ABC):
    """A model on onnxruntime, loaded at first use. Thread-safe."""

    def __init__(self) -> None:
        self._model: tuple[tokenizers.Tokenizer, Model] | None = None
        # Fast tokenizers raise "Already borrowed" when two threads use one.
        self._lock = Lock()

    @abstractmethod
    def _load(self) -> tuple[tokenizers.Tokenizer, Model]: ...

    def score(self, pairs: Sequence[tuple[str, str]]) -> list[TokenScores]:
        """Return the scores for each (question, text); see `SpanModel`."""
        with self._lock:
            if self._model is None:
                self._model = self._load()
            tokenizer, model = self._model
            encodings = tokenizer.encode_batch(list(pairs))
        return [
            _token_scores(encoding.sequence_ids, encoding.offsets, scores)
            for encoding, scores in zip(encodings, run(model, encodings), strict=True)
        ]


class ExportedSpanModel(_OnnxSpanModel):
    """An exported model, see `qa.models.exported`."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        super().__init__()
        self._settings, self._folder = settings, folder

    @property
    def fingerprint(self) -> str:
        """Name of the model, precision, runtime, and a SHA-256 over its files; see `SpanModel`."""
        return exported_fingerprint(self._folder, read_card(self._folder, ReaderCard))

    def _load(self) -> tuple[tokenizers.Tokenizer, Model]:
        card = read_card(self._folder, ReaderCard)
        tokenizer = load_tokenizer(self._folder / TOKENIZER)
        tokenizer.enable_truncation(card.max_tokens)
        return tokenizer, open_model(self._folder / MODEL, self._settings.threads)


class BundledSpanModel(_OnnxSpanModel):
    """The bundled model.

    Parameters
    ----------
    threads : int
        Processor threads; 0 uses all that the process may use.
    model_file : Path
        An ONNX model with inputs ``input_ids``, ``token_type_ids`` and ``attention_mask``, each of shape
        (batch, tokens), and one output of shape (batch, tokens, 2): start and end scores. The bundled file is
        verified before it is used.
    """

    def __init__(self, threads: int = 0, model_file: Path = MODEL_FILE) -> None:
        super().__init__()
        self._threads, self._model_file = threads, model_file

    @property
    def fingerprint(self) -> str:
        """Name of the model, precision, runtime, and the SHA-256 of its file; see `SpanModel`."""
        return f"{BUNDLED_READER} int8 onnxruntime {file_digest(self._model_file)}"

    def _load(self) -> tuple[tokenizers.Tokenizer, Model]:
        file = verified(MODEL_FILE) if self._model_file == MODEL_FILE else self._model_file
        model = open_model(file, self._threads)
        # A question of 1,000 characters can have 1,000 tokens, so the longer of the two is cut.
        return bundled_tokenizer(MAX_TOKENS), model


class HubSpanModel:
    """Any extractive question-answering model that transformers can load, in float32."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._model: tuple[Any, Any] | None = None
        self._lock = Lock()

    @cached_property
    def fingerprint(self) -> str:
        """Name of the model, precision, and a SHA-256 over its files or, from the Hub, its weights; see `SpanModel`."""
        return fingerprint("reader", self._settings.reader_model, lambda: self.load()[1])

    def score(self, pairs: Sequence[tuple[str, str]]) -> list[TokenScores]:
        """Return the scores for each (question, text); see `SpanModel`."""
        tokenizer, model = self.load()
        with self._lock:
            return [self._score(tokenizer, model, question, text) for question, text in pairs]

    def load(self) -> tuple[Any, Any]:
        """Return the tokenizer and the model, loaded at the first call."""
        with self._lock:
            if self._model is None:
                self._model = self._load()
            return self._model

    def _load(self) -> tuple[Any, Any]:
        name = self._settings.reader_model
        where, local = find_model("reader", name)
        device = device_of(self._settings)
        prepare(processor_threads(self._settings.threads))
        from transformers import AutoModelForQuestionAnswering, AutoTokenizer

        try:
            tokenizer = AutoTokenizer.from_pretrained(where, use_fast=True, local_files_only=local)
            model = AutoModelForQuestionAnswering.from_pretrained(where, local_files_only=local)
            return tokenizer, model.eval().to(device)
        except Exception as error:
            raise cannot_load("reader", name, type(error).__name__) from error

    def _score(self, tokenizer: Any, model: Any, question: str, text: str) -> TokenScores:  # noqa: ANN401
        import torch

        encoding = tokenizer(
            question,
            text,
            truncation="longest_first",
            max_length=max_tokens_of(tokenizer),
            return_offsets_mapping=True,
            return_tensors="pt",
        )
        offsets = encoding.pop("offset_mapping")[0].tolist()
        with torch.inference_mode():
            output = model(**encoding.to(model.device))
        scores = torch.stack([output.start_logits[0], output.end_logits[0]], dim=1).cpu().numpy()
        return _token_scores(encoding.sequence_ids(0), offsets, scores)


def max_tokens_of(tokenizer: Any) -> int:  # noqa: ANN401 -- transformers has no type for it
    """Return a transformers tokenizer's maximum number of tokens for a question and a text together."""
    return int(min(MAX_HUB_TOKENS, tokenizer.model_max_length))


def _token_scores(
    sequence_ids: Sequence[int | None], offsets: Sequence[tuple[int, int]], scores: NDArray[np.float32]
) -> TokenScores:
    tokens = np.array([n for n, sequence in enumerate(sequence_ids) if sequence == 1], dtype=np.int64)
    spans = np.array(offsets, dtype=np.int64).reshape(-1, 2)[tokens]
    return TokenScores(spans, scores[tokens], float(scores[0].sum()))
