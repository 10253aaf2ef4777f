from __future__ import annotations

import unicodedata
from itertools import pairwise

import pytest
from conftest import examples
from hypothesis import example, given
from hypothesis import strategies as st

from qa.documents.chunking import count_tokens, excerpt_start, sentence_spans, split
from qa.documents.structure import blocks, is_heading
from qa.documents.tables import is_content
from qa.text.spans import trim
from qa.types import Chunk, Document

FAMILY = "\U0001f468\u200d\U0001f469\u200d\U0001f467"
FRAGMENTS = (
    "The U.S. Senate met in Fairfax, Va. on Monday. ",
    "M. Taylor Fravel, of M.I.T., said so; others, however, did not. ",
    "Did it work? Yes! It did... ",
    "one two three four five six seven eight nine ten eleven twelve ",
    "\n",
    "\n\n",
    " \r\n \r\n",
    "\n# A heading\n",
    "\n\n### A heading that is rather longer than the other one, as some are\n\n",
    "\n####### seven is no heading\n",
    "\n- item one\n- item two\n  3) item three\n",
    "\n| a | b |\n|---|---|\n| 1 | 2 |\n",
    "\n```python\n# comment\nx = {'a': 1}\n```\n",
    "<|endoftext|>",
    "x" * 300,
    "-" * 40,
    "1234567890" * 9,
    "e\u0301\u0323" * 30,
    "\u0e17\u0e35\u0e48\u0e19\u0e35\u0e48" * 20,
    "\u4e2d\u56fd\u7684\u6218\u6597\u673a\u3002" * 12,
    f"{FAMILY}\U0001f44d\U0001f3fd" * 6,
    "\u0301\u200d",
    "\u2028\u00a0\u3000\x1c",
    "Plan A\u2003. ",
    "\ud800",
    "\u201cQuoted,\u201d he said\u2014twice. ",
)
texts = st.lists(
    st.one_of(st.sampled_from(FRAGMENTS), st.text(max_size=20), st.integers(0, 60).map(lambda n: " " * n)), max_size=25
).map("".join)
budgets = st.integers(16, 200)


def chunks_of(text: str, chunk_tokens: int) -> tuple[Chunk, ...]:
    return split(Document("a.md", text, "A", "a.md"), chunk_tokens)


def texts_of(text: str, chunk_tokens: int) -> list[str]:
    return [chunk.text for chunk in chunks_of(text, chunk_tokens)]


def headings_of(text: str) -> dict[int, int]:
    """Return the end of each heading by its start, without surrounding white space."""
    headings = (block for block in blocks(Document("a.md", text, "A", "a.md")) if block.kind == "heading")
    return dict(trim(text, block.start, block.end) for block in headings)


def splits_a_character(text: str, offset: int) -> bool:
    """Return whether `offset` is within what a reader sees as one character."""
    before, after = text[offset - 1 : offset], text[offset : offset + 1]
    if not before or not after or before.isspace() or after.isspace():
        return False
    return unicodedata.category(after)[0] == "M" or "\u200d" in (before, after) or "\U0001f3fb" <= after <= "\U0001f3ff"


@given(texts, budgets)
@example("x" * 5000, 16)
@example("\n# One\n# Two\nThree. " * 40, 16)
@example("a\u200d b. " * 40, 16)
@examples(60)
def test_chunks_and_sentences_cover_all_text_once(text: str, chunk_tokens: int) -> None:
    chunks = chunks_of(text, chunk_tokens)
    for spans in (
        [(chunk.start, chunk.end) for chunk in chunks],
        [sentence for chunk in chunks for sentence in chunk.sentences],
    ):
        edges = [0, *(edge for span in spans for edge in span), len(text)]
        assert edges == sorted(edges)
        assert all(not text[end:start].strip() for end, start in zip(edges[::2], edges[1::2], strict=True))
        for start, end in spans:
            assert start < end
            assert text[start:end] == text[start:end].strip()
    for chunk in chunks:
        assert chunk.document_id == "a.md"
        assert chunk.text == text[chunk.start : chunk.end]
        assert (chunk.sentences[0][0], chunk.sentences[-1][1]) == (chunk.start, chunk.end)


@given(texts, budgets)
@example("# Title of the whole\n\n## Part one of it\n\nIt was cold then. " + "Ice. " * 20, 16)
@examples(60)
def test_chunks_keep_the_budget_and_fill_it(text: str, chunk_tokens: int) -> None:
    chunks = chunks_of(text, chunk_tokens)
    headings = headings_of(text)
    for chunk in chunks:
        one_character = all(splits_a_character(text, offset) for offset in range(chunk.start + 1, chunk.end))
        assert count_tokens(chunk.text) <= chunk_tokens or one_character
    for chunk, following in pairwise(chunks):
        first_start, first_end = following.sentences[0]
        if first_start not in headings:
            assert count_tokens(text[chunk.start : first_end]) > chunk_tokens


@given(texts, budgets)
@examples(60)
def test_no_boundary_cuts_a_grapheme(text: str, chunk_tokens: int) -> None:
    chunks = chunks_of(text, chunk_tokens)
    edges = {edge for chunk in chunks for span in chunk.sentences for edge in span}
    assert [edge for edge in sorted(edges) if splits_a_character(text, edge)] == []


@given(texts, budgets)
@example("# Title of the whole\n\n## Part one of it\n\n" + "word " * 12, 16)
@examples(60)
def test_a_heading_starts_its_chunk_and_keeps_the_text_under_it(text: str, chunk_tokens: int) -> None:
    headings = headings_of(text)
    chunks = chunks_of(text, chunk_tokens)
    for chunk in chunks:
        starts_heading = [any(start <= first < end for start, end in headings.items()) for first, _ in chunk.sentences]
        assert starts_heading == sorted(starts_heading, reverse=True), "a heading stands after text"
    for chunk, following in pairwise(chunks):
        start, end = chunk.sentences[-1]
        first_start, first_end = following.sentences[0]
        if headings.get(start) == end and first_start not in headings:
            assert count_tokens(text[start:first_end]) > chunk_tokens


@given(texts, budgets)
@examples(30)
def test_the_same_text_gives_the_same_chunks(text: str, chunk_tokens: int) -> None:
    assert chunks_of(text, chunk_tokens) == chunks_of(text, chunk_tokens)


@pytest.mark.parametrize(
    "text", ["", " ", "\n\n \t\r\n", "\u3000\u2028\u00a0"], ids=["empty", "space", "lines", "wide"]
)
def test_white_space_alone_gives_no_chunks(text: str) -> None:
    assert chunks_of(text, 16) == ()


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        pytest.param(
            "The U.S. Senate met. It voted.", ["The U.S. Senate met.", "It voted."], id="initials of a country"
        ),
        pytest.param(
            "She lives in Fairfax, Va. and works. He does not.",
            ["She lives in Fairfax, Va. and works.", "He does not."],
            id="short form of a state",
        ),
        pytest.param(
            "That is what M. Taylor Fravel wrote. Others agree.",
            ["That is what M. Taylor Fravel wrote.", "Others agree."],
            id="initial of a name",
        ),
        pytest.param("It cost $1.5 million. So what?", ["It cost $1.5 million.", "So what?"], id="decimal point"),
        pytest.param("Really? Yes! Good.", ["Really?", "Yes!", "Good."], id="other stops"),
        pytest.param(
            "\U0001f600 One. \U0001f468\u200d\U0001f469 Two.",
            ["\U0001f600 One.", "\U0001f468\u200d\U0001f469 Two."],
            id="emoji before",
        ),
        pytest.param("\u505c\u3002\u0301 \u8d70\u3002", ["\u505c\u3002\u0301 \u8d70\u3002"], id="stop under a mark"),
        pytest.param(
            "Take plan A\u00a0. Or B\u3000\u2009.",
            ["Take plan A\u00a0.", "Or B\u3000\u2009."],
            id="wide space before a stop",
        ),
        pytest.param("A <|endoftext|> bee. Sea.", ["A <|endoftext|> bee.", "Sea."], id="special token"),
        pytest.param(
            "**Malt bread.** Scald it. Then **stir.** Wait.",
            ["**Malt bread.** Scald it.", "Then **stir.**", "Wait."],
            id="stop before the end of bold",
        ),
        pytest.param(
            "It opens in May. On 3 May 2020 it did. She said no. \u201cWhy?\u201d Wait 5 min. Stir.",
            ["It opens in May.", "On 3 May 2020 it did.", "She said no.", "\u201cWhy?\u201d", "Wait 5 min.", "Stir."],
            id="words that look like abbreviations",
        ),
        pytest.param(
            "It is by Platter & Co. The fee is $5. Bus no. 5 goes to St. Mary and Roe Inc. Ltd.",
            ["It is by Platter & Co.", "The fee is $5.", "Bus no. 5 goes to St. Mary and Roe Inc. Ltd."],
            id="abbreviations within and at the end of a sentence",
        ),
        pytest.param(
            "Call tel. 0555-31 now. It has approx. 30 rooms. Stop at the max. Then go.",
            ["Call tel. 0555-31 now.", "It has approx. 30 rooms.", "Stop at the max.", "Then go."],
            id="abbreviations before a number",
        ),
        pytest.param(
            "Ann Lee, Ed.D passed it on. He is 6 m. At York, it is 5 m. Then he fell.",
            ["Ann Lee, Ed.D passed it on.", "He is 6 m.", "At York, it is 5 m.", "Then he fell."],
            id="a degree and units",
        ),
        pytest.param(
            "It is old (see the map. It was sold.) Then it fell.) Nobody came.",
            ["It is old (see the map. It was sold.) Then it fell.)", "Nobody came."],
            id="a bracket after the stop",
        ),
        pytest.param("It is so. *** !! Or not.", ["It is so. *** !!", "Or not."], id="signs alone"),
        pytest.param("![A red bee](bee.png) It flies.", ["![A red bee](bee.png) It flies."], id="an image"),
    ],
)
def test_sentences(text: str, sentences: list[str]) -> None:
    assert [text[start:end] for start, end in sentence_spans(text)] == sentences
    (chunk,) = chunks_of(text, 60)
    assert [text[start:end] for start, end in chunk.sentences] == sentences


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("Wash ....... 2.50\nDryer ...... 1.80", ["Wash ....... 2.50", "Dryer ...... 1.80"]),
        ("CALLS\n  Fire      112\n  Lift      0555", ["CALLS", "Fire      112", "Lift      0555"]),
        ("**Labs:** Thu 13:00\n**Hall:** 2, west", ["**Labs:** Thu 13:00", "**Hall:** 2, west"]),
        ("Water: \u00a361.10\nTotal: -\u00a32.50", ["Water: \u00a361.10", "Total: -\u00a32.50"]),
        ("Ann Lee\n2 Mill Lane\nYork", ["Ann Lee\n2 Mill Lane\nYork"]),
        ("Note: it rains\nand blows all day", ["Note: it rains\nand blows all day"]),
    ],
    ids=["leaders", "gaps", "labels", "amounts", "an address", "one label"],
)
def test_a_labelled_line_is_a_sentence(text: str, sentences: list[str]) -> None:
    (chunk,) = chunks_of(text, 60)
    assert [text[start:end] for start, end in chunk.sentences] == sentences


def test_a_special_token_counts_as_ordinary_text() -> None:
    assert count_tokens("<|endoftext|>") > 1
    assert texts_of("<|endoftext|>", 16) == ["<|endoftext|>"]


def test_tokens_of_long_text_are_counted_in_full() -> None:
    assert count_tokens("word " * 50_000) == pytest.approx(50_000, rel=1e-3)


def test_whole_sentences_are_packed() -> None:
    sentence = "The committee met again on the following day."
    tokens = count_tokens(f"{sentence} {sentence} {sentence}")
    chunks = chunks_of(" ".join([sentence] * 7), tokens)
    assert [len(chunk.sentences) for chunk in chunks] == [3, 3, 1]


@pytest.mark.parametrize(
    ("text", "first"),
    [
        pytest.param(
            "The ship that sailed from the northern harbour, which was closed for most of the winter that year",
            "The ship that sailed from the northern harbour,",
            id="at a clause",
        ),
        pytest.param(
            "one two three four " * 5,
            "one two three four " * 3 + "one two three four",
            id="at a word",
        ),
        pytest.param("\u4e2d" * 40, "\u4e2d" * 16, id="at a character"),
    ],
)
def test_a_long_sentence_is_cut(text: str, first: str) -> None:
    chunks = texts_of(text, 16)
    assert chunks[0] == first
    assert len(chunks) > 1


def test_one_character_over_the_budget_is_not_cut() -> None:
    character = "a" + "\u0301" * 50
    assert texts_of(f"b {character} c", 16) == ["b", character, "c"]


def test_sections_are_kept_apart() -> None:
    text = "Before.\n\n# One\n\nFirst. Second.\n## Two\nThird.\n\n# Last"
    assert texts_of(text, 100) == ["Before.", "# One\n\nFirst. Second.", "## Two\nThird.", "# Last"]


def test_a_heading_moves_to_the_next_chunk_with_its_text() -> None:
    title, heading, body = "# The title of the whole long article", "## Part one", "It was cold that winter in town."
    budget = count_tokens(f"{heading}\n\n{body}")
    assert texts_of(f"{title}\n\n{heading}\n\n{body}", budget) == [title, f"{heading}\n\n{body}"]


def test_list_items_and_table_rows_are_sentences() -> None:
    text = "Bring\n- bread\n* cheese\n2) wine\n| a | b |\n| c | d |"
    (chunk,) = chunks_of(text, 100)
    assert [text[start:end] for start, end in chunk.sentences] == [
        "Bring",
        "- bread",
        "* cheese",
        "2) wine",
        "| a | b |",
        "| c | d |",
    ]


@pytest.mark.parametrize("chunk_tokens", [160, 8192])
@pytest.mark.parametrize(
    ("text", "share"),
    [
        pytest.param("x" * 70_000, 1.0, id="line without spaces"),
        pytest.param("word " * 9_000, 0.99, id="line of words"),
        pytest.param("It is so. " * 2_500, 0.99, id="short sentences"),
        pytest.param("# a\n" * 3_000, 0.7, id="headings alone"),
    ],
)
def test_long_text_is_cut_to_the_budget(text: str, share: float, chunk_tokens: int) -> None:
    chunks = chunks_of(text, chunk_tokens)
    assert len(chunks) > 1
    assert max(count_tokens(chunk.text) for chunk in chunks) <= chunk_tokens
    assert sum(len(chunk.text) for chunk in chunks) >= share * len(text)
    assert all(left.end <= right.start for left, right in pairwise(chunks))


@pytest.mark.slow
@pytest.mark.parametrize("gap", [" ", "\n", " \n", "\t"], ids=["spaces", "lines", "both", "tabs"])
def test_a_long_gap_parts_chunks(gap: str) -> None:
    text = f"Before.{gap * 200_000}after."
    assert texts_of(text, 512) == ["Before.", "after."]


@pytest.mark.parametrize(
    ("text", "position", "starts_with"),
    [
        ("Yu Bin is a scholar. He teaches.", 1, "Yu Bin"),
        ("Yu Bin is a scholar. Ohio is far.", 1, "Ohio"),
        ("Yu Bin is a scholar.\n\nHe teaches.", 1, "He"),
        ("# Bees\n\nThey dance.", 1, "They"),
        ("He teaches.", 0, "He"),
        ("Yu Bin is a scholar. Herons fly.", 1, "Herons"),
        ("Is it vegan? Yes, without the milk.", 1, "Is it"),
        ("Is it vegan?\n\nYes, without the milk.", 1, "Yes"),
    ],
    ids=[
        "pronoun",
        "name",
        "new-paragraph",
        "after-heading",
        "nothing-before",
        "not-a-pronoun",
        "answer",
        "below-a-question",
    ],
)
def test_an_excerpt_that_means_nothing_alone_takes_the_sentence_before(
    text: str, position: int, starts_with: str
) -> None:
    sentences = [sentence for chunk in chunks_of(text, 160) for sentence in chunk.sentences]
    assert text[excerpt_start(text, sentences, position) :].startswith(starts_with)


@pytest.mark.parametrize(
    ("text", "headings"),
    [
        pytest.param("No heading here.", [""], id="none"),
        pytest.param("# Bees\n\nThey dance.", ["Bees"], id="one"),
        pytest.param(
            "# Bees\n\n## Queens\n\nThey lay.\n\n## Drones\n\nThey wait.", ["Bees: Queens", "Bees: Drones"], id="levels"
        ),
        pytest.param(
            "# A\n\n### B\n\nOne.\n\n## C\n\nTwo.\n\n# D\n\nThree.", ["A: B", "A: C", "D"], id="back to an outer level"
        ),
        pytest.param("= Bees =\n\nOne.\n\n== Queens ==\n\nTwo.", ["Bees", "Bees: Queens"], id="wiki"),
        pytest.param(" = Bees = \n\nOne.\n\n = = Queens = = \n\nTwo.", ["Bees", "Bees: Queens"], id="wiki with blanks"),
        pytest.param("Before.\n\n# After\n\nMore.", ["", "After"], id="text before the first"),
        pytest.param("# Same\n\n## Same\n\nText.", ["Same"], id="repeated once"),
        pytest.param("2 + 2 = 4, and a = b.", [""], id="equations are none"),
    ],
)
def test_chunks_know_the_headings_above_them(text: str, headings: list[str]) -> None:
    chunks = split(Document("x.md", text, "", ""), 64)
    assert [chunk.headings for chunk in chunks] == headings


@pytest.mark.parametrize(
    ("front_matter", "headings"),
    [
        ('---\ntitle: "Rye Bread"\n---\n', ["Rye Bread", "Rye Bread: Ingredients"]),
        ("+++\ntitle = 'Rye Bread'\n+++\n", ["Rye Bread", "Rye Bread: Ingredients"]),
        ("---\ntags: [rye]\n---\n", ["", "Ingredients"]),
    ],
    ids=["yaml", "toml", "no-title"],
)
def test_a_title_in_front_matter_is_above_all_chunks(front_matter: str, headings: list[str]) -> None:
    text = f"{front_matter}\nA dark loaf.\n\n## Ingredients\n\n- 500 g of flour"
    chunks = split(Document("rye.md", text, "Rye Bread", "rye.md"), 64)
    assert [chunk.headings for chunk in chunks] == headings


@pytest.mark.parametrize("heading", ["# One", "###### Six", "= One =", "== Two ==", " = = Two = = "])
def test_headings_are_known(heading: str) -> None:
    assert is_heading(heading)


@pytest.mark.parametrize("text", ["", "#hash", "####### seven", "a = b", "= unclosed", "# One\nand more", "== =="])
def test_other_lines_are_no_headings(text: str) -> None:
    assert not is_heading(text)


def test_a_heading_full_of_spaces_costs_no_more_than_its_length() -> None:
    # Tried from each position, a run of 200,000 spaces takes many minutes.
    text = "# x" + " " * 200_000 + "y" + " " * 200_000 + "z\n\nSome text."
    chunks = split(Document(id="a", text=text, title="", source=""), 160)
    assert "".join("".join(chunk.text for chunk in chunks).split()) == "".join(text.split())


@pytest.mark.parametrize("sign", ["<!--", "\u201c", "(", "`"], ids=["comment", "quotation", "bracket", "backtick"])
def test_a_long_text_of_signs_is_cut_into_sentences_that_lose_nothing(sign: str) -> None:
    text = f"The bridge opened in 1932. {sign * 10_000} Ann Lee was there."
    spans = sentence_spans(text)
    assert all(start < end for start, end in spans)
    assert all(not text[end:start].strip() for (_, end), (start, _) in pairwise([(0, 0), *spans, (len(text), 0)]))
    assert max(end - start for start, end in spans) <= 5_000


def test_a_long_paragraph_is_split_like_its_sentences() -> None:
    sentence = "The bridge of the city opened in 1932, and Ann Lee was there. "
    assert sentence_spans(sentence * 3_000) == [
        (start, start + len(sentence) - 1) for start in range(0, 3_000 * len(sentence), len(sentence))
    ]


def sentences_of(text: str) -> list[str]:
    return [text[start:end] for chunk in chunks_of(text, 500) for start, end in chunk.sentences]


def test_the_header_of_a_table_and_each_row_are_one_sentence() -> None:
    text = "Facts:\n\n| a | b |\n|---|---|\n| 1. One. Two. | x |\n|  | No. 5 |\n\nWords. More."
    assert sentences_of(text) == [
        "Facts:", "| a | b |\n|---|---|", "| 1. One. Two. | x |", "|  | No. 5 |", "Words.", "More.",
    ]  # fmt: skip


def test_a_row_is_cut_between_cells_where_it_is_long_and_within_one_that_is() -> None:
    long = "Many words of it. " * 40
    text = f"a | b | c\n---|---|---\n{'x ' * 250}| {'y ' * 100}| z\n1 | {long}| 2\n"
    _, first, second, *parts = sentences_of(text)
    assert (first, second) == (f"{'x ' * 250}".strip(), f"| {'y ' * 100}| z")
    assert parts == ["1", "| Many words of it.", *["Many words of it."] * 39, "| 2"]


def test_words_beside_a_bar_are_no_table() -> None:
    assert sentences_of("One is here. | Two is there.\n") == ["One is here.", "| Two is there."]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<!-- The mill opens at 5.\nAsk Ann. -->\n\nThe mill opens at 9.\n", ["The mill opens at 9."]),
        ('<p align="center">\n  <a href="x. Y"><img src="a.png"></a>\n</p>\n\nIt opens.', ["It opens."]),
        ('<h1 align="center">\n  <img src="a.png">\n  Mill\n</h1>\n\nIt opens.\n', ["Mill", "It opens."]),
        ("<div>It <b>opens</b>.<br>It is new.</div>\n", ["It <b>opens</b>.", "It is new."]),
        ("It opens at 9.<br/>It is new.\n", ["It opens at 9.", "It is new."]),
        ("A `<br>` ends it. Use `<p>`.\n", ["A `<br>` ends it.", "Use `<p>`."]),
        ("<pre><code>make. And go.\n\nmill</code></pre>\n", ["make.", "And go.", "mill"]),
        ("<ul>\n  <li>Ann</li>\n  <li><b>Bob</b></li>\n</ul>\n", ["Ann", "Bob"]),
        ("<script>\nlet mill = 1;\n\nrun(mill)\n</script>\n\nIt opens.\n", ["It opens."]),
        ("```html\n<p>mill</p>\n```\n", ["```html\n<p>mill</p>\n```"]),
        ("    <p>mill</p>\n\nIt opens.\n", ["<p>mill</p>", "It opens."]),
        ("- It opens.\n\n      </p>\n      </details>\n\nIt is new.\n", ["- It opens.", "It is new."]),
        ("The <port> is 80. <host> is mill.\n", ["The <port> is 80.", "<host> is mill."]),
    ],
    ids=[
        *("comment", "badges", "title", "inline tags", "line break", "tags as code", "preformatted", "list", "script"),
        *("fenced code", "indented code", "indented end tags", "words in brackets"),
    ],
)
def test_sentences_of_markdown_start_and_end_at_words_and_not_in_tags(text: str, expected: list[str]) -> None:
    chunks = split(Document("a.md", text, "A", "a.md"), 256)
    assert [text[start:end] for chunk in chunks for start, end in chunk.sentences] == expected


def test_tags_in_plain_text_are_text() -> None:
    text = "<p>It opens.</p>"
    [chunk] = split(Document("a.txt", text, "A", "a.txt"), 256)
    assert chunk.text == text


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        (".. note:: Keep it dry.", True),
        (".. versionadded:: 1.2", True),
        (".. option:: --dry", False),
        (".. role:: dry", False),
        (".. image:: a.png", False),
        (".. _dry:", False),
        ("</Steps>", False),
        ('<Card title="Keep it dry" />', True),
        ("[source,ruby]", False),
    ],
)
def test_directives_without_words_answer_nothing(sentence: str, expected: bool) -> None:
    assert is_content(sentence) == expected
