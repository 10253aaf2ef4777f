"""Messages, each written as it is sent."""

from __future__ import annotations

from base64 import b64encode

import pytest
from made_files import make_eml

from qa.documents.formats.article import Article
from qa.documents.formats.mail import read_eml, unflow
from qa.documents.loader import load_bytes
from qa.errors import LoadError

HEAD = "---\nFrom: a@example.org\n---\n\n# Bees\n\n"


def read(content: str | bytes, kind: str = "text/plain", more: str = "") -> Article:
    data = content.encode() if isinstance(content, str) else content
    head = f"From: a@example.org\nSubject: Bees\nMIME-Version: 1.0\nContent-Type: {kind}\n{more}\n"
    return read_eml(head.encode() + data, "a.eml")


def parts(*contents: str, boundary: str = "b") -> str:
    return "".join(f"--{boundary}\n{content}\n" for content in contents) + f"--{boundary}--\n"


def text(words: str, kind: str = "text/plain", more: str = "") -> str:
    return f"Content-Type: {kind}\n{more}\n{words}\n"


MIXED, ALTERNATIVE, DIGEST, REPORTS = (
    f"multipart/{kind}; boundary=b" for kind in ("mixed", "alternative", "digest", "report")
)
FIELDS = "Reporting-MTA: dns; mx\n\nFinal-Recipient: rfc822; b@example.org\nStatus: 5.1.1"
REPORT = text(FIELDS, "message/delivery-status")
ENCODED = b64encode(b"From: c@example.org\nSubject: Swarm\n\nGone.").decode()
PAGE = text(f"<p>{'Bees dance. ' * 9}", "text/html")
PICTURE = text("AAAA", "image/png; name=bee.png")
ATTACHED = 'Content-Disposition: attachment; filename="{}"\n'


@pytest.mark.parametrize(
    ("content", "kind", "body"),
    [
        pytest.param(
            parts(text("One."), text("<p>Two.", "text/html"), text("Three.")),
            MIXED,
            "One.\n\nTwo.\n\nThree.",
            id="in order",
        ),
        pytest.param(
            parts(text("One."), text("Two.", more=ATTACHED.format("two.txt"))),
            MIXED,
            "One.\n\n## two.txt\n\nTwo.",
            id="attached text",
        ),
        pytest.param(
            parts(text("One."), text("Kind,Count\nbee,1", "text/csv", more=ATTACHED.format("b.csv"))),
            MIXED,
            "One.\n\n## b.csv\n\nKind | Count\n--- | ---\nbee | 1",
            id="attached table",
        ),
        pytest.param(parts(text("One."), text("<p>No.", "text/html")), ALTERNATIVE, "One.", id="plain preferred"),
        pytest.param(
            parts(text("See HTML."), text(f"<p>{'Bees dance. ' * 9}", "text/html")),
            ALTERNATIVE,
            ("Bees dance. " * 9).strip(),
            id="plain only says that there is HTML",
        ),
        pytest.param(
            parts(
                text("See HTML."),
                f"Content-Type: multipart/related; boundary=c\n\n{parts(PAGE, PICTURE, boundary='c')}",
            ),
            ALTERNATIVE,
            ("Bees dance. " * 9).strip(),
            id="plain only says that there is HTML with pictures",
        ),
        pytest.param(
            parts(
                "\nSubject: One\nDate: Mon, 3 Mar 2025 10:00:00 +0000\n\nFirst.".lstrip(), "\nSubject: Two\n\nSecond."
            ),
            DIGEST,
            "## Two\n\nSecond.",
            id="digest",
        ),
        pytest.param(
            parts(text("See below."), "Content-Type: message/rfc822\n\nFrom: c@example.org\nSubject: Swarm\n\nGone."),
            MIXED,
            "See below.\n\n## Swarm\n\nFrom: c@example.org\n\nGone.",
            id="forwarded",
        ),
        pytest.param(
            parts(text("See below."), f"Content-Type: message/rfc822\nContent-Transfer-Encoding: base64\n\n{ENCODED}"),
            MIXED,
            "See below.\n\n## Swarm\n\nFrom: c@example.org\n\nGone.",
            id="forwarded and encoded",
        ),
        pytest.param(
            parts(REPORT), REPORTS, "Final-Recipient: rfc822; b@example.org\nStatus: 5.1.1", id="delivery report alone"
        ),
        pytest.param(
            parts(text("Not delivered."), REPORT).replace("--b--\n", ""),
            REPORTS,
            f"Not delivered.\n\n{FIELDS}",
            id="delivery report cut short",
        ),
        pytest.param("Not delivered.\n\nUser unknown.", REPORTS, "Not delivered.\n\nUser unknown.", id="no parts"),
        pytest.param("Not delivered.", "multipart/report", "Not delivered.", id="no boundary"),
        pytest.param("They dance.", "multipart/alternative", "They dance.", id="versions without a boundary"),
        pytest.param(
            parts(text("They dance."), boundary="--=_b"),
            "multipart/alternative;\n charset=x; boundary=--=_b",
            "# Bees\n\nThey dance.",
            id="boundary without quotation marks",
        ),
        pytest.param(parts(text("One.")) + "\nTwo.\n", MIXED, "One.\n\nTwo.", id="text after the parts"),
        pytest.param(
            f"{'Words. ' * 60}\n{parts(text('One.'))}",
            MIXED,
            f"{'Words. ' * 60}".strip() + "\n\nOne.",
            id="text before the parts",
        ),
        pytest.param("> They dance.\n\nThey do.", "text/plain", "> They dance.\n\nThey do.", id="quotation"),
        pytest.param("They dance \non the comb.", "text/plain; format=flowed", "They dance on the comb.", id="flowed"),
    ],
)
def test_text_of_a_message(content: str, kind: str, body: str) -> None:
    found = read(content, kind).text
    assert found.startswith(HEAD)
    assert found.endswith(body)


@pytest.mark.parametrize(
    ("content", "kind", "more", "body"),
    [
        pytest.param(
            "Z\u00fcrich, \u00e9t\u00e9.".encode(), "text/plain", "", "Z\u00fcrich, \u00e9t\u00e9.", id="UTF-8"
        ),
        pytest.param(
            "Z\u00fcrich, \u00e9t\u00e9.".encode("latin-1"),
            "text/plain",
            "",
            "Z\u00fcrich, \u00e9t\u00e9.",
            id="Latin-1",
        ),
        pytest.param(
            ("Z\u00fcrich, \u00e9t\u00e9. " * 9 + "x").encode("latin-1"),
            "text/plain; charset=utf-8",
            "",
            "Z\u00fcrich, \u00e9t\u00e9. " * 9 + "x",
            id="says UTF-8",
        ),
        pytest.param(b"Bees dance.", "text/plain; charset=klingon", "", "Bees dance.", id="unknown charset"),
        pytest.param(
            b"Bees=20dan=\nce=ZZ.",
            "text/plain",
            "Content-Transfer-Encoding: quoted-printable\n",
            "Bees dance=ZZ.",
            id="damaged",
        ),
        pytest.param(
            b"QmVlcyBkYW5jZS4",
            "text/plain",
            "Content-Transfer-Encoding: base64\n",
            "Bees dance.",
            id="base64 cut short",
        ),
    ],
)
def test_bytes_are_decoded(content: bytes, kind: str, more: str, body: str) -> None:
    assert read(content, kind, more).text == HEAD + body


def test_header_that_looks_binary_is_no_reason_to_refuse_a_mail() -> None:
    assert "Bees dance." in load_bytes(b"From: B\x00\x80\nSubject: Bees\n\nBees dance.", "a.eml").text


def test_a_message_saved_in_utf_16() -> None:
    message = "From: a@example.org\nSubject: Z\u00fcrich\nContent-Type: text/plain; charset=us-ascii\n\nB\u00e4rn."
    assert read_eml(message.encode("utf-16"), "a.eml").text.endswith("# Z\u00fcrich\n\nB\u00e4rn.")


def test_subject_in_bytes_without_a_charset() -> None:
    assert read_eml("From: a@example.org\nSubject: Z\u00fcrich\n\nx".encode(), "a.eml").title == "Z\u00fcrich"


def test_parts_without_a_name_are_listed_by_their_type() -> None:
    article = read(parts(text("One."), text("BEGIN:VCALENDAR", "text/calendar")), MIXED)
    assert article.text.endswith("\nAttachments: text/calendar\n---\n\n# Bees\n\nOne.")
    assert article.notes == ("1 attachment was left out",)


def test_attachments_are_named_and_noted_as_left_out() -> None:
    article = read_eml(make_eml("x", attachment="report.pdf"), "a.eml")
    assert "\nAttachments: report.pdf\n---\n" in article.text
    assert article.notes == ("1 attachment was left out",)


@pytest.mark.parametrize(("kind", "names"), [("mixed", "bee.png, report.pdf"), ("related", "report.pdf")])
def test_attachments_within_a_version_of_the_text_are_named(kind: str, names: str) -> None:
    report = text("AAAA", "application/pdf", ATTACHED.format("report.pdf"))
    inner = f"Content-Type: multipart/{kind}; boundary=c\n\n{parts(PAGE, PICTURE, report, boundary='c')}"
    article = read(parts(text("See HTML."), inner), ALTERNATIVE)
    assert f"Attachments: {names}\n---" in article.text
    assert article.text.endswith(("Bees dance. " * 9).strip())


def test_an_attachment_without_a_name_is_named_by_its_type() -> None:
    article = read(
        parts(text("One."), text("AAAA", "application/pdf"), text("AAAA", "application/pgp-signature")), MIXED
    )
    assert "\nAttachments: application/pdf\n---" in article.text
    assert article.notes == ("1 attachment was left out",)


def test_binary_data_declared_as_text_is_left_out() -> None:
    article = read(parts(text("One."), text("\0\1\2\3" * 500)), MIXED)
    assert (article.text, len(article.notes)) == (f"{HEAD}One.", 1)


@pytest.mark.parametrize(
    ("flowed", "joined"),
    [
        pytest.param("a \nb\nc", "a b\nc", id="paragraph"),
        pytest.param("> a \n> b\nc", "> a b\nc", id="quotation"),
        pytest.param("> a \nb", "> a\nb", id="quotation that ends"),
        pytest.param("a \n-- \nAnn", "a\n-- \nAnn", id="signature"),
        pytest.param(" >a", ">a", id="stuffed"),
    ],
)
def test_flowed_text_is_joined(flowed: str, joined: str) -> None:
    assert unflow(flowed) == joined


def test_flowed_text_whose_spaces_are_not_its_own() -> None:
    assert unflow("Bienen \ntanz", keep_spaces=False) == "Bienentanz"


SAVED = (
    "From: <Saved by Blink>\nSubject: Bees\nMIME-Version: 1.0\nContent-Type: multipart/related; boundary=b\n\n"
    "--b\nContent-Type: text/css\n\np {{}}\n\n--b\nContent-Type: {kind}; charset=utf-8\n"
    "Content-Transfer-Encoding: quoted-printable\n\n<title>B=C3=A9es</title><nav><a href=3D'/'>Home</a></nav>"
    "<article><h1>Bees</h1><p>They dance in the h=\nive.</p></article>\n--b--\n"
)


@pytest.mark.parametrize("name", ["a.mhtml", "a.MHT"])
def test_a_web_page_saved_as_one_file(name: str) -> None:
    document = load_bytes(SAVED.format(kind="text/html").encode(), name)
    assert document.text == "# Bees\n\nThey dance in the hive."
    assert document.title == "Bees"
    with pytest.raises(LoadError, match=r"a\.mhtml: is damaged or not a saved web page; save the page again as"):
        load_bytes(SAVED.format(kind="text/css").encode(), "a.mhtml")


MAILBOX = b"""\
From ida@example.org Fri May  3 10:00:00 2024
From: Ida Roth <ida@example.org>
Date: Fri, 03 May 2024 10:00:00 +0000
Subject: The pump

It leaks.

>From time to time it stops.

From tom@example.org Sat May  4 10:00:00 2024
From: Tom Hale <tom@example.org>
Subject: Re: The pump
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: quoted-printable

From here it is a caf=C3=A9.
"""
MAILBOX_TEXT = """\
# The pump

From: Ida Roth <ida@example.org>
Date: Fri, 03 May 2024 10:00:00 +0000

It leaks.

From time to time it stops.

# Re: The pump

From: Tom Hale <tom@example.org>

From here it is a café."""


@pytest.mark.parametrize("ending", [b"\n", b"\r\n"], ids=["LF", "CRLF"])
def test_the_messages_of_a_mailbox_are_sections(ending: bytes) -> None:
    document = load_bytes(MAILBOX.replace(b"\n", ending), "list.mbox")

    assert document.text.replace("\r", "").replace(" \n", "\n") == MAILBOX_TEXT


@pytest.mark.parametrize(
    "data", [b"Bees dance.\n", b"From here to there\n", MAILBOX[5:]], ids=["text", "prose", "no line"]
)
def test_a_file_without_messages_is_no_mailbox(data: bytes) -> None:
    with pytest.raises(LoadError, match=r"^a\.mbox: is damaged or not a mailbox; "):
        load_bytes(data, "a.mbox")


def test_an_encrypted_message_of_a_mailbox_is_noted() -> None:
    encrypted = b"\nFrom a Fri May  3\nFrom: a@example.org\nContent-Type: multipart/encrypted; boundary=b\n\n--b--\n"

    document = load_bytes(MAILBOX + encrypted, "a.mbox")

    assert document.notes == ("an encrypted message was left out",)
    assert document.text.startswith(MAILBOX_TEXT)
