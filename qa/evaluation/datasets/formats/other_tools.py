"""Convert rows of Ragas, DeepEval and promptfoo; the texts they cite become the column "contexts".

Ragas: ``user_input`` (or ``question``), ``reference`` (``ground_truth``), ``reference_contexts`` (``contexts``).
DeepEval goldens: ``input``, ``expected_output``, ``context``. promptfoo tests: ``vars`` and ``assert``, in CSV a column
for each variable and ``__expected``. A row without an id gets its number as id; promptfoo has ids only in
``metadata``.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

CONTEXTS = "contexts"
"""The extra column with texts that contain the answer and are not yet located in documents."""

Row = Mapping[str, Any]

_QUESTIONS = ("question", "query", "input", "prompt")  # promptfoo variables, most likely first
_ANSWERED = ("equals", "contains", "icontains", "contains-any", "icontains-any")
_USED = {
    "user_input", "reference", "reference_contexts", "ground_truth", "ground_truths", "contexts",
    "input", "expected_output", "context", "vars", "assert", "metadata", "__expected",
}  # fmt: skip


def is_other(columns: Collection[str]) -> bool:
    """Return whether a row with these columns comes from another tool."""
    if {"id", "question", "answers"}.issubset(columns):
        return False
    return (
        not {"vars", "__expected", "user_input"}.isdisjoint(columns)
        or ("question" in columns and not {"ground_truth", "ground_truths"}.isdisjoint(columns))
        or ("input" in columns and "question" not in columns)
    )


def as_row(row: Any, number: int) -> Any:  # noqa: ANN401 -- any JSON value
    """Convert a row of another tool to a row of a question set; return any other value unchanged."""
    if not isinstance(row, dict) or not is_other(row):
        return row
    if "vars" in row or "__expected" in row:
        made = _promptfoo(row)
    elif "input" in row and "question" not in row:
        made = {"question": row["input"], "answers": row.get("expected_output"), CONTEXTS: row.get("context")}
    else:
        made = _ragas(row)
    made = {name: value for name, value in made.items() if value not in (None, "", [])}
    made.setdefault("id", row.get("id") or str(number))
    for name in ("answers", CONTEXTS):
        if isinstance(made.get(name), str):
            made[name] = [made[name]]
    return {name: value for name, value in row.items() if name not in _USED} | made


def _ragas(row: Row) -> dict[str, Any]:
    asked = row.get("user_input", row.get("question"))
    made: dict[str, Any] = {}
    if isinstance(asked, list):  # a conversation that ends with the question
        contents = [turn.get("content") for turn in asked if isinstance(turn, dict) and turn.get("type") == "human"]
        asked, made["history"] = contents[-1] if contents else None, contents[:-1]
    answers = row.get("reference", row.get("ground_truth", row.get("ground_truths")))
    contexts = row.get("reference_contexts", row.get("contexts"))
    return {**made, "question": asked, "answers": answers, CONTEXTS: contexts}


def _promptfoo(row: Row) -> dict[str, Any]:
    if isinstance(row.get("vars"), dict):
        variables, asserts = row["vars"], row.get("assert")
    else:
        variables = row
        asserts = [_expected(row[name]) for name in row if name.startswith("__expected") and row[name]]
    named = next((name for name in _QUESTIONS if name in variables), None)
    metadata = row.get("metadata")
    made: dict[str, Any] = {"question": variables.get(named) if named else None, CONTEXTS: variables.get("context")}
    made["id"] = metadata.get("id") if isinstance(metadata, dict) else None
    answers: list[Any] = []
    for rule in asserts if isinstance(asserts, list) else []:
        kind, value = (rule.get("type"), rule.get("value")) if isinstance(rule, dict) else (None, None)
        if kind in _ANSWERED:
            answers += value if isinstance(value, list) else [value]
        elif kind in {"contains-all", "icontains-all"}:
            made["items"] = value
        elif kind == "is-refusal":
            made["answerable"] = False
    return {**made, "answers": answers}


def _expected(cell: Any) -> dict[str, Any]:  # noqa: ANN401
    """Return an assertion as promptfoo writes it in CSV: "contains-any: one, other"; without a type, equality."""
    kind, colon, value = str(cell).partition(":")
    if not colon or not kind.replace("-", "").isalpha():
        return {"type": kind} if kind == "is-refusal" else {"type": "equals", "value": cell}
    several = kind.endswith(("-any", "-all"))
    return {"type": kind, "value": [one.strip() for one in value.split(",")] if several else value.strip()}
