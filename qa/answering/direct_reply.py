"""Replies that need no search: small talk, questions about the bot, questions back, summaries and clauses."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import islice

from qa.answering.about.bot_replies import Library, about
from qa.answering.about.last_answer import last_answer
from qa.answering.evidence import Reply
from qa.answering.replies.clauses import clause_reply, names_clause
from qa.answering.replies.examples import example_reply
from qa.answering.replies.topics import asked_topic, key_words
from qa.answering.summaries.requests import (
    MAX_SEARCHED_ARTICLES,
    articles_about,
    articles_mentioning,
    asked_subject,
    section_request,
    summary_request,
)
from qa.answering.summaries.summarise import MAX_ARTICLES, summarise, which_article
from qa.index.base import EmbeddedDocument
from qa.retrieval.elaboration import asks_again
from qa.retrieval.question_back import question_back
from qa.text.small_talk import NO_ARTICLES, named_articles
from qa.text.tokens import terms
from qa.types import Document, Passage, Request


def direct_reply(
    request: Request,
    library: Library,
    search: Callable[[str], list[Passage]],
    entry_of: Callable[[str], EmbeddedDocument],
) -> Reply | None:
    """Return the reply to a question that needs no search; None for any other question.

    Parameters
    ----------
    request : Request
    library : Library
    search : callable
        Returns the passages about the subject of a summary.
    entry_of : callable
        Returns the index entry of a document.
    """
    if names_clause(request.question):
        return clause_reply(request.question, _first_asked(library))
    return example_reply(request, library.documents) or _other_reply(request, library, search, entry_of)


def _other_reply(
    request: Request,
    library: Library,
    search: Callable[[str], list[Passage]],
    entry_of: Callable[[str], EmbeddedDocument],
) -> Reply | None:
    documents, wanted = library.documents, None
    text = last_answer(request.question, request.history, documents)
    if text is None:
        text = about(request.question, library, first=not request.history)
    if text is None and not (request.history and asks_again(request.question)):
        wanted = summary_request(request.question, documents, request.documents, first=not request.history)
        if wanted is None:
            text = question_back(request.question, request.history)
    if text is not None:
        return Reply(text, (), 1.0, "about")
    if documents and (subject := asked_subject(request.question)):
        found = search(subject)
        titles = [documents[name].title for name in articles_about(found) or articles_mentioning(found)]
        text = f"No article here seems to be about \u201c{subject}\u201d."
        if titles:
            text = f"I found something about it in {named_articles(titles, len(titles))}."
        # What is mentioned only in passing is searched for.
        return None if not titles and all(map(library.mentions, terms(subject))) else Reply(text, (), 1.0, "about")
    if wanted is None and (topic := asked_topic(request.question) or key_words(request.question)):
        wanted = section_request(islice(library.asked, MAX_SEARCHED_ARTICLES), documents, topic)
    if wanted is None:
        return clause_reply(request.question, _first_asked(library))
    if wanted.subject:
        about_it = articles_about(search(wanted.subject))
        if len(about_it) != 1:
            return which_article([documents[name].title for name in about_it]) if about_it else None
        wanted = replace(wanted, documents=tuple(about_it))
    if 0 < len(wanted.documents) <= MAX_ARTICLES:
        return summarise(wanted, entry_of)
    count = len(library.asked if len(wanted.documents) > MAX_ARTICLES else wanted.documents)
    text = f"There are {count:,} articles. Choose up to {MAX_ARTICLES}, or name one, and ask again."
    return Reply(text if count else NO_ARTICLES, (), 1.0, "about")


def _first_asked(library: Library) -> Iterator[Document]:
    return (library.documents[name] for name in islice(library.asked, MAX_SEARCHED_ARTICLES))
