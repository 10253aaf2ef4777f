"""Length, sections, names and dates of articles of several kinds."""

from __future__ import annotations

import pytest
from conftest import ARTICLES
from hypothesis import given
from hypothesis import strategies as st

from qa.documents.loader import load_bytes, load_paths, load_text
from qa.documents.overview import MAX_MENTIONS, Overview, overview, sections
from qa.types import Document

SAMPLES = {document.id.removesuffix(".md"): document for document in load_paths(ARTICLES).documents}

WIKI = """The Bell Rock Lighthouse is the oldest sea-washed lighthouse. It stands off the coast of Angus, Scotland.


== History ==
According to legend, the Abbot of Arbroath put a bell on the rock in the 14th century.

=== Planning ===
In 1799 a storm drove 70 ships ashore. Robert Stevenson sent a plan to the Northern Lighthouse Board, and
Stevenson sailed out with 1500 sailors.


== See also ==
"""


def made_pdf() -> bytes:
    from fpdf import FPDF

    pdf = FPDF()
    for title, body in {
        "A rock in the sea": "The Bell Rock lies off Scotland. In 1799 a storm wrecked 70 ships there. "
        "Robert Stevenson drew up a plan, and the Northern Lighthouse Board asked Parliament for money. " * 2,
        "Building": "Work began on 17 August 1807. Stevenson lived on the rock, and the Northern Lighthouse Board "
        "sent John Rennie to advise. The light was first lit on 1 February 1811. " * 2,
        "Today": "The light has been run from Edinburgh since 1988, when the last keepers left the tower for good. "
        * 2,
    }.items():
        pdf.add_page()
        pdf.set_font("helvetica", size=9)
        pdf.cell(0, 8, "Journal of Lighthouses", new_x="LMARGIN", new_y="NEXT")
        pdf.set_font("helvetica", size=14)
        pdf.cell(0, 12, title, new_x="LMARGIN", new_y="NEXT")
        pdf.set_font("helvetica", size=11)
        pdf.multi_cell(0, 6, body)
    return bytes(pdf.output())


def document(text: str) -> Document:
    return Document("a.txt", text, "A", "a.txt")


def names(text: str) -> dict[str, int]:
    return {mention.text: mention.count for mention in overview(document(text)).names}


def dates(text: str) -> list[str]:
    return [mention.text for mention in overview(document(text)).dates]


def assert_spans(of: Document, found: Overview) -> None:
    for section in found.sections:
        assert of.text.startswith(section.heading, section.start)
    for mention in (*found.names, *found.dates):
        assert of.text[mention.start : mention.end] == mention.text
        assert mention.count >= 1


@pytest.mark.parametrize("stem", sorted(SAMPLES))
def test_the_sample_articles(stem: str) -> None:
    expected = {
        "china-russia-partnership": (7, {"China", "Russia", "Beijing", "Sarah Kirchberger"}, ["1969", "1989", "2012"]),
        "honeybee-colony": (7, {"Carl Linnaeus", "Karl von Frisch", "Nobel Prize"}, ["1758", "1845", "1940s"]),
        "transatlantic-cable": (6, {"William Thomson", "Cyrus Field", "Great Eastern", "Ireland"}, ["1850", "1851"]),
    }
    count, known, first_dates = expected[stem]
    found = overview(SAMPLES[stem])
    assert found.title == SAMPLES[stem].title
    assert found.minutes == round(found.words / 238)
    assert len(found.sections) == count
    assert all(section.level == 2 for section in found.sections)
    assert known <= {mention.text for mention in found.names}
    assert [mention.text for mention in found.dates][: len(first_dates)] == first_dates
    assert max(len(found.names), len(found.dates)) <= MAX_MENTIONS
    assert_spans(SAMPLES[stem], found)


def test_an_article_as_mediawiki_gives_it() -> None:
    article = load_text(WIKI, "Bell Rock")
    found = overview(article)
    assert [(section.heading, section.level) for section in found.sections] == [
        ("History", 2),
        ("Planning", 3),
        ("See also", 2),
    ]
    assert {mention.text: mention.count for mention in found.names}.items() >= {
        "Robert Stevenson": 2,
        "Northern Lighthouse Board": 1,
        "Abbot of Arbroath": 1,
    }.items()
    assert [mention.text for mention in found.dates] == ["1799"]
    assert_spans(article, found)


def test_a_pdf_lists_its_sections_without_the_title() -> None:
    article = load_bytes(made_pdf(), "bell-rock.pdf")
    found = overview(article)
    assert [section.heading for section in found.sections] == ["Building", "Today", "Headers and footers"]
    assert {"Robert Stevenson", "Northern Lighthouse Board", "John Rennie"} <= {one.text for one in found.names}
    assert [mention.text for mention in found.dates] == ["1799", "17 August 1807", "1 February 1811", "1988"]
    assert_spans(article, found)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Wax is made by bees. Bees eat wax.", {}),
        ("The tower was built by Jane Roe. Roe died. Then Roe's son left.", {"Jane Roe": 3}),
        ("Jane Roe, a chemist, left. Nobody saw her.", {"Jane Roe": 1}),
        ("It fell. However, the Bank of England paid.", {"Bank of England": 1}),
        ("It was sold by Smith, Jones and Brown.", {"Smith": 1, "Jones": 1, "Brown": 1}),
        ("The Chinese and the Russian forces met in May near London.", {"London": 1}),
        ("The ship left New\nYork.", {"New\nYork": 1}),
        ("- London was big.\n- The bees saw London.", {"London": 2}),
        ("# Big London Town\n\nThe bees left.", {}),
        ("Karl von Frisch and the U.S. Navy met him.", {"Karl von Frisch": 1, "U.S. Navy": 1}),
        ("They left the U.S. in May.", {"U.S.": 1}),
        ("Ann Lee\nHead of sales\nPhone 12\n", {"Ann Lee": 1}),
        ("Write to Lena Ek (lena@ek.org) on the site lena.org.", {"Lena Ek": 1}),
        ("Use of Hard-coded Password. We use it.", {"Hard-coded Password": 1}),
        ("[00:00:01] Welcome to Dakar.", {"Dakar": 1}),
        ("The Facebook-specific cookies of Dec 2020 and Nov 2021.", {}),
        ("| Ticket | Price |\n|---|---|\n| Big London | 12 |\n", {"Big London": 1}),
        ("# A\n\nThe bees saw:\n\n```\nclass Bees: Wax = London\n```\n", {}),
    ],
)
def test_names(text: str, expected: dict[str, int]) -> None:
    assert names(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Born on 3 March 1901, she left in May 1920 and died in 1950.", ["3 March 1901", "May 1920", "1950"]),
        ("On March 3, 1901 it opened (planned for 1899).", ["1899", "March 3, 1901"]),
        ("It had 1500 rooms and 2000 windows, and cost 1,500 pounds; model 1999-X.", []),
        ("It grew in the 1940s. From 1700 to 1800 it fell.", ["1700", "1800", "1940s"]),
        ("Open since 2001-05-04, at 1200 metres.", ["2001-05-04"]),
        ("Sent on Mon, 04 Mar 2024, and on Apr. 5, 2024.", ["04 Mar 2024", "Apr. 5, 2024"]),
        ("The weakness CWE-1275 (data/1276.html, of 1950).", ["1950"]),
        ("# A\n\nOld since 1950.\n\n```\nbest of 1000\n```\n", ["1950"]),
        ("---\nFrom: Ann Lee\nDate: 4 May 2024\n---\n\n# A\n\nText.", ["4 May 2024"]),
    ],
)
def test_dates(text: str, expected: list[str]) -> None:
    assert dates(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Start\n\nSome text goes here.\n\nThe second part\n\nMore text.", ["Start", "The second part"]),
        ("One line.\n\nNot a heading, it ends.\n\nText", []),
        ("# A\n\nNot This One\n\ntext", ["A"]),
        ('# <a name="a"></a>A ![icon](a.png){: align="right"}\n\n## List<T> {#list}\n\ntext', ["A", "List<T>"]),
        ("# A #\n\n```\n# a comment\n```\n\ntext", ["A"]),
        ("Old Style\n=========\n\nText goes here.", ["Old Style"]),
        ("1.2 Methods and Data\n\nWe did it.", ["1.2 Methods and Data"]),
        ("Page Head\n\na b.\n\nPage Head\n\nc d.\n\nPage Head\n\ne f.", []),
    ],
)
def test_sections(text: str, expected: list[str]) -> None:
    assert [section.heading for section in sections(document(text))] == expected


def test_an_empty_text_takes_a_minute() -> None:
    assert overview(document("")) == Overview("A", 0, 1, (), (), ())


@given(st.text() | st.text(alphabet="AZaz 19.\n#=-'\u2019"))
def test_any_text_is_taken(text: str) -> None:
    assert_spans(document(text), overview(document(text)))
