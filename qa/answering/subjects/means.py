"""By what means, or on what, a question asks how to do something: "with Homebrew", "on Arch Linux", "as JSON"."""

from __future__ import annotations

import re
from collections.abc import Sequence

from qa.answering.evidence import Evidence
from qa.protocols import AnswerSpan
from qa.text.lexicon import is_known
from qa.text.tokens import terms
from qa.types import Passage

_MIN_SHARE = 0.3  # of the best confidence, of a span that has the means asked for
_MEANS = re.compile(
    r"\W*how\s+(?:do|does|can|could|should|would|to)\b.*\b(?:with|using|via|through|on|under|in|as|to|into|from|by)\s+"
    r"(?P<words>(?!(?:the|an?|my|your|our|this|that|it|them|one|all|both|each|another)\b)[\w.+#-]+(?:\s[\w.+#-]+){0,2}?)\W*$",
    re.IGNORECASE,
)
_INSTALLS = re.compile(r"\b(?:install|build|compile|download|upgrade|update|deploy|run)\b", re.IGNORECASE)
_WORD = re.compile(r"[\w+#-]+(?:\.[\w+#-]+)*")
_IN_SENTENCE = re.compile(r"(?<=[\w,] )[\w+#-]+(?:\.[\w+#-]+)*")


def with_asked_means(evidence: Evidence, spans: Sequence[AnswerSpan]) -> list[AnswerSpan]:
    """Return the spans with the best one first that has the means asked for; none if no passage has a named one.

    The passage of a span must have the other names of the question, too: of what is installed.
    """
    words = _asked_words(evidence.question)
    if not words or not spans:
        return [*spans]
    means = {*terms(words)}
    others = {term for word in _IN_SENTENCE.findall(evidence.question) if _is_name(word) for term in terms(word)}
    for index, span in enumerate(spans):
        if span.confidence < _MIN_SHARE * spans[0].confidence:
            break
        passage = evidence.passage(span)
        near = f"{evidence.above(span)}\n{evidence.excerpt(span)}"
        if means <= {*terms(near)} and passage and others <= _terms_around(evidence, passage):
            return [span, *spans[:index], *spans[index + 1 :]]
    is_named = _INSTALLS.search(evidence.question) or any(map(_is_name, _WORD.findall(words)))
    wanted = means | others
    return [] if is_named and not any(wanted <= _terms_around(evidence, one) for one in evidence.passages) else [*spans]


def asked_means(question: str) -> set[str]:
    """Return the terms of the means that a question asks about; empty if it names none."""
    return {*terms(_asked_words(question))}


def _asked_words(question: str) -> str:
    asked = _MEANS.match(question)
    return asked["words"] if asked else ""


def _is_name(word: str) -> bool:
    return word[0].isupper() or not is_known(word.lower())


def _terms_around(evidence: Evidence, passage: Passage) -> set[str]:
    """Return the terms of a passage, its headings, and the title and the id of its document."""
    document = evidence.documents[passage.document_id]
    return {*terms("\n".join((passage.text, passage.headings, document.title, document.id.replace("/", " "))))}
