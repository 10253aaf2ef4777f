"""The example that follows the last answer in its section."""

from __future__ import annotations

import pytest

from qa.answering.replies.examples import example_reply
from qa.types import Document, Request, Turn

RULE = "A path is watched if all rules match."
TEXT = (
    f"# Watching\n\n{RULE} Rules are checked in order. For example, logs are left out.\n\n"
    "## Globs\n\nA glob matches names. For instance:\n\n```sh\nwatch '*.md'\n```\n\n"
    "## Speed\n\nThe watcher is fast.\n\n## Noise\n\nNoise, such as backups, is ignored.\n"
)
DOCUMENT = Document("watch.md", TEXT, "Watching", "watch.md")


def example(excerpt: str, asked: str = "Give me an example", among: tuple[str, ...] | None = None) -> str | None:
    start = TEXT.index(excerpt)
    turn = Turn("What is it?", excerpt, ((DOCUMENT.id, start, start + len(excerpt)),))
    reply = example_reply(Request(asked, (turn,), documents=among), {DOCUMENT.id: DOCUMENT})
    if reply is None:
        return None
    (cited,) = reply.citations
    assert cited.text == TEXT[cited.start : cited.end] == reply.text
    return reply.text


@pytest.mark.parametrize(
    ("excerpt", "quoted"),
    [
        (RULE, "For example, logs are left out."),
        ("A glob matches names.", "For instance:\n\n```sh\nwatch '*.md'\n```"),
        ("Noise, such as backups, is ignored.", "Noise, such as backups, is ignored."),
    ],
    ids=["a later sentence", "a block after a colon", "the excerpt itself"],
)
@pytest.mark.parametrize("asked", ["Can you give me an example?", "for example?", "Such as?"])
def test_the_first_example_of_the_section_is_quoted(excerpt: str, quoted: str, asked: str) -> None:
    assert example(excerpt, asked) == quoted


def test_nothing_is_quoted_without_an_example() -> None:
    assert example("The watcher is fast.") is None  # the next section has one
    assert example(RULE, "Give me an example of a glob") is None
    assert example(RULE, among=("other.md",)) is None
    assert example_reply(Request("an example?", (Turn("What?", "this"),)), {DOCUMENT.id: DOCUMENT}) is None
