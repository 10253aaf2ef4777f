"""Answer -> JSON, plain text and Markdown: one formatting path for every front end."""

from __future__ import annotations

from collections.abc import Sequence

from qa.types import Answer, Citation, JSONObject, Passage

NOT_FOUND = "The documents do not say."
_CONFIDENCE_WORDS = ((0.9, "Very sure"), (0.7, "Fairly sure"), (0.5, "Not quite sure"), (0.0, "Unsure"))
_TOO_UNSURE = "Not sure enough to answer"


def answer_to_json(answer: Answer) -> JSONObject:
    """Return the answer as the JSON object that every front end gives."""
    return {
        "id": answer.id,
        "question": answer.question,
        "searched_for": answer.searched_for,
        "answer": answer.text,
        "abstained": answer.abstained,
        "reason": answer.reason,
        "confidence": round(answer.confidence, 4),
        "citations": [
            {
                "n": citation.n,
                "document": citation.document,
                "start": citation.start,
                "end": citation.end,
                "text": citation.text,
                "page": citation.page,
                "score": round(citation.score, 4),
                "verdict": citation.verdict,
            }
            for citation in answer.citations
        ],
        "passages": [passage_to_json(passage) for passage in answer.passages],
        "timings_ms": {stage: round(value, 2) for stage, value in answer.timings_ms.items()},
    }


def passage_to_json(passage: Passage) -> JSONObject:
    """Return a passage's place and score."""
    return {
        "document": passage.document_id,
        "start": passage.start,
        "end": passage.end,
        "score": round(passage.score, 6),
    }


def confidence_in_words(answer: Answer) -> str:
    """Return how sure the bot is of its first excerpt, in words and per cent: "Fairly sure \u2013 83%"."""
    words = next(words for limit, words in _CONFIDENCE_WORDS if answer.confidence >= limit)
    # Rounding must not make it look certain, nor hopeless.
    percent = min(max(round(100 * answer.confidence), 1), 99)
    return f"{_TOO_UNSURE if answer.abstained else words} \u2013 {percent}%"


def answer_to_text(answer: Answer) -> str:
    """Return the answer for a terminal: the short answer, then each excerpt with its place."""
    lines: list[str] = []
    if answer.text is not None:
        lines += [f"{one_line(answer.text)} [1]", ""]
        lines += [f"[{citation.n}] “{one_line(citation.text)}”\n    {place(citation)}" for citation in answer.citations]
    else:
        lines += [answer.reason or NOT_FOUND, *([] if not answer.passages else ["", "Nearest passages:"])]
        lines += [passage_to_text(number, passage) for number, passage in enumerate(answer.passages[:3], start=1)]
    lines += ["", confidence_in_words(answer)]
    if answer.searched_for != answer.question:
        lines.append(f"searched for: {answer.searched_for}")
    return "\n".join(lines)


def passages_to_text(passages: Sequence[Passage]) -> str:
    """Return passages for a terminal, numbered from 1."""
    return "\n".join(passage_to_text(number, passage) for number, passage in enumerate(passages, start=1))


def passage_to_text(number: int, passage: Passage) -> str:
    """Return one numbered passage with its place."""
    page = f", page {passage.page}" if passage.page else ""
    return (
        f"{number:>3}. {one_line(passage.text)}\n"
        f"     {passage.document_id}{page}, {passage.start}-{passage.end}, score {passage.score:.4f}"
    )


def place(citation: Citation) -> str:
    """Return where an excerpt stands: document, page, span."""
    page = f", page {citation.page}" if citation.page else ""
    return f"{citation.document}{page}, {citation.start}-{citation.end}"


def one_line(text: str) -> str:
    """Fold white space for display; the excerpt itself stays as it is."""
    return " ".join(text.split())
