"""Format answers as JSON and plain text, for all front ends."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace

from qa.claims import NOTHING_FOUND, Claim, Generation, QuotationVerdict, Verdict, claims_markdown
from qa.documents.tables import table_excerpt
from qa.text.lines import one_line, with_code_lines
from qa.text.printable import printable
from qa.types import NOT_FOUND, Answer, Citation, Document, JSONObject, Passage

MORE = "The list may continue in"
DECIDED = ("Yes", "No")
"""Leads that are part of the answer."""
RECOGNISED = "recognised text"
"""The label of text that was recognised from an image."""
_CONFIDENCE_WORDS = ((0.85, "Very likely right"), (0.65, "Likely right"), (0.0, "Unsure: check the quote"))
VERDICT_WORDS: Mapping[Verdict, str] = {
    "supported": "supported",
    "partly": "partly supported",
    "unsupported": "not supported",
    "not_checked": "not checked",
}
_TOO_UNSURE = "Not sure enough to answer"
_CLOSING_MARKS = tuple("\"'\u201d\u2019\u201c\u2018\u00bb\u00ab")


def answer_to_json(answer: Answer) -> JSONObject:
    """Return the answer as the JSON object of all front ends.

    It has "partly_read" if a document is still being read. A citation of table rows has "header": the table's header
    row, with its offsets.
    """
    partly_read = {name: round(share, 4) for name, share in answer.partly_read.items()}
    return {
        "id": answer.id,
        "question": answer.question,
        "searched_for": answer.searched_for,
        "kind": answer.kind,
        "answer": answer.text,
        "short": answer.short,
        "lead": answer.lead,
        "parts": [asdict(part) for part in answer.parts],
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
                "recognised": citation.recognised,
                **({"header": asdict(citation.header)} if citation.header else {}),
            }
            for citation in answer.citations
        ],
        "passages": [passage_to_json(passage) for passage in answer.passages],
        "timings_ms": {stage: round(value, 2) for stage, value in answer.timings_ms.items()},
        "generated": None if answer.generated is None else _generated_to_json(answer.generated),
        **({"partly_read": partly_read} if partly_read else {}),
    }


def passage_to_json(passage: Passage) -> JSONObject:
    """Return a passage's span and score, and whether any of it was recognised from an image."""
    return {
        "document": passage.document_id,
        "start": passage.start,
        "end": passage.end,
        "score": round(passage.score, 6),
        "recognised": passage.recognised,
    }


def phrased(answer: Answer) -> Generation | None:
    """Return the generated answer; None if the extractive one is shown instead."""
    generated = answer.generated
    return generated if generated and generated.problem is None and answer.text is not None else None


def possible_continuations(answer: Answer) -> tuple[Citation, ...]:
    """Return the excerpts that may continue a list with one item found.

    The short answer is one span of the first excerpt. Other excerpts are not added to it: one may be cited for its
    subject alone, and a list with a wrong item would look as certain as a right one.
    """
    if answer.kind != "list" or phrased(answer) is not None:
        return ()
    shown = {part.citation for part in answer.parts}
    return tuple(citation for citation in answer.citations[1:] if citation.n not in shown)


def answer_lines(answer: Answer) -> list[str]:
    """Return an extractive answer in lines: its lead and text, its items, or each side of a comparison."""
    numbered = len(answer.citations) > 1
    if answer.kind == "summary":
        return [answer.lead]
    if answer.form == "items":
        items = [f"- {one_line(part.text)}{f' [{part.citation}]' * numbered}" for part in answer.parts]
        return [answer.lead, *items] if answer.lead else items
    if answer.kind == "comparison" and answer.parts:
        return [f"{part.label}: {one_line(part.text)} [{part.citation}]" for part in answer.parts]
    text = with_code_lines(answer.text or "")
    separator = "\n" if text.rpartition("\n")[2].startswith(" ") else " "
    text = f"{text.lstrip()}{separator}[1]"
    if not answer.lead or answer.lead in DECIDED:
        return [text]
    return [answer.lead, text]


def model_unavailable_notice(answer: Answer) -> str:
    """Return why the language model did not write the answer; empty if it did."""
    generated = answer.generated
    if generated is None or generated.problem is None:
        return ""
    how = f"Not answered by {one_line(generated.model)}" if answer.abstained else "Answered without the language model"
    return f"{how}: {one_line(generated.problem)}"


def verification_summary(generated: Generation) -> str:
    """Return which models wrote and judged an answer, the verdicts on its sentences, and its cost."""
    counts = Counter(claim.verdict for claim in generated.claims if claim.opens != "heading")
    sentences = counted(counts.total(), "sentence")
    verdicts = ", ".join(f"{counts[verdict]} {words}" for verdict, words in VERDICT_WORDS.items() if counts[verdict])
    if generated.judge is None:
        cited = sum(claim.evidence == "cited" for claim in generated.claims if claim.opens != "heading")
        checked = f"{sentences}, {cited} cited by the model, not checked"
    else:
        judge = "itself" if generated.judge == generated.model else one_line(generated.judge)
        checked = f"Checked against the excerpts by {judge}. {sentences}: {verdicts}"
    tokens = f"{generated.prompt_tokens:,} + {generated.answer_tokens:,} tokens in {counted(generated.calls, 'call')}"
    cut = ", and cut off at its limit of tokens (QA_LLM_ANSWER_TOKENS)" if generated.truncated else ""
    return f"Written by {one_line(generated.model)}{cut}. {checked}. About {tokens}"


def hidden_generated_claims(answer: Answer) -> tuple[Claim, ...]:
    """Return what a language model wrote if another answer is shown; else nothing."""
    return answer.generated.claims if answer.generated and phrased(answer) is None else ()


def claim_pieces(claim: Claim) -> list[tuple[str, QuotationVerdict | None]]:
    """Split a claim's text after each quotation that is not verbatim, and return the verdicts on these.

    The last piece has no verdict.
    """
    pieces: list[tuple[str, QuotationVerdict | None]] = []
    begin = 0
    for quotation in claim.quotations:
        if quotation.verdict != "verbatim":
            end = quotation.end + claim.text.startswith(_CLOSING_MARKS, quotation.end)
            pieces.append((claim.text[begin:end], quotation.verdict))
            begin = end
    return [*pieces, (claim.text[begin:], None)]


def confidence_in_words(answer: Answer) -> str:
    """Return the confidence in the first excerpt in words: "Likely right".

    For a generated answer, how many of its sentences are supported. Empty for summaries and lists of mentions, which
    have no confidence.
    """
    if generated := phrased(answer):
        judged = len(generated.judged)
        supported = sum(claim.verdict == "supported" for claim in generated.judged)
        return f"{supported} of {counted(judged, 'sentence')} supported" if judged else "Not checked"
    if not _has_confidence(answer):
        return ""
    if answer.abstained:
        # A model that finds no answer is sure of it.
        return "" if answer.generated and answer.generated.problem == NOTHING_FOUND else _TOO_UNSURE
    return next(words for limit, words in _CONFIDENCE_WORDS if answer.confidence >= limit)


def confidence_in_percent(answer: Answer) -> str:
    """Return the confidence in the first excerpt in per cent, never 0% or 100%; empty if there is none."""
    if phrased(answer) or not _has_confidence(answer):
        return ""
    return f"{min(max(round(100 * answer.confidence), 1), 99)}%"


def _has_confidence(answer: Answer) -> bool:
    """Return whether an answer was searched for, or is one excerpt; summaries and lists of mentions are neither."""
    return bool(answer.passages) or not answer.parts


def partly_read_notices(answer: Answer, documents: Mapping[str, Document]) -> list[str]:
    """Return a line for each document that was asked while it is still being read."""
    return [
        f"{percent(share)} of this document has been read: {one_line(documents[name].title)}"
        for name, share in answer.partly_read.items()
    ]


def percent(share: float) -> str:
    """Return a share in per cent, rounded down, so that unfinished work is never 100%."""
    return f"{int(100 * share)}%"


def counted(count: float, noun: str) -> str:
    """Return a number with its noun, in the plural unless it is one: "1 word", "1,200 words"."""
    return f"{count:,.0f} {noun}{'' if round(count) == 1 else 's'}"


def answer_to_text(answer: Answer, documents: Mapping[str, Document]) -> str:
    """Return an answer for the terminal: short or generated, then each excerpt with its location.

    Each cell of a table row is a line with the name of its column. The documents asked are given by id.
    """
    if answer.kind == "about":
        return one_line(answer.text or "")
    lines: list[str] = []
    if generated := phrased(answer):
        lines += claims_markdown([(claim, _claim_to_text(claim)) for claim in generated.shown_claims]).split("\n")
        struck = [claim for claim in generated.claims if claim.verdict == "unsupported"]
        lines += [f"Left out, not supported: {_claim_to_text(claim)}" for claim in struck]
        lines += ["", *_excerpts_to_text(answer, documents)]
    elif answer.text is not None:
        lines += answer_lines(_as_shown(answer, documents))
        if more := possible_continuations(answer):
            lines.append(f"{MORE} {' '.join(f'[{citation.n}]' for citation in more)}")
        lines.append("")
        lines += _excerpts_to_text(answer, documents)
    else:
        lines.append(answer.reason or NOT_FOUND)
        if answer.passages:
            lines += ["", "Nearest passages:", passages_to_text(answer.passages[:3])]
    confidence = " \u2013 ".join(filter(None, [confidence_in_words(answer), confidence_in_percent(answer)]))
    notes = [verification_summary(generated) if generated else "", confidence]
    lines += ["", *filter(None, notes)] if confidence else []
    if notice := model_unavailable_notice(answer):
        lines.append(notice)
        written = claims_markdown([(claim, _claim_to_text(claim)) for claim in hidden_generated_claims(answer)])
        lines += ["It wrote:", *(f"  {line}" for line in written.split("\n"))] if written else []
    lines += partly_read_notices(answer, documents)
    if answer.searched_for != answer.question:
        lines.append(f"Searched for: {one_line(answer.searched_for)}")
    return "\n".join(lines)


def _as_shown(answer: Answer, documents: Mapping[str, Document]) -> Answer:
    """Return an answer whose text is the sentence of a short answer that is too unsure to be shown alone."""
    if answer.form != "excerpts" or answer.span is None or answer.short != answer.text:
        return answer
    first = answer.citations[0]
    cell = documents[first.document].tables.at(answer.span[0])
    return answer if cell else replace(answer, text=first.text)


def passages_to_text(passages: Sequence[Passage]) -> str:
    """Return passages for a terminal, numbered from 1."""
    return "\n".join(passage_to_text(number, passage) for number, passage in enumerate(passages, start=1))


def passage_to_text(number: int, passage: Passage) -> str:
    """Return one numbered passage with its location."""
    page = f", page {passage.page}" if passage.page else ""
    return (
        f"{number:>3}. {one_line(passage.text)}\n"
        f"     {printable(passage.document_id)}{page}, {passage.start}-{passage.end}{_how_read(passage)},"
        f" score {passage.score:.4f}"
    )


def location(citation: Citation) -> str:
    """Return where an excerpt is: document, page, span."""
    page = f", page {citation.page}" if citation.page else ""
    return f"{printable(citation.document)}{page}, {citation.start}-{citation.end}{_how_read(citation)}"


def _how_read(quoted: Citation | Passage) -> str:
    return f", {RECOGNISED}" if quoted.recognised else ""


def _excerpts_to_text(answer: Answer, documents: Mapping[str, Document]) -> list[str]:
    return [
        f"[{citation.n}] {_excerpt_to_text(citation, documents[citation.document])}\n    {location(citation)}"
        for citation in answer.citations
    ]


def _excerpt_to_text(citation: Citation, document: Document) -> str:
    excerpt = table_excerpt(document, citation.start, citation.end)
    if excerpt is None or not excerpt.columns:
        return "\n    ".join(f"“{with_code_lines(citation.text).lstrip()}”".split("\n"))
    columns, *rows = excerpt.cells(document.text)
    cells = (pair for row in rows for pair in zip(columns, row, strict=True))
    return "\n    ".join(f"{name}: {one_line(cell)}" if name else one_line(cell) for name, cell in cells if cell)


def _claim_to_text(claim: Claim) -> str:
    if claim.opens == "code":
        return "\n".join(printable(line) for line in claim.text.split("\n"))
    claim_text = "".join(f"{text} ({verdict})" if verdict else text for text, verdict in claim_pieces(claim))
    mark = mark_of(claim) if claim.verdict != "unsupported" else ""
    return " ".join([one_line(claim_text), *(f"[{n}]" for n in claim.citations), *([f"({mark})"] if mark else [])])


def mark_of(claim: Claim) -> str:
    """Return the remark to show beside a claim; empty if there is none."""
    verdict = VERDICT_WORDS[claim.verdict] if claim.verdict in {"partly", "unsupported"} else ""
    return ": ".join(filter(None, [verdict, one_line(claim.missing)]))


def _generated_to_json(generated: Generation) -> JSONObject:
    return {
        "model": generated.model,
        "judge": generated.judge,
        "problem": generated.problem,
        "truncated": generated.truncated,
        "sentences": [_claim_to_json(claim) for claim in generated.claims],
        "calls": generated.calls,
        "prompt_tokens": generated.prompt_tokens,
        "answer_tokens": generated.answer_tokens,
    }


def _claim_to_json(claim: Claim) -> JSONObject:
    quotations = [
        {"text": claim.text[quotation.start : quotation.end], "verdict": quotation.verdict}
        for quotation in claim.quotations
    ]
    return {
        "text": claim.text,
        "verdict": claim.verdict,
        "citations": list(claim.citations),
        "evidence": claim.evidence,
        **({"missing": claim.missing} if claim.missing else {}),
        **({"quotations": quotations} if quotations else {}),
        **({"layout": claim.opens} if claim.opens not in {"", "paragraph"} else {}),
    }
