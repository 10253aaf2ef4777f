"""Headers and footers of an OpenDocument text, which are in its styles."""

from __future__ import annotations

from collections.abc import Mapping

from qa.text.lines import one_line

_START = "{urn:oasis:names:tc:opendocument:xmlns:"
_STYLE, _TEXT = f"{_START}style:1.0}}", f"{_START}text:1.0}}"
_FURNITURE = {f"{_STYLE}{kind}{pages}" for kind in ("header", "footer") for pages in ("", "-first", "-left")}
_PARAGRAPHS = {f"{_TEXT}p", f"{_TEXT}h"}
_BREAKS = {f"{_TEXT}tab", f"{_TEXT}line-break"}
# What depends on the page, and what readers do not see.
_LEFT_OUT = {
    *(f"{_TEXT}{name}" for name in ("page-number", "page-count", "sheet-name", "date", "time", "tracked-changes")),
    f"{_START}office:1.0}}annotation",
}


class HeaderReader:
    """Collects the lines of headers and footers as the target of lxml's parser; `lines` has headers first."""

    def __init__(self) -> None:
        self._found: dict[bool, list[str]] = {False: [], True: []}  # by whether it is a footer
        self._parts: list[str] = []
        self._skipped = 0
        self._is_open = self._is_footer = False

    @property
    def lines(self) -> list[str]:
        """The lines found."""
        return self._found[False] + self._found[True]

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:  # noqa: ARG002 -- lxml calls it
        """Handle the start of an element."""
        if tag in _FURNITURE:
            self._is_open, self._is_footer = True, "footer" in tag
        self._skipped += self._skipped > 0 or tag in _LEFT_OUT
        if tag in _BREAKS:
            self._end_line()
        elif tag == f"{_TEXT}s":
            self._parts.append(" ")

    def end(self, tag: str) -> None:
        """Handle the end of an element."""
        self._skipped -= self._skipped > 0
        if tag in _FURNITURE:
            self._is_open = False
        elif tag in _PARAGRAPHS:
            self._end_line()

    def data(self, text: str) -> None:
        """Handle text."""
        if self._is_open and not self._skipped:
            self._parts.append(text)

    def close(self) -> None:
        """Handle the end of the part."""

    def _end_line(self) -> None:
        if text := one_line("".join(self._parts)):
            self._found[self._is_footer].append(text)
        self._parts.clear()
