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

    With this `confidence`, at most the share `max_wrong` of the sentences called supported are not.
    """

    judge: str
    weights: str
    """The SHA-256 of the model's weights."""
    threshold: float = Field(ge=0, le=1)
    """Minimum probability of entailment for "supported"."""
    max_wrong: float
    confidence: float
    pairs: int
    """Number of pairs that it was fitted and checked on."""


class CrossEncoderJudge:
    """Judges with a natural-language-inference model that sentence-transformers runs in this process.

    Parameters
    ----------
    settings : Settings
        `judge` names a folder or Hub id for `sentence_transformers.CrossEncoder`. The threshold in the file
        `judge_calibration` takes precedence over `judge_threshold`; the model must have the same weights.

    Raises
    ------
    ModelError
        If that file cannot be read, or was fitted to another model.
    """

    def __init__(self, settings: Settings) -> None:
        self.name = settings.judge.removeprefix(IN_PROCESS)
        self._settings = settings
        self._fitted: JudgeThreshold | None = None
        if settings.judge_calibration:
            file = Path(settings.judge_calibration).expanduser()
            self._fitted = read_coefficients(file, JudgeThreshold, "qa calibrate --judge")
            if self._fitted.judge != self.name:
                raise ModelError(
                    f"QA_JUDGE_CALIBRATION={file}: was fitted to {self._fitted.judge!r}, but QA_JUDGE is {self.name!r};"
                    f" set QA_JUDGE to {self._fitted.judge!r}, or run qa calibrate --judge again"
                )

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
        if self._fitted and weights_digest(model.model) != self._fitted.weights:
            raise ModelError(
                f"QA_JUDGE={self.name}: its weights are not those that the threshold was fitted to; run"
                " qa calibrate --judge again"
            )
        return model

    @cached_property
    def _entailment(self) -> int:
        """The index of the model's label for entailment."""
        labels = {int(index): str(name).lower() for index, name in self._model.config.id2label.items()}
        named = [index for index, name in labels.items() if name.startswith(("entail", "support"))]
        if not named and len(labels) > 2:
            listed = ", ".join(labels.values())
            raise ModelError(f"QA_JUDGE={self.name}: none of its labels is entailment: {listed}; name another model")
        # Models with two unnamed labels, such as MiniCheck, have "supported" last.
        return named[0] if named else max(labels)

    @property
    def weights(self) -> str:
        """The SHA-256 of the model's weights."""
        return weights_digest(self._model.model)

    def judge(self, question: str, pairs: Sequence[Pair]) -> Ruling:  # noqa: ARG002
        """Return the judgement on each pair: supported or unsupported."""
        threshold = self._fitted.threshold if self._fitted else self._settings.judge_threshold
        return Ruling(
            tuple(Judgement("supported" if score >= threshold else "unsupported") for score in self.scores(pairs))
        )

    def scores(self, pairs: Sequence[Pair]) -> list[float]:
        """Return the probability that the evidence entails the claim, for each pair.

        Raises
        ------
        ModelError
            If the model cannot be loaded, has other weights than the fitted one, or no label for entailment.
        """
        read = [(one.evidence, one.claim) for one in pairs]
        index = self._entailment
        from torch.nn import Sigmoid, Softmax

        activation = Sigmoid() if self._model.config.num_labels == 1 else Softmax(dim=-1)
        found = self._model.predict(read, activation_fn=activation, show_progress_bar=False)
        return [float(row[index]) for row in found.reshape(len(pairs), -1)]
