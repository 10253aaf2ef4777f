"""E-mail reader, on the standard library's parser."""

from __future__ import annotations

import codecs
import re
from base64 import b64decode
from contextlib import suppress
from dataclasses import replace
from email import message_from_bytes, policy
from email.message import EmailMessage, Message

from qa.documents.formats.article import Article, left_out, load_error, parsing
from qa.documents.formats.html import declared_charset, read_html
from qa.documents.formats.markup import html_text
from qa.documents.formats.sheets.delimited import read_csv
from qa.documents.formats.text import decode
from qa.errors import LoadError
from qa.text.lines import one_line

_SHOWN_HEADERS = ("From", "To", "Cc", "Date")
_TYPICAL_HEADERS = {"from", "subject", "date", "received"}  # at least one is in any real message
_PARSED_HEADERS = {"from", "to", "cc", "date", "subject", "received"}
# The standard library parses headers in more than linear time.
_MAX_LINE_CHARS = 10_000  # RFC 5322 allows 998
_MAX_HEADER_CHARS = 50_000  # in all its lines
_ENCRYPTED = {"multipart/encrypted", "application/pkcs7-mime", "application/x-pkcs7-mime"}
_PAGES = {"text/html", "application/xhtml+xml"}
_NOT_PROSE = ("calendar", "css", "javascript", "rfc822-headers", "rtf", "vcard", "x-vcard")
_MIN_PLAIN_TEXT_SHARE = 0.2  # of the HTML's length; a shorter plain text only refers to the HTML
_MAX_HEADING_LEVEL = 6
_MAX_REMARK_CHARS = 300  # before the parts: "This is a multi-part message in MIME format."
_WORD = re.compile(r"[^\W\d_]")
# The standard requires quotation marks around such a boundary.
_BOUNDARY = re.compile(
    rb"(?im)^(content-type:[ \t]*multipart/[^\r\n]*(?:\r?\n[ \t][^\r\n]*)*?boundary=)([^\s\";]*=[^\s\";]*)"
)
_SIGNATURE = "-- "
# Of a mailbox: "From ann@example.org Fri May  3 10:00:00 2024" before the headers of each message. Such a line in a
# message has a mark before it.
_FROM_LINE = re.compile(rb"(?:\A|(?<=\n\n)|(?<=\n\r\n))From [^\r\n]*\r?\n(?=[A-Za-z][\w-]*:)")
_MARKED_FROM_LINE = re.compile(rb"^>(?=>*From )", re.MULTILINE)


def read_eml(data: bytes, source: str) -> Article:
    """Return a message: addresses and date as front matter, the subject as heading, and all text.

    If there are alternative versions of a text, the plain one is used. Forwarded messages, messages in a digest, and
    attached text become sections. Other attachments are listed by name but not read.
    """
    with parsing(source, "is damaged or not an e-mail", "save the message again as .eml"):
        message = _parse(data, source)
        if not {name.lower() for name, value in message.raw_items() if str(value).strip()} & _TYPICAL_HEADERS:
            raise load_error(source, "is damaged or not an e-mail", "save the message again as .eml")
        if _is_encrypted(message):
            raise load_error(source, "is encrypted", "save the message decrypted")
        reader = _Reader(source)
        reader.read(message)
        headers, subject = _headers(message), _header(message, "Subject")
    if not reader.blocks:
        raise load_error(source, "has no text", "save its attachments as files and load those")
    if reader.attachments:
        headers.append(f"Attachments: {', '.join(reader.attachments)}")
    # As front matter, the message's date is not mistaken for one in the text.
    head = ["---", *headers, "---"] if headers and subject else headers
    blocks = ["\n".join(head), f"# {subject}" if subject else "", *reader.blocks]
    return Article("\n\n".join(filter(None, blocks)), subject or None, notes=tuple(reader.notes()))


def read_mbox(data: bytes, source: str) -> Article:
    """Return the messages of a mailbox, each as a section with its subject, addresses and date; see `read_eml`."""
    reader = _Reader(source)
    with parsing(source, "is damaged or not a mailbox", "export the messages again as .mbox, or save them as .eml"):
        start, *messages = _FROM_LINE.split(data)
        if start.strip() or not messages:
            raise load_error(source, "is damaged or not a mailbox", "export the messages again as .mbox")
        for message in (_parse(_MARKED_FROM_LINE.sub(b"", each), source) for each in messages):
            reader.start_section(message, 0)
            if _is_encrypted(message):
                reader.leave_out("an encrypted message was left out")
            else:
                reader.read(message)
    return Article("\n\n".join(reader.blocks), None, notes=tuple(reader.notes()))


def read_web_archive(data: bytes, source: str) -> Article:
    """Return the main text of a web page that a browser saved with its files as one message (MHTML)."""
    problem = "is damaged or not a saved web page", "save the page again as .mhtml or .html"
    with parsing(source, *problem):
        parts = _parse(data, source).walk()
        page = next((part for part in parts if part.get_content_type() in _PAGES), None)
        if page is None:
            raise load_error(source, *problem)
        html, notes = _decoded(page, source)
    article = read_html(codecs.BOM_UTF8 + html.encode(), source)
    return replace(article, notes=(*notes, *article.notes))


def web_archive_text(data: bytes, source: str) -> str:
    """Return the text of a web page saved as a message (MHTML)."""
    reader = _Reader(source)
    reader.read(_parse(data, source))
    return "\n\n".join(reader.blocks)


def _parse(data: bytes, source: str) -> EmailMessage:
    """Parse a message, refusing headers that would take too long."""
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        data = decode(data, source)[0].encode()
    data = _BOUNDARY.sub(rb'\1"\2"', data)
    # The compat32 policy finds the parts without parsing their headers.
    _check_headers(message_from_bytes(data), source)
    return message_from_bytes(data, _class=EmailMessage, policy=policy.default)


def _is_encrypted(message: EmailMessage) -> bool:
    return message.get_content_type() in _ENCRYPTED and message.get_param("smime-type") != "signed-data"


class _Reader:
    """Collects the text of a message and of the messages in it, in order."""

    def __init__(self, source: str) -> None:
        self.blocks: list[str] = []
        self.attachments: list[str] = []
        self._source = source
        self._notes: list[str] = []
        self._last: list[str] = []

    def read(self, message: EmailMessage) -> None:
        """Read the parts of a message in order."""
        waiting = [(message, 0)]
        while waiting:
            part, depth = waiting.pop()
            kind = part.get_content_type()
            if kind.startswith("multipart/") and not part.is_multipart():
                self._notes.append("a container without parts was read as plain text")
                self._add(part, "text/plain", depth)
            elif kind == "multipart/alternative":
                waiting += [(each, depth) for each in self._chosen(_children(part))]
            elif kind == "multipart/related":
                children = _children(part)
                attached = [each for each in children[1:] if each.get_content_disposition() == "attachment"]
                waiting += [(each, depth) for each in (*reversed(attached), *children[:1])]
            elif kind == "message/rfc822":
                for each in reversed(_messages(part, self._source)):
                    self.start_section(each, depth + 1)
                    waiting.append((each, depth + 1))
            elif kind.startswith("multipart/"):
                waiting += [(each, depth) for each in reversed(_children(part))]
                self._add_outside(part)
            elif part.is_multipart():
                # The fields of a delivery report or the like.
                self.blocks += filter(None, map(_fields, _children(part)))
            else:
                self._add(part, kind, depth)
        self.blocks += self._last
        self._last = []

    def start_section(self, message: EmailMessage, depth: int) -> None:
        """Add the subject of a message, as a heading, and its headers."""
        heading = f"{'#' * min(depth + 1, _MAX_HEADING_LEVEL)} {_header(message, 'Subject') or 'Message'}"
        self.blocks += filter(None, (heading, "\n".join(_headers(message))))

    def leave_out(self, note: str) -> None:
        """Add a note on what is not read."""
        self._notes.append(note)

    def notes(self) -> list[str]:
        """Return notes on omissions and possible errors."""
        attachments = [left_out(len(self.attachments), "attachment")] if self.attachments else []
        return [*attachments, *dict.fromkeys(self._notes)]

    def _add_outside(self, part: EmailMessage) -> None:
        """Add the text before and after the parts of a message, except for a remark to old programs."""
        before, after = (_without_surrogates(text or "").strip() for text in (part.preamble, part.epilogue))
        self.blocks += [before] if len(before) > _MAX_REMARK_CHARS else []
        self._last += [after] if _WORD.search(after) else []

    def _add(self, part: EmailMessage, kind: str, depth: int) -> None:
        """Add the text of a part, or its name or type if it is not text."""
        name = one_line(_without_surrogates(part.get_filename() or ""))
        text = ""
        is_prose = kind.startswith("text/") and not kind.endswith(_NOT_PROSE)
        if is_prose:
            try:
                text = self._text(part)
            except LoadError:
                self._notes.append("a part says that it is text, looks binary, and was left out")
        if text and name:
            self.blocks.append(f"{'#' * min(depth + 2, _MAX_HEADING_LEVEL)} {name}")
        if text:
            self.blocks.append(text)
        elif (name or not is_prose) and not kind.endswith("signature"):
            self.attachments.append(name or kind)

    def _chosen(self, versions: list[EmailMessage]) -> list[EmailMessage]:
        """Return the version of a text to use: the plain one, unless it is only a stub or lacks the attachments."""
        plain = next((each for each in versions if each.get_content_type() == "text/plain"), None)
        if plain is None:
            return versions[-1:]
        for version in versions:
            if version.get_content_type() == "multipart/mixed":
                return [version]
            # A page with pictures is the first child of a container.
            page = next(iter(_children(version)[:1]), version)
            least = _MIN_PLAIN_TEXT_SHARE * len(self._text(page)) if page.get_content_type() == "text/html" else 0
            if len(self._text(plain)) < least:
                return [version]
        return [plain]

    def _text(self, part: EmailMessage) -> str:
        text, notes = _decoded(part, self._source)
        self._notes += notes
        if part.get_content_subtype() == "html":
            return html_text(text)
        if part.get_content_subtype() in {"csv", "tab-separated-values"}:
            return read_csv(codecs.BOM_UTF8 + text.encode(), self._source).text
        if str(part.get_param("format", "")).lower() == "flowed":
            text = unflow(text, keep_spaces=str(part.get_param("delsp", "")).lower() != "yes")
        return text.strip()


def _decoded(part: EmailMessage, source: str) -> tuple[str, tuple[str, ...]]:
    """Return the content of a text part, and notes on possible errors in it."""
    payload = part.get_payload(decode=True)
    data = payload if isinstance(payload, bytes) else b""
    declared = part.get_param("charset", "")
    declared = declared if isinstance(declared, str) else ""
    return decode(data, source, declared or (declared_charset(data) if part.get_content_type() in _PAGES else ""))


def _children(part: EmailMessage) -> list[EmailMessage]:
    payload = part.get_payload()
    return [each for each in payload if isinstance(each, EmailMessage)] if isinstance(payload, list) else []


def _messages(part: EmailMessage, source: str) -> list[EmailMessage]:
    """Return the message within a part; some programs encode it, which the standard does not allow."""
    inside = _children(part)
    # A text in base64 is a message without headers.
    if inside and not inside[0].keys() and str(part.get("Content-Transfer-Encoding", "")).lower() == "base64":
        with suppress(ValueError):
            return [_parse(b64decode(str(inside[0].get_payload())), source)]
    return inside


def _headers(message: EmailMessage) -> list[str]:
    found = ((name, _header(message, name)) for name in _SHOWN_HEADERS)
    return [f"{name}: {value}" for name, value in found if value]


def _fields(message: EmailMessage) -> str:
    """Return all headers of a message, and its content."""
    payload = message.get_payload()
    content = payload.strip() if isinstance(payload, str) else ""
    lines = [f"{name}: {one_line(str(value))}" for name, value in message.raw_items()]
    return _without_surrogates("\n\n".join(filter(None, ("\n".join(lines), content))))


def _header(message: EmailMessage, name: str) -> str:
    """Return a header on one line; raw non-ASCII bytes are decoded like a text without declared charset."""
    raw = next((str(value) for key, value in message.raw_items() if key.lower() == name.lower()), "")
    try:
        if not raw.isascii():
            return one_line(decode(raw.encode("utf-8", "surrogateescape"), name)[0])
        return one_line(_without_surrogates(str(message[name] or "")))
    except Exception:
        return one_line(_without_surrogates(raw))


def _without_surrogates(text: str) -> str:
    """Return text with undecodable bytes replaced."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _check_headers(message: Message, source: str) -> None:
    """Refuse headers that would take too long to parse; headers that we never access are not parsed."""
    for part in message.walk():
        for name, value in part.raw_items():
            if not (name.lower() in _PARSED_HEADERS or name.lower().startswith("content-")):
                continue
            text = str(value)
            longest = max(map(len, text.split("\n")))
            for length, limit, what in ((longest, _MAX_LINE_CHARS, "line"), (len(text), _MAX_HEADER_CHARS, "header")):
                if length > limit:
                    problem = f"has a {what} of {length:,} characters in {name!r}, over the limit of {limit:,}"
                    raise load_error(source, problem, "shorten it, or save the text as .txt")


def unflow(text: str, *, keep_spaces: bool = True) -> str:
    """Return "flowed" text with each paragraph on one line; quotations keep their marks.

    With `keep_spaces`, the space at the end of a wrapped line is part of the text.
    """
    lines: list[str] = []
    paragraph: list[str] = []
    open_depth = -1  # quotation depth of the unfinished paragraph
    for line in text.split("\n"):
        depth = len(line) - len(line.lstrip(">"))
        words = line[depth:].removeprefix(" ")
        if paragraph and (depth != open_depth or words == _SIGNATURE):
            lines.append("".join(paragraph).rstrip(" "))
            paragraph = []
        flows = words.endswith(" ") and words != _SIGNATURE
        if not paragraph:
            paragraph = [f"{'>' * depth} " if depth else ""]
        paragraph.append(words if keep_spaces or not flows else words[:-1])
        open_depth = depth if flows else -1
        if not flows:
            lines.append("".join(paragraph))
            paragraph = []
    if paragraph:
        lines.append("".join(paragraph).rstrip(" "))
    return "\n".join(lines)
