"""Names of charsets, and the likely charset of a text."""

from __future__ import annotations

import codecs
import re
from contextlib import suppress

# As in browsers, each of these names (in Python's spelling) means the larger charset that texts really use.
_SUPERSETS = {
    **dict.fromkeys(("ascii", "iso8859-1"), "windows-1252"),
    **dict.fromkeys(("gb2312", "gbk"), "gb18030"),
    **dict.fromkeys(("iso8859-11", "tis-620"), "cp874"),
    "big5": "big5hkscs",
    "euc_kr": "cp949",
    "iso8859-9": "windows-1254",
    "shift_jis": "cp932",
    "utf-8": "UTF-8",
}
# Names that Python does not know.
_LABELS = {
    **dict.fromkeys(("iso-8859-8-e", "iso-8859-8-i", "logical"), "iso8859-8"),
    **dict.fromkeys(("iso-8859-6-e", "iso-8859-6-i"), "iso8859-6"),
    **dict.fromkeys(("windows-31j", "x-sjis"), "cp932"),
    **dict.fromkeys(("cn-gb", "gb_2312-80", "x-gbk"), "gb18030"),
    **dict.fromkeys(("dos-874", "windows-874"), "cp874"),
    **{f"x-cp{page}": f"cp{page}" for page in range(1250, 1259)},
    **{"koi8": "koi8-r", "koi8-ru": "koi8-u", "windows-949": "cp949", "x-euc-jp": "euc-jp", "x-x-big5": "big5hkscs"},
    **{"x-mac-roman": "macintosh", "x-mac-cyrillic": "mac-cyrillic", "x-mac-ukrainian": "mac-cyrillic"},
}
# Codecs of Python that are not for documents: they decode escapes, or take quadratic time.
_EXCLUDED_CODECS = {"idna", "punycode", "raw-unicode-escape", "undefined", "unicode-escape", "utf-7"}
# Candidates in order of preference; the first one is taken among equally good ones.
_CANDIDATES = (
    *("windows-1252", "windows-1250", "windows-1251", "windows-1253", "windows-1254", "windows-1255", "windows-1256"),
    *("windows-1257", "windows-1258", "iso-8859-2", "koi8-r", "cp932", "euc-jp", "gb18030", "big5hkscs", "cp949"),
    *("cp874", "cp866", "iso8859_5"),
)
RTF_CHARSETS = {
    **{0: "cp1252", 77: "mac_roman", 128: "cp932", 129: "cp949", 130: "johab", 134: "gb18030", 136: "cp950"},
    **{161: "cp1253", 162: "cp1254", 163: "cp1258", 177: "cp1255", 178: "cp1256", 186: "cp1257", 204: "cp1251"},
    **{222: "cp874", 238: "cp1250"},
}
RTF_PAGES = {"ansi": "cp1252", "mac": "mac_roman", "pc": "cp437", "pca": "cp850"}
_LETTERS = re.compile(rb"[\xc0-\xff]")  # in Windows-1252; a guess from punctuation alone is worthless
# Letters and apostrophes of Mac Roman; in Windows charsets, these are marks and capitals, which are not within a word.
_MAC_ROMAN = re.compile(
    rb"(?<=[A-Za-z])[\x87\x88\x8a-\x90\x98\x99\x9f\xa7\xcf\xd5](?=[a-z])"
    rb"|(?<=[a-z])[\x87\x88\x8a\x8c-\x90\x98](?![A-Za-z\x80-\xff])"
)
_NOT_MAC_ROMAN = re.compile(rb"[\x80-\xff]{2}|[\xe0-\xff]")
_MIN_IN_WORDS, _MIN_IN_WORDS_SHARE, _MAX_OTHERS_SHARE = 2, 0.2, 0.25  # the shares are of non-ASCII characters
# "à" and "å"; in Windows-1250, they are "ŕ" and "ĺ", which are rare in any language.
_WESTERN, _MIN_WESTERN_SHARE = re.compile(rb"[\xc0\xc5\xe0\xe5]"), 0.1  # of the letters beyond ASCII
_ITALIAN = re.compile(rb"[\x00-\x7f\x80-\x89\x90-\x99\xa0-\xbf\xc0\xc8\xc9\xcc\xd2\xd9\xe0\xe8\xe9\xec\xf2\xf9]*")
# Letters of DOS, which are marks and capitals in other charsets; and what a text in that of DOS has rarely.
_DOS = re.compile(
    rb"(?<=[A-Za-z])[\x81\x82\x84\x94\xa1-\xa4](?=[a-z])|(?<=[a-z])[\x81\x82\x84\x94\xa3\xa4](?![A-Za-z\x80-\xff])"
)
_NOT_DOS = re.compile(rb"[\x80-\xff]{2}|[\xb0-\xe0\xe2-\xff]|(?<=[a-z])[\x8e-\x90\x9a\x9f]")
# All letters beyond ASCII of an alphabet, and kinds of them that are to be there; they are alone in having these: those
# of Slovene and its neighbours, of Lithuanian, and of Latvian.
_ALPHABETS = (
    ("windows-1250", "\u010d\u0107\u0161\u017e\u0111", ("\u0161\u017e", "\u010d\u0107")),
    ("windows-1257", "\u0105\u010d\u0119\u0117\u012f\u0161\u0173\u016b\u017e", ("\u0161\u017e", "\u0117\u016b")),
    ("windows-1257", "\u0101\u010d\u0113\u0123\u012b\u0137\u013c\u0146\u0161\u016b\u017e", ("\u0161", "\u0101\u012b")),
)
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0e-\x1f]")
_FIRST_LETTER = 0xC0  # in Windows charsets, but for a few
_EBCDIC_SPACE, _EBCDIC_LETTERS = b"\x40", (*range(0x81, 0x8A), *range(0x91, 0x9A), *range(0xA2, 0xAA))
_MIN_EBCDIC_SPACES, _MIN_EBCDIC_LETTERS, _MIN_ZEROS = 0.05, 0.5, 0.05  # shares of the bytes
_MAX_SAMPLE_BYTES = 32_768


def charset(name: str) -> str:
    """Return the charset for a name; empty if it is unknown. As in browsers, Latin-1 means Windows-1252."""
    name = _LABELS.get(name.lower(), name)
    try:
        known = codecs.lookup(name).name
        b"a".decode(name, "ignore")  # some codecs do not decode to text
    except (LookupError, ValueError):
        return ""
    return "" if known in _EXCLUDED_CODECS else _SUPERSETS.get(known, name)


def detect_charset(data: bytes) -> str:
    """Return the likely charset, detected from a sample of the non-ASCII lines."""
    from charset_normalizer import from_bytes

    size, sample = 0, []
    for line in data.splitlines(keepends=True):
        if not line.isascii():
            sample.append(line[: _MAX_SAMPLE_BYTES - size])
            size += len(sample[-1])
            if size >= _MAX_SAMPLE_BYTES:
                break
    data = b"".join(sample)
    if _is_within_words(data, _DOS, _NOT_DOS):
        return "cp850"
    if _is_within_words(data, _MAC_ROMAN, _NOT_MAC_ROMAN):
        return "macintosh"
    found = from_bytes(data, cp_isolation=list(_CANDIDATES), preemptive_behaviour=False, enable_fallback=False)
    best = found.best()
    if best is None or not _LETTERS.search(data):
        return _CANDIDATES[0]
    equal = [each for each in found if (each.chaos, each.coherence) == (best.chaos, best.coherence)]
    names = {name for each in equal for name in each.could_be_from_charset}
    name = next(name for name in _CANDIDATES if codecs.lookup(name).name.replace("-", "_") in names)
    if name in {"windows-1250", "windows-1252", "windows-1258"}:
        name = next((each[0] for each in _ALPHABETS if _is_written_in(data, *each)), name)
    western = len(_WESTERN.findall(data)) >= _MIN_WESTERN_SHARE * len(_LETTERS.findall(data))
    italian = _ITALIAN.fullmatch(data) and b"\xe0" in data
    is_western = (name == "windows-1250" and western) or (name == "windows-1257" and italian)
    return "windows-1252" if is_western else name


def utf_16(data: bytes) -> str:
    """Return the byte order of UTF-16 without a mark, as the name of its charset; empty if it is something else."""
    if b"\0" not in data:
        return ""
    for encoding, zeros, others in (("UTF-16-LE", data[1::2], data[::2]), ("UTF-16-BE", data[::2], data[1::2])):
        # In a text of single bytes, each is at least a space.
        if len(zeros) == len(others) and zeros.count(0) >= _MIN_ZEROS * len(data) and max(zeros) <= ord(" "):
            with suppress(UnicodeError):
                if not _CONTROL.search(data.decode(encoding)):
                    return encoding
    return ""


def is_ebcdic(data: bytes) -> bool:
    """Return whether a text is in a charset of mainframes, in which "a" is 0x81 and a space 0x40."""
    letters = sum(data.count(code) for code in _EBCDIC_LETTERS)
    spaces = data.count(_EBCDIC_SPACE)
    return b" " not in data and spaces >= _MIN_EBCDIC_SPACES * len(data) and letters >= _MIN_EBCDIC_LETTERS * len(data)


def _is_within_words(data: bytes, letters: re.Pattern[bytes], others: re.Pattern[bytes]) -> bool:
    """Return whether many characters beyond ASCII are letters of one charset, and few are none."""
    count = len(data) - len(data.decode("ascii", "ignore"))
    return (
        len(letters.findall(data)) >= max(_MIN_IN_WORDS, _MIN_IN_WORDS_SHARE * count)
        and len(others.findall(data)) <= _MAX_OTHERS_SHARE * count
    )


def _is_written_in(data: bytes, charset: str, letters: str, kinds: tuple[str, ...]) -> bool:
    """Return whether a text has only these letters beyond ASCII, and one of each kind."""
    known = (letters + letters.upper()).encode(charset)
    found = {code for code in data if code >= _FIRST_LETTER or code in known}
    return found.issubset(known) and all(found & set((kind + kind.upper()).encode(charset)) for kind in kinds)
