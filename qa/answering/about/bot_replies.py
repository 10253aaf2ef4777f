"""Replies to messages about the bot or the library, from the settings and the list of articles.

`qa.answering.about.topics` and `qa.text.small_talk` recognise such messages.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice

from qa.answering.about.other_languages import reads_english_only
from qa.answering.about.topics import Topic, is_addressed, topic_of
from qa.documents.formats import ACCEPTED_SHOWN
from qa.documents.overview import WORDS_PER_MINUTE, word_count
from qa.settings import BUNDLED_MODEL, BUNDLED_READER, NO_LIBRARY, Settings
from qa.text.function_words import FUNCTION_WORDS
from qa.text.small_talk import NO_ARTICLES, enumerated, is_small_talk, message_parts, named_articles, reply
from qa.types import Document

_MAX_CHARACTERS = 200  # of a message
_MAX_NAMED_ARTICLES = 10  # in a reply
_MAX_COUNTED_ARTICLES = 200  # whose words are counted for a reply
_LANGUAGE_NAMES = {
    "en": "English", "de": "German", "es": "Spanish", "fr": "French", "it": "Italian", "nl": "Dutch",
    "pt": "Portuguese", "ru": "Russian",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Library:
    """The articles and settings that replies are made from.

    Attributes
    ----------
    documents : mapping of str to Document
        All articles, by id.
    settings : Settings
    added : mapping of str to datetime
        When a visitor added an article, by id; the others were there from the start.
    chosen : collection of str or None
        Articles that the visitor chose; None means all.
    mentions : callable
        Returns whether any article contains a term.
    """

    documents: Mapping[str, Document]
    settings: Settings
    added: Mapping[str, datetime] = field(default_factory=dict)
    chosen: Collection[str] | None = None
    mentions: Callable[[str], bool] = lambda _: False

    @property
    def asked(self) -> Collection[str]:
        """The ids of the articles chosen, or of all."""
        if self.chosen is None:
            return self.documents
        return [name for name in dict.fromkeys(self.chosen) if name in self.documents]

    @property
    def titles(self) -> list[str]:
        """The first titles only, so that a large library is not read."""
        return [self.documents[name].title for name in islice(self.documents, _MAX_NAMED_ARTICLES)]


def about(message: str, library: Library, *, first: bool = True, declined: bool = False) -> str | None:
    """Return the reply to a message that is not about the articles' content; None for any other message.

    Parameters
    ----------
    message : str
        As typed.
    library : Library
    first : bool
        Whether it opens a conversation, so that "it" cannot refer to an earlier question.
    declined : bool
        Whether the articles do not answer the message, so that "Is it free?" is not about what they describe.
    """
    if len(message) > _MAX_CHARACTERS:
        return None
    topics: list[Topic] = []
    for part in message_parts(message.replace("%", " percent ")):
        topic = topic_of(part, first=first)
        if topic is not None:
            topics.append(topic)
        elif not is_small_talk(part):
            return None
    if not topics:
        return reply(message, library.titles, len(library.documents))
    asked = min(topics, key=lambda one: one == "civil")
    if not (declined or is_addressed(message, asked)):
        return None
    return _REPLIES[asked](library)


def _count(library: Library) -> str:
    titles, count = library.titles, len(library.documents)
    if not titles:
        return NO_ARTICLES
    chosen = len(library.asked)
    only = "" if chosen == count else f" {chosen} of them {'is' if chosen == 1 else 'are'} chosen."
    number = "is 1 article" if count == 1 else f"are {count:,} articles"
    return f"There {number}: {named_articles(titles, count)}.{only}"


def _titles_reply(library: Library) -> str:
    titles, count = library.titles, len(library.documents)
    if not titles:
        return _count(library)
    which = "this article" if count == 1 else "these articles"
    return f"I answer from {which}: {named_articles(titles, count)}."


def _length(library: Library) -> str:
    names = library.asked
    if not names:
        return _count(library)
    if len(names) > _MAX_COUNTED_ARTICLES:
        return f"There are {len(names):,} articles, too many to count their words here. Choose some, and ask again."
    documents = [library.documents[name] for name in names]
    words = {document: word_count(document) for document in documents}
    if len(documents) == 1:
        return f"{_with_length(documents[0], words[documents[0]])}."
    longest, shortest = max(documents, key=words.__getitem__), min(documents, key=words.__getitem__)
    if len(documents) <= _MAX_NAMED_ARTICLES:
        each = enumerated([_with_length(document, words[document]) for document in documents])
        ends = f"The longest is {_quoted(longest.title)}, the shortest {_quoted(shortest.title)}."
        return f"{each}. {ends}"
    return (
        f"The {len(documents)} articles have {sum(words.values()):,} words together. The longest: "
        f"{_with_length(longest, words[longest])}; the shortest: {_with_length(shortest, words[shortest])}."
    )


def _added(library: Library) -> str:
    documents = library.asked
    known = sorted((when, library.documents[name].title) for name, when in library.added.items() if name in documents)
    others = len(documents) - len(known)
    if not documents:
        return _count(library)
    parts = [f"{_quoted(title)} was added on {_moment(when)}" for when, title in known[::-1][:_MAX_NAMED_ARTICLES]]
    text = f"{enumerated(parts)}. " if parts else ""
    if others:
        which = "All articles were" if not known else "The other article was" if others == 1 else "The others were"
        which = "The article was" if len(documents) == 1 else which
        text += f"{which} there when Cited QA was started."
    return text.strip()


def _formats(library: Library) -> str:
    web = " web addresses," if library.settings.allow_urls else ""
    return (
        f"You can add files: {ACCEPTED_SHOWN}; zip archives of them;{web} and pasted text. Scanned pages and pictures "
        "are read by text recognition, if that is installed."
    )


def _limits(library: Library) -> str:
    settings = library.settings
    in_memory = settings.library == NO_LIBRARY
    file_mb = min(settings.max_file_mb, settings.per_visitor_mb) if in_memory else settings.max_file_mb
    added = (
        f"each visitor may add {settings.per_visitor_documents} articles with {settings.per_visitor_mb:g} MB and "
        f"{settings.per_visitor_tokens:,} tokens in total, and ask"
        if in_memory
        else f"each user may keep articles with {settings.library_mb:,g} MB in total, and ask"
    )
    return (
        f"A question may have {settings.max_question_characters:,} characters, and a file {file_mb:g} MB. In the chat, "
        f"{added} {settings.per_visitor_questions_per_minute:,} questions a minute."
    )


def _privacy(library: Library) -> str:
    settings = library.settings
    if settings.llm_model:
        at = "on the same computer" if settings.llm_is_local else f"at {settings.llm_url}"
        judge = f" and, to be checked, to {settings.judge} at {settings.judge_url}" if settings.judge_url else ""
        sent = (
            "Questions and articles, or parts of them, are sent to the language model "
            f"{settings.llm_name} {at}{judge}; "
            "nothing else leaves the computer that runs Cited QA, and nothing is used for training."
        )
    else:
        sent = "Nothing is sent to others or used for training: all work is done on the computer that runs Cited QA."
    if settings.library == NO_LIBRARY:
        kept = (
            "Articles that a visitor adds to the chat can be seen by that visitor only. They are kept in memory, and "
            f"deleted after {settings.visitor_idle_minutes:g} minutes without use. Questions are not stored."
        )
    else:
        kept = (
            "Articles that you add to the chat, and your conversations in it, are kept on that computer until you "
            "delete them. With a login, each user sees only their own."
        )
    cases = (
        f" If you say whether an answer was right, the question is written to a file ({settings.cases_file})."
        if settings.cases_file
        else ""
    )
    return f"{sent} {kept}{cases}"


def _languages(library: Library) -> str:
    searched = enumerated([*(_LANGUAGE_NAMES[code] for code in FUNCTION_WORDS), "Chinese", "Japanese", "Thai"])
    if reads_english_only(library.settings):
        return (
            "Ask in English: the models in use are English. Articles may be in any language, and keyword search knows "
            f"the words of {searched}."
        )
    return (
        f"The models {library.settings.embedding_model} and {library.settings.reader_model} are in use; ask in the "
        f"languages that they know. Keyword search knows the words of {searched}."
    )


def _quote(_: Library) -> str:
    return (
        "An exact quote is a part of an article copied character by character. Each excerpt is one: it names its "
        "article and its place there, and its number leads to it. \u201cVerbatim\u201d says that this was checked."
    )


def _confidence(library: Library) -> str:
    return (
        "The percentage is the estimated probability that the first excerpt answers the question. It is computed from "
        "how well the excerpt fits, and was calibrated on questions whose answers are known. Below "
        f"{library.settings.answer_threshold:.0%} no answer is given."
    )


def _identity(library: Library) -> str:
    from importlib.metadata import PackageNotFoundError, version

    try:
        release = f" {version('cited-qa')}"
    except PackageNotFoundError:
        release = ""
    settings = library.settings
    writes = "No language model writes the answers: they are quoted from the articles."
    if settings.llm_model:
        writes = f"Answers are written by the language model {settings.llm_name}, from excerpts of the articles."
    names = {"search": settings.embedding_model, "reading": settings.reader_model}
    others = [f"{name} for {use}" for use, name in names.items() if name not in {BUNDLED_MODEL, BUNDLED_READER}]
    models = f" Other models than the built-in ones are set: {' and '.join(others)}." if others else ""
    return f"I am Cited QA{release}, an open-source program (Apache-2.0) by the Cited QA project. {writes}{models}"


def _price(library: Library) -> str:
    if library.settings.llm_model:
        return (
            "Cited QA is free and open source. It is set to write answers with the language model "
            f"{library.settings.llm_name}"
            + (
                ", which needs neither a key nor the internet."
                if library.settings.llm_is_local
                else ", which may need a key and the internet; without it, neither is needed."
            )
        )
    return "Cited QA is free and open source. It needs no API key, internet or GPU, and works offline."


def _civil(_: Library) -> str:
    return "I am sorry if that did not help. Ask me a question about the articles, and I will look again."


_REPLIES: dict[Topic, Callable[[Library], str]] = {
    "count": _count,
    "titles": _titles_reply,
    "length": _length,
    "added": _added,
    "formats": _formats,
    "limits": _limits,
    "privacy": _privacy,
    "languages": _languages,
    "quote": _quote,
    "confidence": _confidence,
    "identity": _identity,
    "price": _price,
    "civil": _civil,
}


def _quoted(title: str) -> str:
    return f"\u201c{title}\u201d"


def _with_length(document: Document, words: int) -> str:
    minutes = max(1, round(words / WORDS_PER_MINUTE))
    return f"{_quoted(document.title)} has {words:,} words (about {minutes} minute{'s' * (minutes > 1)} to read)"


def _moment(when: datetime) -> str:
    when = when.astimezone(UTC)
    return f"{when.day} {when:%B %Y at %H:%M} UTC"
