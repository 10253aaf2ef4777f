"""The section on a language model's verdicts: agreement with people's labels, then the figures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qa.evaluation.analysis.judged import agreement_to_text, read_judged, warning
from qa.evaluation.report.figures import formatted

if TYPE_CHECKING:
    from qa.evaluation.metrics.agreement import Agreement
    from qa.evaluation.runs.results import Run
    from qa.types import JSONObject

_SENTENCES = {
    "supported_sentences": "Supported by their evidence",
    "partly_supported_sentences": "Partly supported",
    "unsupported_sentences": "Unsupported",
    "unchecked_sentences": "Not checked",
}


def judgement(run: Run) -> list[JSONObject]:
    """Return the values of the template for verdicts on answers and on sentences; empty without verdicts.

    Raises
    ------
    QuestionSetError
        If `judged.json` is damaged.
    """
    judged = read_judged(run.folder)
    generated = run.metrics.get("generated") or {}
    groups = []
    if judged and judged.right is not None:
        share = formatted({"right": judged.right, "intervals": {"right": judged.interval}}, "right")
        rows = [(f"Right according to {judged.model}", *share)]
        groups.append(_group(judged.agreement, "answers", judged.asked - judged.unread, rows))
    if generated.get("claim_precision") is not None:
        rows = [(label, *formatted(generated, name)) for name, label in _SENTENCES.items()]
        groups.append(_group(judged.sentences if judged else None, "sentences", generated["sentences"], rows))
    return groups


def _group(found: Agreement | None, things: str, count: int, rows: list[tuple[str, str, str]]) -> JSONObject:
    caution = warning(found) if found else ""
    return {"agreement": agreement_to_text(found, things) + caution, "total": f"Of {count:,} {things}", "rows": rows}
