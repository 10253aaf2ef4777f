"""Replies that are the text below a heading: the very question, or the task asked about."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import takewhile

from qa.answering.citations import citation
from qa.answering.evidence import Evidence, Reply
from qa.answering.lists.item_blocks import blocks_around
from qa.answering.questions.code_names import asked_label, names_asked_code
from qa.answering.replies.option_entries import entry_reply
from qa.answering.sentences.definition import defined_term
from qa.answering.sentences.instructions import code_after
from qa.answering.subjects.means import asked_means
from qa.documents.structure import Block, heading_span
from qa.text.lines import LIST_MARK
from qa.text.spans import trim
from qa.text.tokens import terms
from qa.types import Document, Span

SAYS_YES_OR_NO = re.compile(r"(?:yes|no)\b", re.IGNORECASE)
ANSWER_LABEL = re.compile(r"A(?:nswer)?[:.]\s+")
"""Matches the label of an answer in a text of questions and answers."""
_CONFIDENCE = 0.95  # of the answer below the same question
_MAX_CHARACTERS = 600  # of the first paragraph below a heading
_SECTION_CONFIDENCE = 0.9  # of the section whose heading is the task
_MAX_SECTION_CHARACTERS = 1_200  # of it, or of an answer
_MIN_TASK_TERMS = 2
_OPENING_STRENGTH = 0.7  # `FormFeatures.strength` of the first paragraph below a heading that is the term asked for
_DESCRIBED_CONFIDENCE = 0.85  # of the description below a heading that is an option
_SENTENCE = re.compile(r"[^\W\d_][^.!?\n]*(?:\n[^.!?\n]+)*[.!?]")  # not "**type:** `string`"
_ASKS = re.compile(r"\b(?:who|whom|whose|what|which|when|where|why|how(?: (?:many|much|long|often|far|old))?)\b", re.I)
_ONE_QUESTION = re.compile(r"[^?]+\?")
_WORD = re.compile(r"\w")
_ITEM = re.compile(rf"{LIST_MARK.pattern}|\||```")
_TO = re.compile(r"\W*to\W+(?P<verb>\w+)", re.IGNORECASE)
_TASK = re.compile(r"\W*how\s+(?:to|(?:do|does|can|could|should)\s+(?:I|we|you|one))\s+(?P<verb>[\w-]+)", re.IGNORECASE)


def faq_reply(evidence: Evidence) -> Reply | None:
    """Return what is below the same question, asked in the same words in any order; None if no heading asks it.

    A heading may ask several: "Can I change the time zone? Why is everything in UTC?". The only one that begins with
    the question may add to it: "How long does it take to settle a claim?".
    """
    asked, begun = _asked(evidence.question), _begun(evidence)
    for passage in evidence.passages:
        question = passage.heading
        same = "?" in question and asked in map(_asked, {question, *_ONE_QUESTION.findall(question)})
        if not same and question != begun:
            continue
        document = evidence.documents[passage.document_id]
        excerpt = _below(question, document, (passage.start, passage.end), _MAX_SECTION_CHARACTERS)
        if excerpt is None:
            continue
        reply = _quoting(evidence, document, excerpt, _CONFIDENCE)
        label = ANSWER_LABEL.match(reply.text)
        answer = reply.text[label.end() :] if label else reply.text
        says = SAYS_YES_OR_NO.match(answer) if evidence.asked.kind == "yes_no" else None
        return replace(reply, text=answer, lead=says[0].capitalize() if says else "")
    return None


def _begun(evidence: Evidence) -> str | None:
    """Return the only heading that begins with a question for a fact: "What does it cost to join?"."""
    begins = re.compile(rf"{re.escape(evidence.question.strip(' ?'))}\s.*\?", re.IGNORECASE)
    found = {one.heading for one in evidence.passages if begins.match(one.heading)}
    return found.pop() if len(found) == 1 and evidence.asked.kind != "yes_no" and terms(evidence.question) else None


def task_reply(evidence: Evidence) -> Reply | None:
    """Return the short section whose headings say what the question asks how to do, or the code announced for it.

    The question has all terms of the section's own heading, or that heading is a question and has all terms of this
    one. The headings and the title, as in "Install: Arch Linux", have all terms of the question but one at most, which
    is neither what is done nor the means, and which the section itself has: the name of what is installed, for example.
    """
    task = _TASK.match(evidence.question)
    asked, means = {*terms(evidence.question)}, asked_means(evidence.question) | {*terms(task["verb"] if task else "")}
    for passage in evidence.passages if len(asked) >= _MIN_TASK_TERMS else ():
        document, heading = evidence.documents[passage.document_id], passage.heading
        own, rest = {*terms(heading)}, asked - {*terms(f"{passage.headings} {document.title}")}
        asks_more = heading.endswith("?") and asked < own
        if not own or not (own <= asked or asks_more) or len(rest) > 1 or rest & means:
            continue
        excerpt = _below(heading, document, (passage.start, passage.end), _MAX_SECTION_CHARACTERS)
        if excerpt and excerpt[1] - excerpt[0] <= _MAX_SECTION_CHARACTERS:
            reply = _quoting(evidence, document, excerpt, _SECTION_CONFIDENCE)
            if rest <= {*terms(reply.text)}:
                return reply
    return _announced_code(evidence)


def _announced_code(evidence: Evidence) -> Reply | None:
    """Return the paragraph that announces code, with the code, if one of its sentences names the task.

    One that begins with it is preferred, "To install Press, ..."; "To verify that Press is installed, ..." has another.
    """
    asked, task = {*terms(evidence.question)}, _TASK.match(evidence.question)
    found = list[tuple[bool, Document, Span]]()
    for passage in evidence.passages if task and len(asked) >= _MIN_TASK_TERMS else ():
        document = evidence.documents[passage.document_id]
        for sentence in passage.sentences:
            to = _TO.match(document.text, sentence.start)
            is_other = to is not None and task is not None and {*terms(to["verb"])} != {*terms(task["verb"])}
            if not is_other and asked <= {*terms(document.text[sentence.start : sentence.end])}:
                excerpt = _with_code(document, sentence.start)
                found += [(to is None, document, excerpt)] if excerpt else []
    best = min(found, key=lambda one: one[0], default=None)
    return _quoting(evidence, best[1], best[2], _SECTION_CONFIDENCE) if best else None


def _with_code(document: Document, offset: int) -> Span | None:
    """Return the span of the paragraph at an offset, with the code that it announces; None without any."""
    for block in blocks_around(document, (offset, offset)):
        if block.kind in {"paragraph", "lines"} and block.start <= offset < block.end:
            start, end = trim(document.text, block.start, block.end)
            code_end = code_after(document, end)
            return (start, code_end) if code_end else None
    return None


def opening_reply(evidence: Evidence) -> Reply | None:
    """Return the first paragraph of the section or article that is named as the term asked for: "Cooldown"."""
    if described := described_reply(evidence) or entry_reply(evidence):
        return described
    wanted = {*terms(defined_term(evidence.question))}
    for passage in evidence.passages if wanted else ():
        document, heading = evidence.documents[passage.document_id], passage.heading
        if wanted == {*terms(heading)}:
            excerpt = _below(heading, document, (passage.start, passage.end), most=0)
        elif wanted == {*terms(document.title)}:
            excerpt = _below(document.title, document, (0, 1), most=0)
        else:
            continue
        if excerpt and excerpt[1] - excerpt[0] <= _MAX_CHARACTERS and not _ITEM.match(document.text, *excerpt):
            reply = replace(_quoting(evidence, document, excerpt, evidence.confidence), kind="definition")
            return evidence.with_confidence(reply, "definition", strength=_OPENING_STRENGTH)
    return None


def _labelled(evidence: Evidence, label: str) -> Reply | None:
    """Return the default or type of an option, on a line with that label below its heading: "**default:** `3`"."""
    line = rf"^[^\w\n]{{0,9}}{label}(?:\s+value)?[ \t]*:[*_: \t]*(?P<value>[`'\"\w-][^\n]*?)\s*$"
    labelled = re.compile(line, re.IGNORECASE | re.MULTILINE)
    for document, body in _about_asked_code(evidence):
        for block in body:
            found = None if block.kind == "preformatted" else labelled.search(document.text, block.start, block.end)
            if found:
                cited = (citation(1, document, trim(document.text, *found.span()), 1.0),)
                value = found.span("value")
                return Reply(found["value"], cited, _DESCRIBED_CONFIDENCE, evidence.asked.kind, span=value)
    return None


def described_reply(evidence: Evidence) -> Reply | None:
    """Return the description below a heading that is the option asked about: "What does --json do?"."""
    if label := asked_label(evidence.question):
        return _labelled(evidence, label)
    for document, body in _about_asked_code(evidence):
        for block in body:
            span = trim(document.text, block.start, block.end)
            if block.kind in {"paragraph", "lines"} and _SENTENCE.match(document.text, *span):
                return _quoting(evidence, document, span, _DESCRIBED_CONFIDENCE)
    return None


def _about_asked_code(evidence: Evidence) -> Iterator[tuple[Document, Iterator[Block]]]:
    """Yield the document and the blocks below each heading that is the option or the like asked about."""
    for passage in evidence.passages:
        document = evidence.documents[passage.document_id]
        if names_asked_code(evidence.question, passage.heading):
            yield document, _body(passage.heading, document, (passage.start, passage.end))


def _quoting(evidence: Evidence, document: Document, excerpt: Span, confidence: float) -> Reply:
    """Return the reply that consists of one excerpt."""
    cited = (citation(1, document, excerpt, 1.0),)
    return Reply(cited[0].text, cited, confidence, evidence.asked.kind, "excerpts")


def _below(heading: str, document: Document, around: Span, most: int) -> Span | None:
    """Return the span of the text below a heading, up to the next heading or rule; None without any.

    A block that makes it longer than `most` characters is left out, unless it is code.
    """
    text, body = document.text, list[Block]()
    for block in _body(heading, document, around):
        too_long = bool(body) and block.end - body[0].start > most and block.kind != "preformatted"
        if too_long or not _WORD.search(text, block.start, block.end):
            break
        body.append(block)
    return trim(text, body[0].start, body[-1].end) if body else None


def _body(heading: str, document: Document, around: Span) -> Iterator[Block]:
    """Yield the blocks below a heading, up to the next one."""
    text, found = document.text, iter(blocks_around(document, around))
    if any(block.kind == "heading" and text[slice(*heading_span(text, block))] == heading for block in found):
        yield from takewhile(lambda block: block.kind != "heading", found)


def _asked(question: str) -> tuple[list[str], frozenset[str]]:
    words = question.replace("_", " ")  # in Markdown, some are emphasized: "_Black_"
    return _ASKS.findall(words.lower()), frozenset(terms(words))
