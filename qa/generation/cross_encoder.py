"""A judge in this process: a cross-encoder for natural-language inference, and its fitted threshold."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from pydantic import Field

from qa.errors import ModelError
from qa.generation.judge import IN_PROCESS, Judgement, Pair, Ruling
from qa.models.coefficients import Coefficients, read_coefficients
from qa.models.huggingface import device_of, prepare, weights_digest
from qa.models.onnx_session import processor_threads
from qa.settings import Settings
from qa.text.lines import one_line


class JudgeThreshold(Coefficients):
    """What `qa calibrate --judge` writes.

    Attributes
    ----------
    judge, weights : str
        The name of the model, and the SHA-256 of its weights.
    threshold : float
        Minimum probability of entailment for "supported".
    max_wrong, confidence : float
        With this confidence, at most this share of the sentences called supported are not.
    pairs : int
        Number of pairs that it was fitted and checked on.
    """

    judge: str
    weights: str
    threshold: float = Field(ge=0, le=1)
    max_wrong: float
    confidence: float
    pairs: int


class CrossEncoderJudge:
    """Judges with a natural-language-inference model that sentence-transformers runs in this process.

    Parameters
    ----------
    settings : Settings
        `judge` names a folder or Hub id for `sentence_transformers.CrossEncoder`.
    fitted : JudgeThreshold, optional
        Takes precedence over the threshold of the settings; the model must have the same weights.
    """

    def __init__(self, settings: Settings, fitted: JudgeThreshold | None = None) -> None:
        self.name = settings.judge.removeprefix(IN_PROCESS)
        self._settings = settings
        self._fitted = fitted
        self._threshold = fitted.threshold if fitted else settings.judge_threshold

    @cached_property
    def _model(self) -> Any:  # noqa: ANN401 -- sentence-transformers is not typed
        try:
            prepare(processor_threads(self._settings.threads))
            from sentence_transformers import CrossEncoder

            model = CrossEncoder(
                str(Path(self.name).expanduser()),
                device=device_of(self._settings),
                trust_remote_code=self._settings.judge_trust_remote_code,
            )
        except (OSError, ValueError, ImportError) as error:
            raise ModelError(
                f"QA_JUDGE={self.name}: cannot be loaded: {one_line(str(error))[:200]}; name the folder of a"
                " cross-encoder, or a Hub id while online"
            ) from error
        if self._fitted and _digest(model) != self._fitted.weights:
            raise ModelError(
                f"QA_JUDGE={self.name}: its weights are not those that the threshold was fitted to; run"
                " qa calibrate --judge again"
            )
        return model

    @cached_property
    def _entailment(self) -> int:
        """The index of the model's label for entailment."""
        labels = {int(place): str(name).lower() for place, name in self._model.model.config.id2label.items()}
        named = [place for place, name in labels.items() if name.startswith(("entail", "support"))]
        if not named and len(labels) > 2:
            listed = ", ".join(labels.values())
            raise ModelError(f"QA_JUDGE={self.name}: none of its labels is entailment: {listed}; name another model")
        # Models with two unnamed labels, such as MiniCheck, have "supported" last.
        return named[0] if named else max(labels)

    @property
    def weights(self) -> str:
        """The SHA-256 of the model's weights."""
        return _digest(self._model)

    def judge(self, question: str, pairs: Sequence[Pair]) -> Ruling:  # noqa: ARG002
        """Return the judgement on each pair: supported or unsupported."""
        return Ruling(
            tuple(Judgement("supported" if score >= self._threshold else "unsupported") for score in self.scores(pairs))
        )

    def scores(self, pairs: Sequence[Pair]) -> list[float]:
        """Return the probability that the evidence entails the claim, for each pair.

        Raises
        ------
        ModelError
            If the model cannot be loaded, has other weights than the fitted one, or no label for entailment.
        """
        import numpy as np

        if not pairs:
            return []
        logits = np.asarray(
            self._model.predict(
                [(one.evidence, one.claim) for one in pairs], activation_fn=_identity, show_progress_bar=False
            )
        ).reshape(len(pairs), -1)
        if logits.shape[1] == 1:
            return [float(score) for score in 1 / (1 + np.exp(-logits[:, 0]))]
        weights = np.exp(logits - logits.max(axis=1, keepdims=True))
        return [float(score) for score in weights[:, self._entailment] / weights.sum(axis=1)]


def make_cross_encoder(settings: Settings) -> CrossEncoderJudge:
    """Return the cross-encoder that the settings name, with its fitted threshold if they name one.

    Raises
    ------
    ModelError
        If the threshold cannot be read, or was fitted to another model.
    """
    source, fitted = settings.judge.removeprefix(IN_PROCESS), None
    if settings.judge_calibration:
        file = Path(settings.judge_calibration).expanduser()
        fitted = read_coefficients(file, JudgeThreshold, "qa calibrate --judge")
        if fitted.judge != source:
            raise ModelError(
                f"QA_JUDGE_CALIBRATION={file}: was fitted to {fitted.judge!r}, but QA_JUDGE is {source!r}; set"
                f" QA_JUDGE to {fitted.judge!r}, or run qa calibrate --judge again"
            )
    return CrossEncoderJudge(settings, fitted)


def _digest(model: Any) -> str:  # noqa: ANN401
    return weights_digest(model.model)


def _identity(logits: Any) -> Any:  # noqa: ANN401 -- a tensor
    return logits
