"""RTF documents, written by hand."""

from __future__ import annotations

import pytest

from qa.documents.formats import Article
from qa.documents.formats.rtf import read_rtf
from qa.documents.loader import load_bytes
from qa.errors import LoadError

FONTS = r"{\fonttbl{\f0\fcharset0 Arial;}{\f1\fcharset204 Arial Cyr;}{\f2\fcharset128 MS Mincho;}}"
STYLES = r"{\stylesheet{\s0 Normal;}{\s1\b heading 1;}{\s2\outlinelevel1 Part;}{\s3 Title;}}"
ROW = r"\trowd\cellx1000\cellx2000\pard\intbl a\cell b|c\cell\row "


def read(body: str, head: str = FONTS + STYLES) -> Article:
    return read_rtf(rb"{\rtf1\ansi\ansicpg1252\deff0" + head.encode("ascii") + body.encode("latin-1") + b"}", "a.rtf")


@pytest.mark.parametrize(
    ("body", "text"),
    [
        pytest.param(r"\pard Bees\b  dance\b0 .\par They sing.\par", "Bees dance.\n\nThey sing.", id="paragraphs"),
        pytest.param("\\pard Bees\r\n dance\\line so\\tab x\\par", "Bees dance\nso x", id="lines"),
        pytest.param(
            "\\pard Bees\\\n\\\nThey dance.\\\r\nThey sing.", "Bees\n\nThey dance.\n\nThey sing.", id="TextEdit"
        ),
        pytest.param(r"\pard\s1 Bees\par\pard\s2 Dance\par\pard So.\par", "# Bees\n\n## Dance\n\nSo.", id="styles"),
        pytest.param(r"\pard\s3 Bees\par\pard\outlinelevel2 So\par", "# Bees\n\n### So", id="outline levels"),
        pytest.param(r"\pard\outlinelevel9 So\par", "So", id="body level"),
        pytest.param(
            r"\pard\'e9t\'e9 \f1\'c4\'e0 \f2\'83\'5c\'83\'5d\f0  end\par",
            "\u00e9t\u00e9 \u0414\u0430 \u30bd\u30be end",
            id="charsets",
        ),
        pytest.param("\\pard \xe9t\xe9 \\{x\\} a\\~b\\_c\\-d\\par", "\u00e9t\u00e9 {x} a b\u2011cd", id="symbols"),
        pytest.param(
            r"\pard \u233?t\uc2\u233\'e9? \u-10179?x\u-9164?x\uc0\u8364 \par",
            "\u00e9t\u00e9 \U0001f434\u20ac",
            id="Unicode",
        ),
        pytest.param(
            r"\pard 10{\super 6}, 10\super -3\nosupersub 4, m\super 2\plain 5\par",
            "10\u2076, 10\u207b\u00b34, m25",
            id="powers",
        ),
        pytest.param(r"\pard {\upr{Bees ?}{\*\ud{Bees \u8364 ?}}}\par", "Bees \u20ac", id="twice, in Unicode"),
        pytest.param(r"\pard \u-10179?a\par", "a", id="half of a character"),
        pytest.param(
            r"\pard{\listtext\'b7\tab}a\par{\listtext 2.\tab}b\par\pard\ilvl1{\pntext -}c\par\pard So.\par",
            "- a\n2. b\n   - c\n\nSo.",
            id="lists",
        ),
        pytest.param(
            r"\pard{\listtext a)\tab}a\par{\listtext o\tab}b\par\pard\ilvl1{\listtext IV.\tab}c\par{\listtext 1.2\tab}d"
            r"\par\pard\outlinelevel0{\listtext 3.1\tab}So\par",
            "a) a\n- b\n  IV. c\n  1.2 d\n\n# 3.1 So",
            id="labels of letters and several numbers",
        ),
        pytest.param(
            r"\trowd\cellx1\clvmgf\cellx2\pard\intbl a\cell\pard\intbl All:\par\pard\intbl\itap2 b\nestcell c;\nestcell"
            r"{\*\nesttableprops\trowd\cellx1\cellx2\nestrow}{\nonesttables\par}\pard\intbl\itap2 \nestcell d\nestcell"
            r"{\*\nesttableprops\trowd\cellx1\cellx2\nestrow}{\nonesttables\par}\pard\intbl\cell\row"
            r"\trowd\cellx1\clvmrg\cellx2\pard\intbl\itap2 e\nestcell{\*\nesttableprops\trowd\cellx1\nestrow}"
            r"\pard\intbl End\cell\pard\intbl\cell\row\pard So.\par",
            "a | All: b, c;; d\ne; End | All: b, c;; d\n\nSo.",
            id="table within a cell",
        ),
        pytest.param(ROW + ROW + r"\pard So.\par", "a | b\\|c\na | b\\|c\n\nSo.", id="table"),
        pytest.param(
            r"\trowd\trhdr\cellx1\cellx2\intbl x\cell y\cell\row" + ROW, "x | y\n--- | ---\na | b\\|c", id="header row"
        ),
        pytest.param(
            r"\trowd\clvmgf\cellx1\cellx2\intbl x\cell 1\cell\row\trowd\clvmrg\cellx1\cellx2\intbl\cell 2\cell\row",
            "x | 1\nx | 2",
            id="cells over others",
        ),
        pytest.param(
            r"\trowd\clvmgf\cellx900\cellx3000\cellx4000\intbl x\cell Plan\cell So\cell\row"
            r"\trowd\clvmrg\cellx950\cellx2000\cellx2990\cellx4000\intbl\cell 1\cell 2\cell 3\cell\row",
            "x | Plan |  | So\nx | 1 | 2 | 3",
            id="cell over two columns",
        ),
        pytest.param(
            r"\trowd\cellx1\cellx2\intbl{\listtext 1.\tab}a\par{\listtext\'b7\tab}b\cell c\cell\row",
            "| 1. a b | c |",
            id="list in a cell",
        ),
        pytest.param(r"\pard\intbl a\par b\cell c", "a b | c", id="row that does not end"),
        pytest.param(
            r"\pard Bees\chftn{\footnote\pard\chftn A note.\par More.} dance.\par So.\par",
            "Bees[1] dance.\n\n[1] A note. More.\n\nSo.",
            id="note",
        ),
        pytest.param(
            r"\pard Bees{\shp{\*\shpinst{\sp{\sn x}{\sv y}}{\shptxt\pard In a box.\par}}{\shprslt z}}.\par",
            "Bees.\n\nIn a box.",
            id="text box",
        ),
        pytest.param(
            r"\pard{\field{\*\fldinst HYPERLINK http://x}{\fldrslt Bees}}{\v gone}{\deleted gone}{\*\unknown gone}"
            "{\r\n" r"\*\unknown gone}"
            r" dance.\par{\xe gone}{\*\bkmkstart gone}",
            "Bees dance.",
            id="what is left out",
        ),
        pytest.param(r"\pard{\pict\bin5 }}{\\ 00}Bees\*\cs7  dance.\par", "Bees dance.", id="binary data"),
        pytest.param(r"\pard Bees}}} dance.\par", "Bees dance.", id="groups that never began"),
        pytest.param(r"\pard{{{Bees dance.", "Bees dance.", id="groups that never end"),
    ],
)  # fmt: skip
def test_structure_is_kept(body: str, text: str) -> None:
    assert read(body).text == text


def test_hidden_and_deleted_words_are_noted() -> None:
    article = read(r"\pard Bees {\v secretly }{\deleted all day}dance.\par")
    assert article.text == "Bees dance."
    assert article.notes == ("3 hidden or deleted words left out",)


def test_a_document_that_only_has_a_header_is_read() -> None:
    assert read(r"{\header\pard Hive report\par}").text == "### Headers and footers\n\nHive report"


def test_headers_and_footers_come_last() -> None:
    header = r"{\header\pard Hive report\par Bees\par\trowd\cellx1\intbl Draft\cell Ann\cell\row{\pict 00}}"
    footer = r"{\footerf\pard Page {\field{\*\fldinst PAGE}{\fldrslt 1}}\par Hive report\par}{\footer Bo}"
    article = read(footer + header + r"\pard Bees\par" + ROW)
    assert article.text == "Bees\n\na | b\\|c\n\n### Headers and footers\n\nHive report\nDraft\nAnn\nBo"
    assert article.notes == ()


def test_title_and_notes() -> None:
    article = read(
        r"{\info{\title All  b\'e9es}{\author Ann}}\pard Bees{\pict 00}{\*\shppict{\pict 00}}{\object x}\par"
    )
    assert article.text == "Beesx"
    assert article.title == "All b\u00e9es"
    assert article.notes == ("2 pictures left out", "1 embedded object left out")
    assert load_bytes(rb"{\rtf1\pard\outlinelevel0 Bees\par So.}", "a.rtf").title == "Bees"


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        pytest.param(b"junk", "is damaged or not RTF;", id="something else"),
        pytest.param(rb"{\rtf1\pard\par}", "has no text", id="empty"),
        pytest.param(rb"{\rtf1" + b"{" * 20_000, "has groups nested more than 10,000 deep;", id="nested"),
    ],
)
def test_files_that_cannot_be_read(data: bytes, problem: str) -> None:
    with pytest.raises(LoadError) as error:
        read_rtf(data, "a.rtf")
    assert str(error.value).startswith(f"a.rtf: {problem}")
