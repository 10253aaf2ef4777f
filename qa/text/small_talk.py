"""Small talk: replies to greetings, thanks, goodbyes, and questions about the bot or the library.

A message is small talk only if every part of it is: a question that starts with a greeting is still searched for.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_MAX_CHARACTERS = 120  # a longer message is not small talk
_MAX_TITLES = 3
_PLEASANTRIES = frozenset({"greeting", "thanks", "acknowledgement"})
# The lookbehind keeps a long run of spaces from being tried from each of its positions.
_PART_END = re.compile(r"(?:(?<!\s)\s+)?(?:[.!?,;:\u2026\n]+|\s[-\u2013\u2014]\s|$)\s*")
# "Ok and the price?", but not "Cool and dry places"
_BEFORE_LINK = re.compile(
    r"(?:(?:ok(?:ay)?|alright|thanks|thank you|thx|wow|hm+)\s+)+(?=(?:and|but|so|or|now|(?:what|how) about)\b)",
    re.IGNORECASE,
)
_NOT_WORDS = re.compile(r"[^\w\s.!?,;:'\u2019\u2026\u2013\u2014-]|(?<!\w)[:;]-?[()DPp](?!\w)")

_WHOM = r"(?: there| everyone| everybody| all| again| friend| bot| robot| computer)?"
NO_ARTICLES = "There are no articles yet. Add one, then ask about it."
_ARTICLES = r"(?:articles?|documents?|files?|texts?|sources?|library)"
# In a message of several parts ("Hello! Who are you? Thanks!"), the reply is to the first of these kinds.
# Line breaks and indentation are for legibility; spaces within a line matter.
_PATTERNS: dict[str, str] = {
    "library": rf"""
        (?:(?:and|so|but) )*(?:
        (?:what|which) {_ARTICLES} (?:do you (?:have|know|read|use|cover)|are (?:there|you using|loaded|available)
        |have you (?:read|got)|can i ask about)(?: about)?
        |what (?:do you know(?: about)?|have you read|are you about|topics? do you (?:know|cover)(?: about)?)
        |what subjects? do you (?:know|cover)(?: about)?
        |(?:list|show(?: me)?) (?:the |your |all )*{_ARTICLES}
        |(?:what|which) are (?:the|these|those|your) {_ARTICLES}(?: about)?
        |(?:what|which) is (?:the|this|your) (?:{_ARTICLES}|library about))
        """,
    "trust": r"""
        (?:(?:and|so|but) )*(?:
        (?:can|should|could) (?:i|we) (?:trust|believe|rely on) (?:you|this|that|(?:your|these|the) answers?)
        |(?:how|why should i) (?:can i )?(?:trust|believe) (?:you|your answers?)
        |(?:do|can|could|will) you (?:ever )?
        (?:make (?:things|stuff|answers|it|this|that) up|make mistakes|hallucinate|lie|invent (?:things|stuff|answers))
        |are you (?:always right|reliable|lying|accurate)|how (?:sure|certain|reliable|accurate|good) are you)
        """,
    "source": r"""
        (?:(?:and|so|but|no|hm+|wait|sorry|ok(?:ay)?) )*(?:
        (?:are )?(?:you|u) (?:really |quite |absolutely )?(?:sure|certain)(?: (?:about|of) (?:that|this|it))?
        |(?:is|are) (?:that|this|your answers?) (?:really )?(?:true|correct|right|accurate|reliable)
        |where (?:exactly )?(?:does (?:it|the (?:article|document|text)) (?:say|state|mention) (?:so|that|this|it)
        |is (?:that|this) from|(?:is|was) (?:that|this|it) (?:written|stated|said|mentioned)
        |(?:did|do) you (?:find|get|read|see|have) (?:that|this|it)(?: from)?)
        |(?:which|what) (?:article|document|page|section|paragraph)
        (?: says (?:so|that|this)| (?:is|was) (?:that|this) (?:in|on|from))
        |(?:in|on|from) (?:which|what) (?:article|document|page|section|paragraph) (?:is|was) (?:that|this)
        |says who|who says (?:so|that)|prove it
        |what(?:'s| is) (?:your|the) (?:source|proof|evidence)(?: (?:for|of) (?:that|this))?
        |(?:(?:can|could) you )?(?:show|give) me (?:the|your|a) (?:source|proof|quote|reference)
        (?: (?:for|of|to) (?:that|this))?
        |(?:that|this|it|(?:your|the) answer)(?:'s| is| was) (?:wrong|incorrect|false|not (?:true|right|correct))
        |(?:that|this|it) (?:can't|cannot) be (?:true|right|correct)
        |wrong(?: answer)?|you(?:'re| are) (?:wrong|mistaken))(?: please)?
        """,
    "translation": r"""
        (?:(?:and|now|ok(?:ay)?|please|(?:can|could) you) )*
        (?:translate (?:that|this|it|(?:the|your) answer)(?: (?:in)?to \w+)?
        |(?:say|write|answer) (?:that|this|it) in [a-z]*(?:ish|an|ench|ese))(?: please)?
        """,
    "method": r"""
        (?:(?:and|so|but) )*(?:
        (?:what|how) (?:can|could|do|will) you (?:(?<!how do you )do|help|answer|offer)(?: (?:for )?me)?(?: with)?
        |what are you (?:able to do|capable of|good (?:at|for))|what are your (?:capabilities|features|skills|functions)
        |(?:what|which)(?: (?:kinds?|sorts?|types?) of)?(?: questions?| things?)? (?:can|may|should|could) (?:i|we) ask
        (?: (?:you|here))?(?: about)?
        |what (?:can|should|do) i (?:do|type|write|say)(?: (?:here|now|with this|with you))?
        |how (?:do|does|can|should|would) (?:you|this(?: (?:page|site|app|tool|bot|thing))?|it all) (?:actually )?work
        |how (?:do|can|should) (?:i|we|you) use (?:you|this(?: (?:page|site|app|tool|bot|thing))?)
        |how (?:do|can) you (?:know|find) (?:that|this|all this|(?:the|your) answers?|things?|stuff)
        |how (?:were|are) you (?:made|built|trained|programmed)
        |where (?:do|does) (?:you|your|the) (?:get (?:your|the) )?(?:answers?|information|knowledge|data)
        (?: come)?(?: from)?
        |(?:(?:can|could|will|would) you )?(?:please )?help(?: me)?(?: please)?|i need help|i have (?:a|some) questions?
        |(?:can|may|could) i ask (?:you )?(?:a|some|another|one more) (?:question|thing)s?
        |(?:can|may) i ask you something|what now|what next|instructions?|usage)
        """,
    "identity": r"""
        (?:and |so )*(?:who|what)(?: exactly| the hell)? (?:are|r) (?:you|u)(?: exactly)?(?: called| for)?
        |(?:what(?:'s| is) your name|what (?:should|can|do) i call you|do you have a name)
        |(?:please )?(?:introduce yourself|tell me (?:something )?about yourself|describe yourself)
        |are you (?:a |an |the |some )?(?:real |kind of )?(?:person|people|human(?: being)?|robot|bot|chat ?bot|machine
        |ai|a\.i|computer|program|chat ?gpt|gpt(?:-?\d)?|claude|gemini|llm|(?:large )?language model
        |artificial intelligence|alive|real|there|conscious|sentient)
        |am i (?:talking|speaking|chatting) (?:to|with) (?:a |an )?(?:person|human|robot|bot|machine|ai|computer)
        |who (?:made|built|created|wrote|programmed|developed|trained) you|who(?: is|'s) behind (?:you|this)
        |what (?:is|'s) this(?: (?:page|site|website|app|tool|bot|thing|place|program|for|all about))*
        """,
    "wellbeing": r"(?:and )?(?:how are you(?: doing)?|how(?: is|'s) it going|how do you do|what's up|sup)(?: today)?",
    "goodbye": r"""
        (?:ok(?:ay)? )?(?:bye(?:[ -]?bye)?|good ?bye|farewell|see (?:you|ya)(?: (?:later|soon|again|tomorrow|around))?
        |until next time|cya|good night|so long|adieu|tsch(?:u|\u00fc)ss
        |have a (?:nice|good|great|lovely) (?:day|one|evening|weekend|night)|take care
        |that(?:'s| is| was| will be|'ll be) (?:all|it)(?: (?:for (?:now|today)|i need(?:ed)?(?: to know)?))?
        |i(?:'m| am) (?:done|off))
        (?: (?:for now|now|then|bot|everyone))?
        """,
    "thanks": r"""
        (?:(?:ok(?:ay)?|great|perfect|cool|nice|good|wow|well|oh|ah|and|many|much|a lot of|but) )*
        (?:thanks|thank you|thx|ty|cheers|merci|danke|gracias|ta|much appreciated|i appreciate (?:it|that))
        (?: (?:a lot|a bunch|a million|again|so much|very much|much|you|indeed|anyway|all|bot))*
        (?: for (?:that|this|it|(?:all )?(?:your|the) (?:help|answers?|time|information|info|explanation|reply)|helping
        (?: me)?|answering(?: me)?))?
        """,
    "greeting": rf"""
        (?:hi+|hello+|hey+|hiya|howdy|hullo|hallo|hola|bonjour|salut|ciao|guten (?:tag|morgen|abend)|moin|servus|yo
        |greetings|welcome|good (?:morning|afternoon|evening|day)|(?:nice|pleased|good) to meet you){_WHOM}
        """,
    "acknowledgement": r"""
        (?:(?:hm+|oh|ah|well|wow|ok(?:ay)?|yes|no|cool|great|nice),? )*
        (?:ok(?:ay)?|k|yes|yeah|yep|no|nope|sure|fine|all right|alright|right|great|perfect
        |cool|nice|wow|awesome|amazing
        |excellent|wonderful|brilliant|super|lovely|interesting|very (?:good|nice|interesting|helpful)|got it
        |i see|i understand|understood|well done|good (?:job|bot|answer)|nice (?:job|one|work)|great (?:job|answer)
        |that helps(?: a lot)?|that(?:'s| is| was) (?:(?:very|really) )?(?:great|good|helpful|useful|interesting|nice)
        |never ?mind|no (?:worries|problem)|please|lol|haha+|hm+|oh|ah|sorry|test|testing|ping)
        """,
}
# About the last answer only within a conversation: a first "Sources?" may name a section.
_IN_CONVERSATION = re.compile(
    r"(?:and )?(?:(?:(?:the |your )?(?:sources?|references?|citations?|proof|evidence|quote|link)|really)(?: please)?"
    r"|how do you know(?: that| this)?)",
    re.IGNORECASE,
)
_KINDS = {kind: re.compile(re.sub(r"\n\s*", "", pattern.strip()), re.IGNORECASE) for kind, pattern in _PATTERNS.items()}

_CAN_BE_WRONG = (
    "Every excerpt is a word-for-word copy from the article, so you can check it in place. Whether it "
    "answers your question is a judgement, and can be wrong: see the confidence."
)
_REPLIES: dict[str, str] = {
    "greeting": "Hello! Ask me about {about}.",
    "wellbeing": "All is well, thank you. Ask me about {about}.",
    "thanks": "You are welcome. Ask on, if there is more.",
    "goodbye": "Goodbye!",
    "acknowledgement": "Ask me a question about {about}.",
    "identity": (
        "I am a program that answers questions about articles, not a person. I give a short answer and the exact "
        "excerpts that it comes from, and say so when the articles do not answer."
    ),
    "method": (
        "Ask a question about {about}. I look for the sentences that answer it and quote them word for word, each with "
        "its place, so that you can check. Follow-up questions work too."
    ),
    "trust": _CAN_BE_WRONG,
    "source": _CAN_BE_WRONG,
    "translation": "The articles are quoted in their own words, and not translated.",
    "library": "I answer from {these}: {titles}.",
}


def reply(question: str, titles: Sequence[str], count: int | None = None) -> str | None:
    """Return the reply to a message that is not a question about the articles.

    Parameters
    ----------
    question : str
        The message as typed.
    titles : sequence of str
        Titles of the articles that can be asked about, or of the first few.
    count : int, optional
        Total number of articles; by default that of `titles`.

    Returns
    -------
    str or None
        One or two plain sentences; None if the message should be searched for.
    """
    if len(question) > _MAX_CHARACTERS:
        return None
    kinds = {_kind(part) for part in message_parts(question)}
    if not kinds and _NOT_WORDS.search(question):
        kinds = {"acknowledgement"}  # emoji alone
    found = None if None in kinds else next((kind for kind in _KINDS if kind in kinds), None)
    if found is None:
        return None
    if found == "library" and not titles:
        return NO_ARTICLES
    count = count or len(titles)
    named = named_articles(titles[:_MAX_TITLES], count)
    about = f"the articles here: {named}" if titles else "the articles that you add"
    return _REPLIES[found].format(about=about, titles=named, these="this article" if count == 1 else "these articles")


def questions_answer(message: str) -> bool:
    """Return whether a message only doubts the last answer or asks for its source: "Are you sure?"."""
    parts = message_parts(message)
    asks = any(_kind(part) == "source" or _IN_CONVERSATION.fullmatch(part.strip()) for part in parts)
    return asks and all(is_small_talk(part) for part in parts)


def without_pleasantries(question: str) -> str:
    """Return a question without leading greetings and thanks: "Ok and in 2014?" is "and in 2014?".

    A message that consists of nothing else is returned unchanged.
    """
    whole = question.strip()
    plain = _without_emoji(whole)
    start = 0
    while True:
        end = _PART_END.search(plain, start)
        if end is None or end.end() == len(whole) or _kind(plain[start : end.start()]) not in _PLEASANTRIES:
            linked = _BEFORE_LINK.match(whole, start)
            return whole[linked.end() if linked else start :]
        start = end.end()


def message_parts(message: str) -> list[str]:
    """Return the parts of a message between punctuation, without emoji."""
    return [part for part in _PART_END.split(_without_emoji(message)) if part.strip()]


def is_small_talk(part: str) -> bool:
    """Return whether a part of a message in a conversation is small talk."""
    return _kind(part) is not None or _IN_CONVERSATION.fullmatch(part.strip()) is not None


def _without_emoji(message: str) -> str:
    """Return a message with spaces for emoji and other signs, of the same length."""
    return _NOT_WORDS.sub(lambda found: " " * len(found[0]), message)


def _kind(part: str) -> str | None:
    plain = " ".join(part.replace("\u2019", "'").split())
    return next((kind for kind, pattern in _KINDS.items() if pattern.fullmatch(plain)), None)


def named_articles(titles: Sequence[str], count: int) -> str:
    """Return titles in quotation marks, and how many more articles there are of `count` in all."""
    more = count - len(titles)
    return enumerated([*(f"\u201c{title}\u201d" for title in titles), *([f"{more:,} more"] if more > 0 else [])])


def enumerated(items: Sequence[str]) -> str:
    """Return items as listed in a sentence: "A, B and C"."""
    return "".join(items) if len(items) < 2 else f"{', '.join(items[:-1])} and {items[-1]}"
