"""The charset of text, HTML and e-books, as a browser finds it."""

from __future__ import annotations

import codecs

import pytest
from growth import too_long
from hostile_files import within
from made_files import CHAPTER, make_epub

from qa.documents.formats import READERS, Article
from qa.documents.formats.text import decode
from qa.errors import LoadError

UNDECLARED = "the text is not valid UTF-8 and was read as "
GERMAN = "Die B\u00fcrger h\u00f6ren \u00fcber die Stra\u00dfe, da\u00df es gr\u00fcn ist."
ITALIAN = "La citt\u00e0 \u00e8 pi\u00f9 bella perch\u00e9 il caff\u00e8 \u00e8 buono e gi\u00e0 caldo."
SWEDISH = "F\u00e5glarna flyger \u00f6ver husen, och f\u00f6rr var \u00c5kes hus st\u00f6rre \u00e4n g\u00e5rden."
SLOVENE = "Ko\u0161ice so mesto, v katerem \u017ee v\u010deraj ni bilo \u010dasa za \u0161olo, in \u0161e \u017eoga."
POLISH = "Za\u017c\u00f3\u0142\u0107 g\u0119\u015bl\u0105 ja\u017a\u0144, powiedzia\u0142 minister."
RUSSIAN = "\u042d\u0442\u043e \u0440\u0443\u0441\u0441\u043a\u0438\u0439 \u0442\u0435\u043a\u0441\u0442."
LITHUANIAN = "A\u010di\u016b, kaip sekasi \u0161iandien? \u017dmon\u0117s gyvena Vilniuje."
LATVIAN = "R\u012bg\u0101 ir \u0161odien daudz skaistu m\u0101ju, un cilv\u0113ki t\u0101s m\u012bl."
FRENCH = "Le gar\u00e7on a \u00e9t\u00e9 \u00e9lev\u00e9 \u00e0 l'\u00e9cole pr\u00e8s de la for\u00eat."
JAPANESE = "\u65e5\u672c\u8a9e\u306e\u6587\u7ae0\u3067\u3059\u3002"
CHINESE = "\u4eca\u5929\u5929\u6c14\u5f88\u597d\uff0c\u6211\u4eec\u53bb\u516c\u56ed\u73a9\u3002"


def page(text: str, encoding: str, head: str = "") -> Article:
    html = f"<html><head>{head}<title>T</title></head><body><p>{text}</p></body></html>"
    return READERS[".html"](html.encode(encoding), "a.html")


@pytest.mark.parametrize(
    ("text", "encoding", "name"),
    [
        pytest.param("caf\u00e9 au lait", "latin-1", "windows-1252", id="one word"),
        pytest.param("\u201cSmart\u201d \u2013 it\u2019s 25 \u20ac", "cp1252", "windows-1252", id="quotation marks"),
        pytest.param("El se\u00f1or comi\u00f3 pi\u00f1as", "cp1252", "windows-1252", id="Spanish"),
        pytest.param(GERMAN, "cp1252", "windows-1252", id="German"),
        pytest.param(ITALIAN, "cp1252", "windows-1252", id="Italian"),
        pytest.param(SWEDISH, "cp1252", "windows-1252", id="Swedish"),
        pytest.param(GERMAN, "mac_roman", "macintosh", id="German, Macintosh"),
        pytest.param(ITALIAN, "mac_roman", "macintosh", id="Italian, Macintosh"),
        pytest.param(SWEDISH, "mac_roman", "macintosh", id="Swedish, Macintosh"),
        pytest.param("It\u2019s the dog\u2019s.", "mac_roman", "macintosh", id="apostrophes, Macintosh"),
        pytest.param("It\u2019s \u0160koda\u2019s.", "cp1252", "windows-1252", id="apostrophes"),
        pytest.param(FRENCH, "mac_roman", "macintosh", id="French, Macintosh"),
        pytest.param(FRENCH, "cp850", "cp850", id="French, DOS"),
        pytest.param(GERMAN, "cp850", "cp850", id="German, DOS"),
        pytest.param("El se\u00f1or comi\u00f3 pi\u00f1as", "cp850", "cp850", id="Spanish, DOS"),
        pytest.param(LITHUANIAN, "cp1257", "windows-1257", id="Lithuanian"),
        pytest.param(LATVIAN, "cp1257", "windows-1257", id="Latvian"),
        pytest.param(SLOVENE, "cp1250", "windows-1250", id="Slovene"),
        pytest.param(POLISH, "cp1250", "windows-1250", id="Polish"),
        pytest.param(RUSSIAN * 5, "cp1251", "windows-1251", id="Russian"),
        pytest.param(RUSSIAN * 5, "koi8-r", "koi8-r", id="Russian, KOI8"),
        pytest.param(RUSSIAN * 5, "cp866", "cp866", id="Russian, DOS"),
        pytest.param(JAPANESE, "shift_jis", "cp932", id="Japanese"),
        pytest.param(JAPANESE * 3, "euc-jp", "euc-jp", id="Japanese, EUC"),
        pytest.param(CHINESE, "gbk", "gb18030", id="Chinese"),
    ],
)
def test_a_charset_that_nothing_declares_is_found(text: str, encoding: str, name: str) -> None:
    assert decode(f"Intro.\n{text}\n".encode(encoding), "a.txt") == (f"Intro.\n{text}\n", (UNDECLARED + name,))
    article = page(text, encoding)
    assert (article.text, article.notes) == (text, (UNDECLARED + name,))


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
@pytest.mark.parametrize(
    "text", ["The bees dance.\nIt is warm.", "\u0410\u043d\u044f. " + RUSSIAN], ids=["English", "Russian"]
)
def test_utf_16_without_a_byte_order_mark(text: str, encoding: str) -> None:
    assert decode(text.encode(encoding), "a.txt") == (text, ())


@pytest.mark.parametrize("data", [b"caf\0" * 9, b"\0\1", b"a\0\1\0"], ids=["zeros", "controls", "letter, control"])
def test_binary_data_is_not_taken_for_utf_16(data: bytes) -> None:
    with pytest.raises(LoadError, match="looks binary"):
        decode(data, "a.txt")


@pytest.mark.parametrize("encoding", ["cp037", "cp500"])
def test_ebcdic_is_an_error(encoding: str) -> None:
    with pytest.raises(LoadError, match=r"a.txt: is in EBCDIC; convert it to UTF-8"):
        decode(b"The bees dance in the hive.\n".decode().encode(encoding), "a.txt")


@pytest.mark.parametrize(
    ("label", "encoding", "text"),
    [
        pytest.param("ISO-8859-8-I", "iso8859-8", "\u05e9\u05dc\u05d5\u05dd", id="Hebrew"),
        pytest.param("x-sjis", "shift_jis", JAPANESE, id="Japanese"),
        pytest.param("x-mac-roman", "mac_roman", GERMAN, id="Macintosh"),
        pytest.param("x-cp1251", "cp1251", RUSSIAN, id="Russian"),
    ],
)
def test_names_of_charsets_that_browsers_know(label: str, encoding: str, text: str) -> None:
    assert decode(text.encode(encoding), "a.txt", label) == (text, ())


def test_a_charset_far_into_a_long_file_is_found_fast() -> None:
    def decode_long(numbers: str) -> None:
        count = len(numbers)
        text, _ = decode(b"Plain words. " * 4 * count + b"\n" + GERMAN.encode("cp1252") * count, "a.txt")
        assert text.endswith(GERMAN)

    assert not too_long(decode_long, lambda length: "x" * length, 100_000)


@pytest.mark.parametrize(
    ("data", "declared", "text", "notes"),
    [
        pytest.param(
            "Z\u00fcrich, \u00e9t\u00e9 x".encode().replace(b"x", b"\xff"),
            "",
            "Z\u00fcrich, \u00e9t\u00e9 \ufffd",
            ("1 character was not valid UTF-8, now \ufffd",),
            id="UTF-8 but for a byte",
        ),
        pytest.param(
            GERMAN.encode(),
            "us-ascii",
            GERMAN,
            ("the text was declared as windows-1252 and read as UTF-8",),
            id="UTF-8 declared as ASCII",
        ),
        pytest.param(
            b"caf\xe9 au lait",
            "utf-8",
            "caf\ufffd au lait",
            ("1 character was not valid UTF-8, now \ufffd",),
            id="declared UTF-8",
        ),
        pytest.param(
            b"a\x81\x8d\x81b",
            "latin-1",
            "a\ufffd\ufffd\ufffdb",
            ("3 characters were not valid windows-1252, now \ufffd",),
            id="undefined bytes",
        ),
        pytest.param(
            codecs.BOM_UTF16_LE + b"a\0b",
            "utf-8",
            "a\ufffd",
            ("1 character was not valid UTF-16-LE, now \ufffd",),
            id="UTF-16 cut short",
        ),
        pytest.param(
            codecs.BOM_UTF8 + b"\xff" * 20,
            "",
            "\ufffd" * 20,
            ("20 characters were not valid UTF-8, now \ufffd",),
            id="marked UTF-8",
        ),
        pytest.param(
            GERMAN.encode("cp1252") * 3, "utf-8", GERMAN * 3, (UNDECLARED + "windows-1252",), id="declaration refuted"
        ),
        pytest.param(
            (CHINESE * 9).encode(),
            "shift_jis",
            CHINESE * 9,
            ("the text is not valid cp932 and was read as UTF-8",),
            id="UTF-8 in spite of its declaration",
        ),
        pytest.param(CHINESE.encode("gbk"), "gb2312", CHINESE, (), id="superset of what is declared"),
        pytest.param("\u00e9\ufffd".encode(), "", "\u00e9\ufffd", (), id="replaced before"),
        pytest.param(b"abc " * 99 + b"\0", "", "abc " * 99 + "\ufffd", ("1 character was NUL, now \ufffd",), id="NUL"),
    ],
)
def test_invalid_bytes_are_replaced_and_counted(data: bytes, declared: str, text: str, notes: tuple[str, ...]) -> None:
    assert decode(data, "a.txt", declared) == (text, notes)


@pytest.mark.parametrize("name", ["klingon", "hex", "idna", "utf-7", "\ufffd", "a\0b"])
def test_a_declaration_that_means_nothing_is_ignored(name: str) -> None:
    assert decode("\u00e9t\u00e9".encode(), "a.txt", name) == ("\u00e9t\u00e9", ())


def test_a_chapter_with_a_wrong_charset_declaration_is_read() -> None:
    chapter = CHAPTER.format("<p>R\u00e9sum\u00e9 x</p>").encode().replace(b"x<", b"\x81\x8d<")
    article = READERS[".epub"](within(make_epub("x"), {"OEBPS/chapter 1.xhtml": chapter}), "a.epub")
    assert article.text == "R\u00e9sum\u00e9 \ufffd\ufffd"
    assert article.notes == ("chapter 1.xhtml: 4 characters were not valid UTF-8, now \ufffd",)


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".txt"])
def test_a_table_in_mac_roman_is_decoded(suffix: str) -> None:
    text = "Name,Stra\u00dfe\rM\u00fcller,K\u00e4fergasse 3\rVoss,Gr\u00fcner Weg 5\r".replace(
        ",", "\t" if suffix == ".tsv" else ","
    )
    article = READERS[suffix](text.encode("mac_roman"), f"a{suffix}")
    assert "Stra\u00dfe" in article.text
    assert "M\u00fcller" in article.text
    assert article.notes == (UNDECLARED + "macintosh",)
