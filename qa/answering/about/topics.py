"""Recognise messages that ask only about the library or the product.

A message has a topic if it has a word of each of the topic's groups and no words but those and common ones. "How many
articles do you have?" is about the library; "How many articles does the treaty have?" is not, because of "treaty".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

from qa.retrieval.preamble import without_preamble
from qa.text.lexicon import listed

Topic = Literal[
    "count", "titles", "length", "added", "formats", "limits", "privacy", "languages", "quote", "confidence",
    "identity", "price", "civil",
]  # fmt: skip

_MAX_WORDS = 16
_WORD = re.compile(r"\d+|[^\W\d_]+(?:'[^\W\d_]+)*|%")
_COMMON = listed(
    "a an the this that these those it its there here and or so but is are be am do does can could will would may "
    "might should shall must has have get got i you we me my your yours mine our ours us of on in "
    "at to for from with by about into as any some all every each what which who whom how when where why what's who's "
    "it's i'd i'm you're many much please tell show give say says said just also now currently exactly actually really "
    "other than only if then one something anything else know want like want's don't not no"
)
_STRONG = listed(
    "you your yours i i'd i'm my mine we our ours us you're here site website app tool bot chatbot program software qa "
    "article articles document documents verbatim upload uploaded uploads supported api"
)
"""A later question that has only "it" or "this" needs one of these words to be about the bot."""
_BOT = listed("bot chat chatbot cited qa here")
_YOU = listed("you your yours you're")
_ARTICLES = listed("article articles document documents")
_TEXTS = _ARTICLES | listed("file files text texts source sources library collection pdf pdfs")
_PRODUCT = listed("you your cited qa site website app tool bot chatbot program software page chat")
_LANGUAGES = listed(
    "language languages english german french spanish italian portuguese dutch russian chinese japanese thai korean "
    "arabic polish turkish swedish greek hindi multilingual"
)
_FORMATS = listed(
    "pdf pdfs word docx doc epub epubs ebook ebooks html markdown excel xlsx csv powerpoint pptx slides spreadsheet "
    "spreadsheets email emails image images photo photos picture pictures scan scans scanned format formats url urls "
    "link links web webpage webpages website websites page pages paste pasted notebook notebooks subtitles zip odt "
    "rtf txt"
)
_LIMITS = listed("limit limits limitation limitations maximum max")
_LIMITED = _TEXTS | listed("size question questions characters mb upload uploads")
_READ = listed(
    "upload add read reads support supports supported accept accepts accepted open opens use import load take takes "
    "handle handles work works paste process parse"
)
_ASKING = listed("what which who whom when where how do does")
_INSULTS = listed(
    "stupid idiot idiots useless dumb fool moron hate sucks suck garbage trash rubbish nonsense crap shit fuck fucking "
    "damn pathetic worthless lame awful terrible horrible bitch asshole bullshit loser worst"
)


@dataclass(frozen=True, slots=True)
class _Rule:
    """The words of a topic.

    Attributes
    ----------
    topic : str
    groups : tuple of frozenset of str
        The message must have a word of each.
    others : frozenset of str
        Further words that it may have.
    alone : bool
        Whether the words suffice at any point of a conversation. Otherwise only the first message may neither address
        the bot nor name its articles.
    """

    topic: Topic
    groups: tuple[frozenset[str], ...]
    others: frozenset[str] = frozenset()
    alone: bool = False

    def fits(self, words: frozenset[str]) -> bool:
        return all(words & group for group in self.groups) and words <= self.others.union(_COMMON, *self.groups)


_MAKERS = listed("made created built wrote developed behind programmed owns owner author authors designed maker makers")
_UPLOADED = listed("upload uploaded uploads add added load loaded")
_RULES: tuple[_Rule, ...] = (
    _Rule(
        "civil",
        (_INSULTS, _INSULTS | listed("you this that")),
        listed("such piece very completely totally bot machine answer answers absolutely go away shut up"),
    ),
    _Rule(
        "confidence",
        (
            listed("confidence percentage percent % probability certainty sure unsure threshold"),
            listed("mean means meaning calculated calculate computed estimated work works explain why"),
        ),
        listed("cent per fairly very quite number figure value score shown 0") | {str(n) for n in range(1, 101)},
        alone=True,
    ),
    # "Why did you not answer?"
    _Rule(
        "confidence",
        (
            listed("why"),
            listed("no not don't didn't can't couldn't cannot"),
            listed("answer answered answering find found know"),
            listed("you answer"),
        ),
        listed("did"),
        alone=True,
    ),
    _Rule(
        "quote",
        (
            listed("quote quotes quoted quotation quotations verbatim excerpt excerpts citation citations cite"),
            listed("what how are mean means come where exact do does is"),
        ),
        listed("exact exactly mean means come comes word words copied copy number numbers brackets answer same"),
        alone=True,
    ),
    _Rule(
        "privacy",
        (
            listed("my our me we you your i"),
            listed(
                "private privacy store stored save saved keep kept see read share shared secure safe confidential sent "
                "send delete deleted log logged leave training train data happens happen public"
            ),
            listed(
                "data file files document documents article articles text texts question questions upload uploads "
                "uploaded conversation conversations chat chats information private privacy"
            ),
        ),
        listed("ai long anyone anybody others people computer server somewhere cloud third party parties secret enter"),
    ),
    _Rule(
        "limits",
        (_LIMITS, listed("is are what there any"), _LIMITED),
        _UPLOADED | listed("big large long ask number length character"),
        alone=True,
    ),
    # "What is the maximum?" after another question is about what that was about.
    _Rule("limits", (_LIMITS, listed("is are what there any")), _UPLOADED - {"load"}),
    _Rule(
        "limits",
        (
            listed("can may could allowed"),
            listed("how"),
            listed("many much large big long"),
            _UPLOADED | listed("be ask"),
            _TEXTS | listed("question questions upload"),
        ),
        alone=True,
    ),
    _Rule(
        "added",
        (
            listed("when newest latest last recent recently most first oldest date time"),
            _TEXTS | listed("this it"),
            _UPLOADED | listed("newest latest recent recently"),
        ),
        listed("was were did been"),
    ),
    _Rule(
        "formats",
        (_FORMATS, _READ),
        listed("file files document documents article articles instead text type types kind kinds sort sorts"),
    ),
    _Rule("formats", (listed("type types kind kinds sort sorts"), _TEXTS, _READ)),
    # "How do I add an article?", "What can I upload?"
    _Rule("formats", (listed("how"), listed("i we you can"), listed("upload add import load paste"), _TEXTS), _PRODUCT),
    _Rule("formats", (listed("what which"), listed("can could may"), listed("upload add import load paste")), _TEXTS),
    _Rule(
        "languages",
        (
            _LANGUAGES,
            listed("you i we your my supported support supports articles documents article document questions"),
        ),
        listed("speak understand ask answer answers write read text texts supported support supports question"),
    ),
    _Rule(
        "length",
        (listed("long longest shortest length lengths words characters pages"), _ARTICLES | listed("text texts this")),
        listed("take takes read reading minutes minute time number contain contains total together average"),
    ),
    _Rule(
        "count",
        (
            listed("many number count amount big large"),
            _ARTICLES,
            listed("you your i my we our here there number library total loaded available"),
        ),
        _UPLOADED | listed("library collection did ask contain contains hold ready altogether"),
        alone=True,
    ),
    _Rule(
        "count",
        (listed("many number count amount big large"), _TEXTS, listed("you your i my we our here")),
        _UPLOADED | listed("did total ask contain contains hold ready available altogether"),
    ),
    _Rule(
        "titles",
        (
            _TEXTS | {"everything"},
            listed("which what list title titles name names called any see show do all"),
            listed("you your i we my here there list title titles show"),
        ),
        _UPLOADED | listed("ask read cover use contain contains available topics subjects list in"),
    ),
    _Rule("titles", (listed("what which"), listed("i we"), listed("upload uploaded")), listed("did")),
    _Rule("identity", (_MAKERS, listed("you your cited qa")), _PRODUCT),
    _Rule("identity", (_MAKERS, listed("this"), _PRODUCT - {"you"})),
    _Rule(
        "identity",
        (
            listed("model models llm ai chatgpt gpt openai claude gemini version technology algorithm"),
            listed("you your cited qa"),
        ),
        listed("based use uses using run runs running powered language large behind underlying under hood"),
    ),
    _Rule("identity", (listed("version"), listed("this"))),
    _Rule(
        "price",
        (
            listed("cost costs free price pay offline internet gpu subscription account install charge"),
            listed("you i we it this here api") | _PRODUCT,
        ),
        listed("key keys need needs work works run runs connection without open charge money use using up sign a"),
    ),
    _Rule(
        "price",
        (listed("api"), listed("key keys"), listed("need needs without required necessary")),
        listed("work works"),
    ),
)


def topic_of(message: str, *, first: bool) -> Topic | None:
    """Return what a message asks about the library or the product; None if it may be about the articles' content.

    Parameters
    ----------
    message : str
        A question, or a part of a message.
    first : bool
        Whether it opens a conversation, so that "it" cannot refer to an earlier question.
    """
    found = _words(message)
    words = frozenset(found)
    if not words or len(found) > _MAX_WORDS:
        return None
    if _is_nonsense(found):
        return "civil"
    for rule in _RULES:
        # "Is that the worst one?"
        if rule.topic == "civil" and (words & _ASKING or found[0] in {"is", "was"}):
            continue
        if rule.fits(words) and (first or rule.alone or words & _STRONG or rule.topic == "civil"):
            return rule.topic
    return None


def is_addressed(message: str, topic: Topic) -> bool:
    """Return whether a message with a topic plainly speaks to the bot or of its library: "Can you read PDFs?".

    "Is it free?" may be about what the articles describe, and "Do you share my data?" may be read from their privacy
    policy.
    """
    words = frozenset(_words(without_preamble(message)))
    if topic in {"count", "titles", "length", "added"} and words & _ARTICLES:
        return True
    return topic == "civil" or bool(words & (_BOT if topic == "privacy" else _BOT | _YOU))


def _words(message: str) -> list[str]:
    return [word.lower() for word in _WORD.findall(message.replace("\u2019", "'"))]


_ROWS = ("qwertyuiop", "asdfghjkl", "zxcvbnm")
_MIN_KEYS = 4


def _is_nonsense(words: Sequence[str]) -> bool:
    """Return whether words are runs of adjacent keys ("asdf"), or one word three or more times."""
    return (len(words) > 2 and len(set(words)) == 1 and words[0].isalpha()) or all(map(_is_struck, words))


def _is_struck(word: str) -> bool:
    if len(word) < _MIN_KEYS:
        return False
    pairs = ["".join(pair) for pair in pairwise(word)]
    return sum(pair in row or pair[::-1] in row for pair in pairs for row in _ROWS) >= 0.7 * len(pairs)
