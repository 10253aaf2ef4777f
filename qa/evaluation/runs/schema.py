"""The schema of the files in a run folder, which may come from an untrusted source."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, InstanceOf, ValidationError

from qa.errors import first_problem

_Whole = Annotated[int, Field(ge=-(2**63), lt=2**63)]
_Count = Annotated[int, Field(ge=0, lt=2**63)]
_Number = Annotated[float, Field(ge=-1e300, le=1e300)]
# A text may contain a lone surrogate, which pydantic's own strings may not.
_Text = InstanceOf[str]
_Interval = Annotated[list[_Number], Field(min_length=2, max_length=2)]


class _Part(BaseModel):
    """An object that may have more fields than are named."""

    model_config = ConfigDict(strict=True, extra="ignore")


class _Asking(_Part):
    questions: _Count = 0
    seconds: Annotated[_Number, Field(ge=0)] = 0.0
    peak_memory_mb: _Number | None = None


class _QuestionsAsked(_Part):
    count: _Count = 0
    sha256: _Text = ""


class RunFile(_Part):
    """The content of `run.json`; a run of an earlier version lacks some of it."""

    started: _Text = ""
    versions: dict[_Text, _Text | None] = {}
    answers: _Text = ""
    settings: dict[_Text, Any] = {}
    embedder: _Text = ""
    reader: _Text = ""
    always_answer: bool = False
    questions: _QuestionsAsked = _QuestionsAsked()
    library: dict[_Text, _Count] = {}
    documents: dict[_Text, _Text] = {}
    asking: _Asking = _Asking()


class _Measures(BaseModel):
    """Numbers by name, and the interval of each."""

    model_config = ConfigDict(strict=True, extra="allow")
    __pydantic_extra__: dict[str, _Number | None]

    intervals: dict[_Text, _Interval | None]


class _Group(_Measures):
    questions: _Count
    errors: _Count


class _GeneratedMeasures(_Measures):
    asked: _Count
    shown: _Count
    declined: _Count
    failed: _Count
    tokens: _Count
    sentences: _Count
    quotations: _Count
    fallbacks: dict[_Text, _Count]


class _RiskPoint(_Part):
    threshold: _Number
    coverage: _Number
    risk: _Number


class _Bin(_Part):
    low: _Number
    high: _Number
    answers: _Count
    confidence: _Number | None
    right: _Number | None


class MetricsFile(_Group):
    """The content of `metrics.json`."""

    answerable: _Count
    unanswerable: _Count
    with_answers: _Count
    with_evidence: _Count
    citations: _Count
    confusion: dict[_Text, dict[_Text, _Count]]
    risk_coverage: list[_RiskPoint]
    reliability: list[_Bin]
    breakdowns: dict[_Text, dict[_Text, _Group]]
    generated: _GeneratedMeasures | None = None


class _Span(_Part):
    document: _Text
    start: _Whole
    end: _Whole


class _CitedSpan(_Span):
    text: _Text


class _Timings(BaseModel):
    model_config = ConfigDict(strict=True, extra="allow")
    __pydantic_extra__: dict[str, _Number]

    total: _Number | None


class _Quotation(_Part):
    text: _Text
    verdict: _Text


class _Sentence(_Part):
    text: _Text
    verdict: _Text
    citations: list[Any]
    evidence: _Text
    missing: _Text = ""
    quotations: list[_Quotation] = []
    layout: _Text = ""


class GeneratedAnswer(_Part):
    """What a language model wrote: all that is measured and shown."""

    model: _Text
    problem: _Text | None
    judge: _Text | None
    sentences: list[_Sentence]
    calls: _Count
    prompt_tokens: _Count
    answer_tokens: _Count


class Prediction(_Part):
    """A line of `predictions.jsonl`."""

    id: _Text
    question: _Text
    kind: _Text | None = None
    answer: _Text | None
    short: _Text | None = None
    abstained: bool
    confidence: _Number | None
    citations: list[_CitedSpan]
    passages: list[_Span]
    timings_ms: _Timings
    generated: GeneratedAnswer | None = None


def problem_of(model: type[BaseModel], value: object) -> str | None:
    """Return the first invalid field and its problem; None if all are valid."""
    try:
        model.model_validate(value)
    except ValidationError as error:
        return first_problem(error)
    return None
