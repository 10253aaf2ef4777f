"""Presentations, each with the XML for one feature."""

from __future__ import annotations

import pytest
from hostile_files import within
from made_files import make_pptx

from qa.documents.formats.article import Article
from qa.documents.formats.pptx import read_pptx
from qa.errors import LoadError

OFFICE = "http://schemas.openxmlformats.org"
RELATIONSHIPS = f"{OFFICE}/officeDocument/2006/relationships"
NAMESPACES = {
    "p": f"{OFFICE}/presentationml/2006/main",
    "a": f"{OFFICE}/drawingml/2006/main",
    "r": RELATIONSHIPS,
    "m": f"{OFFICE}/officeDocument/2006/math",
    "mc": f"{OFFICE}/markup-compatibility/2006",
    "dgm": f"{OFFICE}/drawingml/2006/diagram",
    "cx": "http://schemas.microsoft.com/office/drawing/2014/chartex",
    "a14": "http://schemas.microsoft.com/office/drawing/2010/main",
}


def slide(shapes: str, attributes: str = "") -> bytes:
    declared = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in NAMESPACES.items())
    return f"<p:sld {declared} {attributes}><p:cSld><p:spTree>{shapes}</p:spTree></p:cSld></p:sld>".encode()


def read(shapes: str, attributes: str = "", files: dict[str, bytes] | None = None) -> Article:
    made = {"ppt/slides/slide1.xml": slide(shapes, attributes), **(files or {})}
    return read_pptx(within(make_pptx(("Bees", "x")), dict(made)), "a.pptx")


def shape(text: str, top: int = 0, left: int = 0, placeholder: str = "", properties: str = "") -> str:
    paragraphs = text if text.startswith("<a:p") else f"<a:p>{properties}<a:r><a:t>{text}</a:t></a:r></a:p>"
    offset = "" if placeholder else f'<a:xfrm><a:off x="{left}" y="{top}"/></a:xfrm>'
    return (
        f"<p:sp><p:nvSpPr><p:nvPr>{placeholder}</p:nvPr></p:nvSpPr><p:spPr>{offset}</p:spPr>"
        f"<p:txBody>{paragraphs}</p:txBody></p:sp>"
    )


TITLE, BODY = '<p:ph type="title"/>', '<p:ph idx="1"/>'
FAR = 2_000_000
LINES = "<a:r><a:t>Team:</a:t></a:r><a:br/><a:r><a:t>Ann </a:t></a:r><a:br/>"


@pytest.mark.parametrize(
    ("shapes", "text"),
    [
        pytest.param(shape("b", FAR) + shape("Bees", placeholder=TITLE), "# Bees\n\nb", id="title first"),
        pytest.param(shape("Be\u00ades"), "Bees", id="soft hyphen"),
        pytest.param(shape("b", FAR) + shape("a"), "a\n\nb", id="from top to bottom"),
        pytest.param(
            shape("a") + shape("b", FAR) + shape("c", 0, FAR) + shape("d", FAR, FAR), "a\n\nb\n\nc\n\nd", id="columns"
        ),
        pytest.param(
            shape("d", FAR, FAR) + shape("a") + shape("b", 9, FAR) + shape("c", FAR), "a\n\nb\n\nc\n\nd", id="no order"
        ),
        pytest.param(
            "".join(shape("x", placeholder=f'<p:ph type="{kind}"/>') for kind in ("dt", "ftr", "sldNum")) + shape("a"),
            "a\n\nx",
            id="date, footer and number",
        ),
        pytest.param(
            shape("<a:p><a:fld type='slidenum'><a:t>7</a:t></a:fld><a:r><a:t>a</a:t></a:r></a:p>"), "a", id="field"
        ),
        pytest.param(shape("b", placeholder=BODY), "- b", id="bullet of the master"),
        pytest.param(shape("b", placeholder=BODY, properties="<a:pPr><a:buNone/></a:pPr>"), "b", id="bullet removed"),
        pytest.param(
            shape(
                "".join(
                    f'<a:p><a:pPr lvl="{depth}"><a:buAutoNum type="{kind}"/></a:pPr><a:r><a:t>x</a:t></a:r></a:p>'
                    for depth, kind in (
                        (0, "arabicPeriod"),
                        (1, "alphaLcParenR"),
                        (1, "alphaLcParenR"),
                        (0, "arabicPeriod"),
                    )
                )
            ),
            "1. x\n   a) x\n   b) x\n2. x",
            id="numbers",
        ),
        pytest.param(
            shape(f"<a:p>{LINES}</a:p>") + shape(f"<a:p>{LINES}</a:p>", placeholder=BODY),
            "Team:\nAnn\n\n- Team:\n  Ann",
            id="line breaks",
        ),
        pytest.param(
            shape("<a:p><a:r><a:t>Ann and</a:t></a:r><a:br/><a:r><a:t>\u00e9mile dance</a:t></a:r></a:p>"),
            "Ann and \u00e9mile dance",
            id="line break within a sentence",
        ),
        pytest.param(
            "<mc:AlternateContent><mc:Choice>"
            + shape(
                "<a:p><a14:m><m:oMath><m:sSup><m:e><m:r><m:t>a</m:t></m:r></m:e><m:sup><m:r><m:t>2</m:t></m:r></m:sup></m:sSup></m:oMath></a14:m></a:p>"
            )
            + f"</mc:Choice><mc:Fallback>{shape('no')}</mc:Fallback></mc:AlternateContent>",
            "a^2",
            id="equation",
        ),
        pytest.param(
            shape('<a:p><a:r><a:t>10</a:t></a:r><a:r><a:rPr baseline="30000"/><a:t>6</a:t></a:r></a:p>'),
            "10\u2076",
            id="power",
        ),
        pytest.param(
            shape('<a:p><a:r><a:rPr><a:sym typeface="Wingdings"/></a:rPr><a:t>a \uf0e0</a:t></a:r></a:p>'),
            "a \u2192",
            id="symbol",
        ),
        pytest.param(
            "<p:graphicFrame><a:graphic><a:graphicData><a:tbl><a:tr>"
            + "".join(
                f"<a:tc {merged}><a:txBody><a:p><a:r><a:t>{text}</a:t></a:r></a:p></a:txBody></a:tc>"
                for text, merged in (("a", 'gridSpan="2"'), ("", 'hMerge="1"'), ("b", ""))
            )
            + "</a:tr></a:tbl></a:graphicData></a:graphic></p:graphicFrame>",
            "a |  | b",
            id="merged cells",
        ),
        pytest.param("<p:grpSp>" * 100 + shape("a") + "</p:grpSp>" * 100, "a", id="groups 100 deep"),
    ],
)
def test_shapes(shapes: str, text: str) -> None:
    assert read(shapes).text == text


def test_footers_are_on_the_first_slide_that_shows_them() -> None:
    def furniture(kind: str, text: str) -> str:
        return shape(text, placeholder=f'<p:ph type="{kind}"/>')

    today = furniture("dt", '<a:p><a:fld type="datetime1"><a:t>5 May</a:t></a:fld></a:p>')
    files = {
        f"ppt/slides/slide{number}.xml": slide(
            furniture("ftr", "Hive report") + furniture("dt", "May") * (number == 2) + today + shape(f"{number}")
        )
        for number in (1, 2)
    }
    article = read_pptx(within(make_pptx(("Bees", "x"), ("More", "y")), dict(files)), "a.pptx")
    assert [article.text[start:][:14] for start in article.page_starts] == ["1\n\nHive report", "2\n\nMay"]


def test_smart_art_and_what_is_left_out() -> None:
    kinds = {"data": "diagramData", "comments": "comments"}
    related = "".join(
        f'<Relationship Id="{key}" Type="{RELATIONSHIPS}/{kind}" Target="{key}.xml"/>' for key, kind in kinds.items()
    )
    point = "<dgm:pt modelId='1'><dgm:t><a:p><a:r><a:t>queen</a:t></a:r></a:p></dgm:t></dgm:pt>"
    declared = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in NAMESPACES.items())
    files = {
        "ppt/slides/_rels/slide1.xml.rels": (
            f'<Relationships xmlns="{OFFICE}/package/2006/relationships">{related}</Relationships>'.encode()
        ),
        "ppt/slides/data.xml": f"<dgm:dataModel {declared}><dgm:ptLst>{point}</dgm:ptLst></dgm:dataModel>".encode(),
        "ppt/slides/comments.xml": f"<p:cmLst {declared}><p:cm/></p:cmLst>".encode(),
    }
    frame = "<p:graphicFrame><a:graphic><a:graphicData>{}</a:graphicData></a:graphic></p:graphicFrame>"
    picture = '<p:pic><p:spPr><a:xfrm><a:ext cx="{0}" cy="{0}"/></a:xfrm></p:spPr></p:pic>'
    shapes = (
        frame.format('<dgm:relIds r:dm="data"/>')
        + frame.format("<p:oleObj/>")
        + frame.format("<cx:chart/>")
        + picture.format(FAR)
        + picture.format(9)
    )
    article = read(shapes, 'show="0"', files)
    assert article.text == "- queen"
    assert article.notes == (
        "1 chart was left out",
        "1 comment was left out",
        "1 embedded file was left out",
        "1 image was left out",
        "slide 1: hidden when presented",
    )


def test_slide_shows_in_strict_open_xml_are_read() -> None:
    strict = {
        f"{OFFICE}/presentationml/2006/main": "http://purl.oclc.org/ooxml/presentationml/main",
        f"{OFFICE}/drawingml/2006/main": "http://purl.oclc.org/ooxml/drawingml/main",
    }
    content = slide(shape("a")).decode()
    for transitional, uri in strict.items():
        content = content.replace(transitional, uri)
    types = f'<Types xmlns="{OFFICE}/package/2006/content-types"/>'.encode()
    assert read("", files={"ppt/slides/slide1.xml": content.encode(), "[Content_Types].xml": types}).text == "a"


def test_other_files_than_presentations_are_refused() -> None:
    with pytest.raises(LoadError, match=r"a\.pptx: is damaged or not a presentation;"):
        read("", files={"ppt/presentation.xml": b"<a/>"})
