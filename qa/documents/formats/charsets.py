"""Names of charsets, and the likely charset of a text."""

from __future__ import annotations

import codecs
import re

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
    *("cp874", "cp866"),
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
_MIN_MAC_ROMAN, _MIN_MAC_ROMAN_SHARE, _MAX_NOT_MAC_ROMAN_SHARE = 2, 0.2, 0.25  # the shares are of non-ASCII characters
# "à" and "å"; in Windows-1250, they are "ŕ" and "ĺ", which are rare in any language.
_WESTERN, _MIN_WESTERN_SHARE = re.compile(rb"[\xc0\xc5\xe0\xe5]"), 0.1  # of the letters beyond ASCII
_ITALIAN = re.compile(rb"[\x00-\x7f\x80-\x89\x90-\x99\xa0-\xbf\xc0\xc8\xc9\xcc\xd2\xd9\xe0\xe8\xe9\xec\xf2\xf9]*")
# The only letters beyond ASCII in Slovene and its neighbours, in Windows-1250; both kinds are to be there.
_SOUTH_SLAVIC = re.compile(rb"[\x00-\x7f\x8a\x8e\x9a\x9e\xc6\xc8\xd0\xe6\xe8\xf0]*")
_S_AND_Z, _C = re.compile(rb"[\x8a\x8e\x9a\x9e]"), re.compile(rb"[\xc6\xc8\xe6\xe8]")
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
    if _is_mac_roman(data):
        return "macintosh"
    found = from_bytes(data, cp_isolation=list(_CANDIDATES), preemptive_behaviour=False, enable_fallback=False)
    best = found.best()
    if best is None or not _LETTERS.search(data):
        return _CANDIDATES[0]
    equal = [each for each in found if (each.chaos, each.coherence) == (best.chaos, best.coherence)]
    names = {name for each in equal for name in each.could_be_from_charset}
    name = next(name for name in _CANDIDATES if codecs.lookup(name).name.replace("-", "_") in names)
    if name == "windows-1252" and _SOUTH_SLAVIC.fullmatch(data) and _S_AND_Z.search(data) and _C.search(data):
        return "windows-1250"
    western = len(_WESTERN.findall(data)) >= _MIN_WESTERN_SHARE * len(_LETTERS.findall(data))
    italian = _ITALIAN.fullmatch(data) and b"\xe0" in data
    is_western = (name == "windows-1250" and western) or (name == "windows-1257" and italian)
    return "windows-1252" if is_western else name


def _is_mac_roman(data: bytes) -> bool:
    count = len(data) - len(data.decode("ascii", "ignore"))
    found = len(_MAC_ROMAN.findall(data))
    return (
        found >= max(_MIN_MAC_ROMAN, _MIN_MAC_ROMAN_SHARE * count)
        and len(_NOT_MAC_ROMAN.findall(data)) <= _MAX_NOT_MAC_ROMAN_SHARE * count
    )
