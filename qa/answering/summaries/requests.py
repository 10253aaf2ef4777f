"""Recognise requests for a summary of articles or a section, or for the dates, names or numbers in them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Literal

from qa.answering.replies.topics import Topic
from qa.answering.subjects.other_subject import is_of_another_version
from qa.documents.overview import sections
from qa.text.dates import dates
from qa.text.lexicon import listed
from qa.text.tokens import terms
from qa.types import Document, Passage

Mentioned = Literal["dates", "names", "numbers"]

_MAX_WORDS = 25  # of a request
MAX_SEARCHED_ARTICLES = 200
"""Articles whose titles, headings and clauses are compared with a request."""
_WORD = re.compile(r"\d+|[^\W_]+(?:['_][^\W_]+)*")
_A_TEXT = r"(?:article|document|text|file|page|paper|story)"
_ASKS = re.compile(
    r"\b(?:summari[sz]e|summari[sz]ing|summary|summaries|tl\s?;?\s?dr|sum (?:it |this |that |them |everything )?up"
    r"|(?:main|key|central|most important|chief) (?:points?|ideas?|messages?|takeaways?|facts?|findings?|arguments?)"
    r"|gist|synopsis|overview|in a nutshell|takeaways?|outline)\b|\bsays?\W*$|\bsays? in (?:short|brief)\b"
    rf"|\b(?:about|(?:topic|subject)(?:\sof)?)(?:\s(?:the|this)\s{_A_TEXT})?\W*$",
    re.IGNORECASE,
)
_WHAT = re.compile(r"\b(?:about|says?)\b", re.IGNORECASE)
_NOT_OF_A_SUBJECT = listed(
    "a an the this that these those it its is are be was what what's which of in on for to me us you i we can could "
    "would will please give tell show make write get do does need want have let's about from with by and or so all its "
    "summarise summarize summarising summarizing summary summaries tl dr tldr sum up everything main key central most "
    "important chief point points idea ideas message messages takeaway takeaways fact facts finding findings argument "
    "arguments gist synopsis overview nutshell outline short brief briefly quick quickly few some sentences sentence "
    "words bullet bullets article articles document documents text texts file files page paper story piece section "
    "sections chapter chapters part paragraph whole entire full read say says said generally mainly there here how "
    "title titled called headed heading subject topic just first them like deal deals contain contains"
)
_ARTICLE = listed("this these it it's article articles document documents text texts file files page paper story")
_SECTION = re.compile(
    r"\b(?:section|chapter|part|paragraph|heading|clause)s?\b(?:\s+(?P<number>\d+(?:\.\d+)*)\b)?", re.IGNORECASE
)
_NUMBERING = re.compile(r"^\d+(?:\.\d+)*\.?\s+")
_PATCH_ZERO = re.compile(r"\b(\d+\.\d+)\.0\b")
_PREPOSITION = re.compile(r"\s(?:of|for|in|on|to|from|at)\s", re.IGNORECASE)
_ABOUT_SUBJECT = re.compile(
    r"\b(?:article|document|text|file|paper|story|report|piece|one)s?\s+(?:that\s+(?:is|are|deals?|talks?)\s+)?"
    r"(?:about|on|with|regarding|concerning|dealing\s+with)\s+(?P<subject>.+?)(?:\s+(?:about|says?))?\W*$",
    re.IGNORECASE,
)
_KINDS_OF_TEXT = listed(
    "study report agreement contract manual guide handbook recipe interview biography minutes policy review paper faq "
    "syllabus notes readme letter brochure leaflet transcript story article document text file"
)
_KIND_OF_TEXT = re.compile(
    rf"\b(?:the|that)\s+(?P<subject>(?:[\w-]+\s+){{0,5}}(?:{'|'.join(sorted(_KINDS_OF_TEXT))}))(?:\s+about)?\W*$",
    re.IGNORECASE,
)
_HAS_ANY = re.compile(
    r"\W*(?:(?:do|have) you (?:have |got )?(?:anything|something|any (?:articles?|documents?|texts?|files?))"
    r"|(?:is|are) there (?:any |an? )?(?:anything|something|articles?|documents?|texts?|files?)"
    r"|(?:which|what) (?:of (?:the|these|your) )?(?:articles?|documents?|texts?|files?) (?:(?:is|are|deals?|talks?)"
    r"|(?P<mentions>mentions?|discuss(?:es)?|covers?|describes?)))"
    r"(?(mentions)|\s+(?:here )?(?:about|on|with|regarding|concerning))\s+(?P<subject>[^?]{1,80}?)(?:\s+here)?\W*",
    re.IGNORECASE,
)
_ALL_WORDS = 0.99  # of their IDF
_MIN_SIMILARITY, _MIN_LEAD = 0.35, 0.08
"""Cosine of a subject and an article's best passage, and its lead over the next article's."""
_MENTIONS: dict[Mentioned, frozenset[str]] = {
    "dates": listed("date dates year years"),
    "names": listed("name names people person persons who whom places place organisations organizations"),
    "numbers": listed("number numbers figure figures amount amounts quantities statistics"),
}
_MENTION = listed("mentioned mention mentions appear appears occur occurs")
_MENTIONED = _MENTION | listed("listed list contain contains all")
_OF_MENTIONS = listed(
    "which what are is the a an in this these that those article articles document documents text texts file files "
    "here there does do any of by it show me give tell please can you every each dates date names name numbers number "
    "and page section found find on about"
)


@dataclass(frozen=True, slots=True)
class SummaryRequest:
    """What is to be summarised.

    Attributes
    ----------
    documents : tuple of str
        Ids of the articles; several if the question names none.
    heading : str or None
        The section; None means all.
    mentioned : str or None
        What to list instead of key sentences.
    subject : str
        What the article is about, if no title matches.
    """

    documents: tuple[str, ...]
    heading: str | None = None
    mentioned: Mentioned | None = None
    subject: str = ""


def summary_request(
    question: str, documents: Mapping[str, Document], chosen: Collection[str] | None, *, first: bool
) -> SummaryRequest | None:
    """Return the summary that a question asks for; None if it asks for something else.

    A question that names anything but an article or a section is searched for: "Summarise the causes of the accident".

    Parameters
    ----------
    question : str
    documents : mapping of str to Document
        All articles, by id.
    chosen : collection of str or None
        Ids to consider; None means all.
    first : bool
        Whether this is the first question, so that "it" cannot refer to an earlier one.
    """
    words = [word.lower() for word in _WORD.findall(question.replace("\u2019", "'"))][: _MAX_WORDS + 1]
    mentioned, of = _mentioned(words)
    if len(words) > _MAX_WORDS or not (mentioned or _ASKS.search(question)):
        return None
    # One more than the maximum shows that there are too many.
    names = tuple(
        islice(documents, MAX_SEARCHED_ARTICLES + 1)
        if chosen is None
        else (name for name in dict.fromkeys(chosen) if name in documents)
    )
    if mentioned:
        return _of_mentions(names, documents, mentioned, of)
    if not first and words[-1] in {"about", "topic", "subject"} and not {"article", "document"} & set(words):
        return None
    rest = " ".join(word for word in words if word not in _NOT_OF_A_SUBJECT)
    if not rest:
        named = not _WHAT.search(question) or _ARTICLE & set(words)
        return SummaryRequest(names) if named and not _SECTION.search(question) else None
    subject = frozenset(terms(rest))
    if len(names) > MAX_SEARCHED_ARTICLES:
        names = ()
    section = _SECTION.search(question)
    titled = [name for name in names if subject <= frozenset(terms(documents[name].title))]
    if section is None and (article := _of_article(question, words, titled)):
        return article
    return _of_section(names, documents, subject, section) if section or not _WHAT.search(question) else None


def _of_article(question: str, words: Collection[str], titled: Sequence[str]) -> SummaryRequest | None:
    """Return the request for the only article with a title as asked for, or for "the article about bees"."""
    asked, kind, is_what = _ABOUT_SUBJECT.search(question), _KIND_OF_TEXT.search(question), _WHAT.search(question)
    # "What did Congress say?" names no article; "What is the honeybee article about?" does.
    if len(titled) == 1 and not (is_what and _KINDS_OF_TEXT.isdisjoint(words)):
        return SummaryRequest(tuple(titled))
    # In an article about a policy, "What is the policy about?" need not mean the article.
    if asked is None and kind and (" " in kind["subject"] or not is_what):
        asked = kind
    return SummaryRequest((), subject=asked["subject"]) if asked else None


def _of_mentions(
    names: tuple[str, ...], documents: Mapping[str, Document], mentioned: Mentioned, of: list[str]
) -> SummaryRequest | None:
    """Return the request for the mentions in the articles whose title has some words, or of that kind: "the recipe"."""
    subject, kind = frozenset(terms(" ".join(of))), _KINDS_OF_TEXT.issuperset(of)
    about = [name for name in names[:MAX_SEARCHED_ARTICLES] if subject and subject <= {*terms(documents[name].title)}]
    if about or not subject or (kind and len(names) == 1):
        return SummaryRequest(tuple(about) or names, None, mentioned)
    return SummaryRequest((), None, mentioned, " ".join(of)) if kind else None


def asked_subject(question: str) -> str:
    """Return the subject about which a question asks for articles: "Do you have anything about bees?"; else nothing."""
    asked = _HAS_ANY.fullmatch(question)
    return asked["subject"] if asked else ""


def articles_mentioning(passages: Sequence[Passage]) -> list[str]:
    """Return the ids of the articles with a passage that has all words of a subject."""
    return list(dict.fromkeys(passage.document_id for passage in passages if passage.overlap > _ALL_WORDS))


def articles_about(passages: Sequence[Passage]) -> list[str]:
    """Return the ids of the articles that may be about a subject, by the passages found for it."""
    nearest: dict[str, float] = {}
    for passage in passages:
        nearest[passage.document_id] = max(passage.similarity, nearest.get(passage.document_id, -1.0))
    best = max(nearest.values(), default=-1.0)
    return [name for name, similarity in nearest.items() if similarity >= max(_MIN_SIMILARITY, best - _MIN_LEAD)]


def section_request(names: Iterable[str], documents: Mapping[str, Document], topic: Topic) -> SummaryRequest | None:
    """Return the request for the only section that has a topic as its heading, which is no title.

    Parameters
    ----------
    names : iterable of str
        Ids of the articles to consider.
    documents : mapping of str to Document
    topic : Topic
    """
    wanted, source = {*terms(topic.text)}, {*terms(topic.source)}
    found = [
        SummaryRequest((name,), section.heading)
        for name in names
        if source <= (title := {*terms(documents[name].title)}) and wanted != title
        for section in sections(documents[name])
        if any(wanted == {*terms(name)} for name in _names(section.heading))
        and not is_of_another_version(topic.text, section.heading)
    ]
    return found[0] if len(found) == 1 else None


def _names(heading: str) -> Iterator[str]:
    """Yield a heading without its number, without its date, and up to a preposition: "Terms" of "2. Terms of sale".

    "2.4.0" is also yielded as "2.4".
    """
    words = _NUMBERING.sub("", heading)
    yield words
    for start, end in reversed(list(dates(heading))):
        heading = heading[:start] + heading[end:]
    yield heading
    yield _PATCH_ZERO.sub(r"\1", heading)
    yield _PREPOSITION.split(words, maxsplit=1)[0]


def _of_section(
    names: Collection[str], documents: Mapping[str, Document], subject: frozenset[str], asked: re.Match[str] | None
) -> SummaryRequest | None:
    """Return the request for the section whose heading has all words of a subject and the fewest others.

    A section may be named by its number, in the article with the other words in its title.
    """
    if asked and asked["number"]:
        starts = re.compile(rf"(?:\w+\s+)?{re.escape(asked['number'])}(?![.\d]*\d)")
        of = frozenset(word for word in subject if not word.isdigit())
        # "The minutes" may be in a title, or only the kind of text.
        titled = [name for name in names if of <= frozenset(terms(documents[name].title))] if of else []
        of -= frozenset(terms(" ".join(_KINDS_OF_TEXT)))
        numbered = [
            SummaryRequest((name,), section.heading)
            for name in titled or [name for name in names if of <= frozenset(terms(documents[name].title))]
            for section in sections(documents[name])
            if starts.match(section.heading)
        ]
        return numbered[0] if len(numbered) == 1 else None
    found = [
        (abs(len(heading) - len(wanted)), name, section.heading)
        for name in names
        # "The fees of the cleaning agreement"
        if (wanted := subject - frozenset(terms(documents[name].title)) or subject)
        for section in sections(documents[name])
        if wanted <= (heading := frozenset(terms(section.heading)))
    ]
    if not found or (not asked and len(found) > 1):
        return None
    _, name, nearest = min(found, key=lambda one: one[0])
    return SummaryRequest((name,), nearest)


def _mentioned(words: list[str]) -> tuple[Mentioned | None, list[str]]:
    """Return what a question wants listed, and the words that may name an article: "dates", ["honeybees"]."""
    found = set(words)
    if not found & _MENTIONED:
        return None, []
    for kind, asked in _MENTIONS.items():
        if found & asked and (kind == "names" or "who" not in found):
            rest = [word for word in words if word not in asked | _MENTIONED | _OF_MENTIONS]
            return (kind, rest) if not rest or found & _MENTION else (None, [])
    return None, []
