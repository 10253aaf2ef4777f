"""Question and passages -> answer spans.

The reader is an extractive span model in the SQuAD 2.0 form of Devlin et al. (2019, sections 4.2 and 4.3): for each
token, one score for a span to start there and one for it to end there, and the same two at the first token for "not
answered here". A span's margin over its passage's no-answer score is comparable between passages. To it is added what
the retriever measured of the sentence and its passage, since each catches what the other misses.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from qa.bundled import bundled_tokenizer
from qa.runtime import open_session, run
from qa.split import is_heading
from qa.types import AnswerSpan, Passage

if TYPE_CHECKING:
    import onnxruntime
    import tokenizers

MODEL_FILE = Path(__file__).parent / "models" / "reader.onnx"
MAX_TOKENS = 320
"""Word pieces of a question and passage together; what is beyond is not read by the model, only by similarity."""
MAX_SPAN_TOKENS = 30
RANKING = (0.1, 1.0, 1.0, 1.0, 1.0, 0.0)
"""What a unit of each measure counts in the order of spans: the five of `AnswerSpan.evidence`, and the passage's score.

Fitted by `make fit-coefficients`."""
_LEAST_MARGIN = -30.0


class SpanReader:
    """Finds the best span of every sentence with the model that ships with the package.

    The model is loaded at the first use and may be used from several threads.

    Parameters
    ----------
    threads : int
        Processor threads; 0 takes what the process may use.
    model_file : Path
        An ONNX model with inputs ``input_ids``, ``token_type_ids`` and ``attention_mask``, each of shape
        (batch, tokens), and one output of shape (batch, tokens, 2): start and end scores.
    """

    def __init__(self, threads: int = 0, model_file: Path = MODEL_FILE) -> None:
        self._threads = threads
        self._model_file = model_file
        self._model: tuple[tokenizers.Tokenizer, onnxruntime.InferenceSession] | None = None
        # Fast tokenizers raise "Already borrowed" when two threads use one.
        self._lock = Lock()

    def read(self, question: str, passages: Sequence[Passage]) -> list[AnswerSpan]:
        """Return the best span of every sentence that is not a heading, best first.

        Equal scores keep the order of passages and of sentences.

        Raises
        ------
        ModelError
            If the model file is missing or cannot be loaded.
        """
        if not passages:
            return []
        tokenizer, session = self._loaded()
        with self._lock:
            encodings = tokenizer.encode_batch([(question, passage.text) for passage in passages])
        logits = run(session, encodings)
        spans = [
            span
            for passage, encoding, scores in zip(passages, encodings, logits, strict=True)
            for span in _passage_spans(passage, encoding, scores)
        ]
        return sorted(spans, key=lambda span: -span.score)

    def _loaded(self) -> tuple[tokenizers.Tokenizer, onnxruntime.InferenceSession]:
        with self._lock:
            if self._model is None:
                session = open_session(self._model_file, self._threads)
                self._model = bundled_tokenizer(MAX_TOKENS, keep_question=True), session
            return self._model


def _passage_spans(passage: Passage, encoding: tokenizers.Encoding, scores: NDArray[np.float32]) -> list[AnswerSpan]:
    no_answer = float(scores[0].sum())
    tokens = np.array([n for n, sequence in enumerate(encoding.sequence_ids) if sequence == 1], dtype=np.int64)
    offsets = np.array(encoding.offsets, dtype=np.int64)[tokens] + passage.start
    spans = []
    for sentence in passage.sentences:
        if is_heading(passage.text[sentence.start - passage.start : sentence.end - passage.start]):
            continue
        inside = (offsets[:, 0] >= sentence.start) & (offsets[:, 1] <= sentence.end)
        start, end, margin = sentence.start, sentence.end, _LEAST_MARGIN
        if inside.any():
            first, last, best = best_span(scores[tokens[inside]])
            start, end = int(offsets[inside][first, 0]), int(offsets[inside][last, 1])
            margin = max(best - no_answer, _LEAST_MARGIN)
        evidence = (margin, sentence.similarity, sentence.overlap, passage.similarity, passage.overlap)
        spans.append(
            AnswerSpan(
                document_id=passage.document_id,
                start=start,
                end=end,
                excerpt_start=sentence.excerpt_start,
                excerpt_end=sentence.end,
                score=sum(weight * value for weight, value in zip(RANKING, (*evidence, passage.score), strict=True)),
                evidence=evidence,
                passage_score=passage.score,
            )
        )
    return spans


def best_span(scores: NDArray[np.float32], most: int = MAX_SPAN_TOKENS) -> tuple[int, int, float]:
    """Return (first token, last token, score) of the best span.

    Parameters
    ----------
    scores : float array, shape (tokens, 2)
        Start and end scores.
    most : int
        Most tokens in a span.
    """
    count = len(scores)
    together = scores[:, 0][:, np.newaxis] + scores[:, 1][np.newaxis, :]
    length = np.arange(count)[np.newaxis, :] - np.arange(count)[:, np.newaxis]
    together = np.where((length >= 0) & (length < most), together, -np.inf)
    first, last = np.unravel_index(int(together.argmax()), together.shape)
    return int(first), int(last), float(together[first, last])
