"""E-mail message -> article, by the standard library's parser."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.message import EmailMessage

from qa.documents.formats.markup import html_text
from qa.documents.formats.parsed import Article, load_error, parsing
from qa.documents.formats.text import normal
from qa.text.lines import one_line

_SHOWN_HEADERS = ("From", "To", "Cc", "Date")
_PARSED_HEADERS = {"from", "to", "cc", "date", "subject", "received"}
# The time that the standard library takes for a header grows faster than its length.
_LONGEST_LINE = 10_000  # characters; RFC 5322 allows 998
_LONGEST_HEADER = 50_000  # characters, in all its lines
_ENCRYPTED = {"multipart/encrypted", "application/pkcs7-mime", "application/x-pkcs7-mime"}


def read_eml(data: bytes, source: str) -> Article:
    """Return a message: its subject as heading, sender, recipients and date a line each, and its text.

    The plain text is preferred to the HTML. Attachments are listed by name, not read.

    Raises
    ------
    LoadError
        If the message is encrypted, damaged, without text, or not validly encoded, or has a header that is too long.
    """
    with parsing(source, "is damaged or not an e-mail", "save the message again as .eml"):
        try:
            message = message_from_bytes(data, _class=EmailMessage, policy=policy.default)
            _check_headers(message, source)
            if not any(message[name] for name in ("From", "Subject", "Date", "Received")):
                raise load_error(source, "is damaged or not an e-mail", "save the message again as .eml")
            if message.get_content_type() in _ENCRYPTED and message.get_param("smime-type") != "signed-data":
                raise load_error(source, "is encrypted", "save the message decrypted")
            body, attachments = _body(message, source), _attachments(message)
            headers = [f"{name}: {one_line(str(message[name]))}" for name in _SHOWN_HEADERS if message[name]]
            subject = one_line(str(message["Subject"] or ""))
        except LookupError as error:
            raise load_error(source, f"declares a charset that is unknown ({error})", "save it as UTF-8") from error
        except UnicodeError as error:
            raise load_error(source, f"is not validly encoded ({error})", "save it as UTF-8") from error
    if not body:
        raise load_error(source, "has no text", "save its attachments as files and load those")
    if attachments:
        headers.append(f"Attachments: {', '.join(attachments)}")
    blocks = [f"# {subject}" if subject else "", "\n".join(headers), body]
    return Article(normal("\n\n".join(filter(None, blocks)), source), subject or None)


def _check_headers(message: EmailMessage, source: str) -> None:
    """Refuse headers that would take long to parse; those that are never looked at are not parsed."""
    for part in message.walk():
        for name, value in part.raw_items():
            if not (name.lower() in _PARSED_HEADERS or name.lower().startswith("content-")):
                continue
            longest = max(map(len, str(value).split("\n")))
            for length, limit, what in ((longest, _LONGEST_LINE, "line"), (len(value), _LONGEST_HEADER, "header")):
                if length > limit:
                    problem = f"has a {what} of {length:,} characters in {name!r}, over the limit of {limit:,}"
                    raise load_error(source, problem, "shorten it, or save the text as .txt")


def _body(message: EmailMessage, source: str) -> str:
    part = message.get_body(("plain", "html"))
    if part is None:
        return ""
    text = normal(part.get_content(errors="strict"), source)
    return text.strip() if part.get_content_subtype() == "plain" else html_text(text)


def _attachments(message: EmailMessage) -> list[str]:
    if not message.is_multipart():
        return []
    return [one_line(name) for part in message.iter_attachments() if (name := part.get_filename())]
