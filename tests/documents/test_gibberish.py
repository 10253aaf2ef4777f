"""Undecoded text, distinguished from everything else that users load."""

# ruff: noqa: RUF001 -- other scripts have letters that look alike
from __future__ import annotations

import base64
import random
from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import ROOT
from made_files import make_pdf

from qa.documents.formats import Article
from qa.documents.gibberish import check_readable, gibberish_share
from qa.documents.loader import load_bytes, load_paths, load_text
from qa.documents.sandbox import Sandbox
from qa.errors import LoadError
from qa.settings import Settings

NUMBERS = random.Random(1)
VERSIONS = 'v0.12.0 (September 2022), v0.11.2 (August 2021), v0.10.1: "X-Y" [K] {Q}; W=8*9/6, J<3, Z>4, #5, $7.'

PROSE = {
    "English": "The bees leave the hive in the morning and fly over the fields until they find flowers. When they "
    "return, they dance on the comb to tell the others where the nectar is, how far away, and in which direction.",
    "German": "Die Bienen verlassen am Morgen den Stock und fliegen über die Felder, bis sie Blüten finden. Wenn sie "
    "zurückkehren, tanzen sie auf der Wabe und zeigen den anderen, wo der Nektar ist und in welcher Richtung.",
    "Finnish": "Mehiläiset lähtevät aamulla pesästään ja lentävät peltojen yli, kunnes ne löytävät kukkia. Palatessaan "
    "ne tanssivat kennolla kertoakseen muille, missä mettä on, kuinka kaukana ja missä suunnassa.",
    "Hungarian": "A méhek reggel elhagyják a kaptárt, és a mezők fölött repülnek, amíg virágokat nem találnak. Amikor "
    "visszatérnek, táncolnak a lépen, hogy megmutassák a többieknek, merre van a nektár és milyen messze.",
    "Polish": "Pszczoły rano opuszczają ul i lecą nad polami, aż znajdą kwiaty. Kiedy wracają, tańczą na plastrze, "
    "żeby powiedzieć innym, gdzie jest nektar, jak daleko i w którym kierunku należy lecieć.",
    "Vietnamese": "Buổi sáng, đàn ong rời tổ và bay qua những cánh đồng cho đến khi tìm thấy hoa. Khi trở về, chúng "
    "nhảy múa trên bánh tổ để báo cho những con khác biết mật hoa ở đâu, bao xa và theo hướng nào.",
    "Swahili": "Nyuki huondoka kwenye mzinga asubuhi na kuruka juu ya mashamba mpaka wapate maua. Wanaporudi, hucheza "
    "kwenye sega ili kuwaambia wengine nekta iko wapi, umbali gani na upande gani.",
    "Russian": "Утром пчёлы покидают улей и летят над полями, пока не найдут цветы. Вернувшись, они танцуют на сотах, "
    "чтобы сообщить другим, где находится нектар, как далеко и в каком направлении.",
    "Greek": "Το πρωί οι μέλισσες φεύγουν από την κυψέλη και πετούν πάνω από τα χωράφια ώσπου να βρουν λουλούδια.",
    "Arabic": "في الصباح يغادر النحل الخلية ويطير فوق الحقول حتى يجد الأزهار، ثم يعود ويرقص على القرص.",
    "Hebrew": "בבוקר הדבורים עוזבות את הכוורת ועפות מעל השדות עד שהן מוצאות פרחים, ואז חוזרות ורוקדות.",
    "Hindi": "सुबह मधुमक्खियाँ छत्ते से निकलती हैं और खेतों के ऊपर उड़ती हैं जब तक उन्हें फूल नहीं मिलते।",
    "Thai": "ตอนเช้าผึ้งออกจากรังและบินไปเหนือทุ่งนาจนกว่าจะพบดอกไม้ เมื่อกลับมามันจะเต้นรำบนรวง",
    "Chinese": "早晨，蜜蜂离开蜂巢，飞过田野，直到找到花朵。回来后，它们在蜂巢上跳舞，告诉同伴花蜜在哪里。",
    "Japanese": "朝になるとミツバチは巣を離れ、花を見つけるまで野原の上を飛びます。戻ると巣板の上で踊ります。",
    "Korean": "아침이 되면 벌들은 벌집을 떠나 꽃을 찾을 때까지 들판 위를 날아다닌다. 돌아오면 춤을 춘다.",
}
OTHERS = {
    "table of numbers": "\n".join(" | ".join(f"{NUMBERS.gauss(0, 99):.2f}" for _ in range(6)) for _ in range(200)),
    "source code": (ROOT / "qa" / "types.py").read_text(encoding="utf-8"),
    "style sheet": (ROOT / "qa" / "web" / "static" / "library.css").read_text(encoding="utf-8"),
    "log": "\n".join(
        f'10.0.0.{n} - - [12/Oct/2026:10:{n % 60:02}:07 +0000] "GET /{NUMBERS.randbytes(4).hex()}.html HTTP/1.1" 200'
        for n in range(99)
    ),
    "names": "\n".join(
        f"{n}. Nguyễn, Szczepański, O'Brien, Björnsson, Çelik; Kowalczyk & Țurcanu Ltd" for n in range(99)
    ),
    "words": "\n".join(
        f"{a}{b}{c}" for a in ("over", "un", "re") for b in ("turn", "hang", "fold") for c in ("s", "ed")
    )
    * 30,
    "hexadecimal": "\n".join(NUMBERS.randbytes(24).hex(" ", 2) for _ in range(99)),
    "base64": "\n".join(base64.b64encode(NUMBERS.randbytes(57)).decode() for _ in range(99)),
    "genome": "\n".join("".join(NUMBERS.choices("ACGT", k=70)) for _ in range(99)),
    "formulas": "∀x ∈ ℝ: ∑ᵢ αᵢ(x − β)² ≤ ∫₀^∞ f(t) dt ⇒ ∂L/∂θ = −∇φ(x) ⊗ ψ ∪ Ω ≠ ∅\n" * 60,
    "algebra": "[4]=(4*a^2*l2^2+4*b^2*l2^2)*s1^2+(-4*a^2*b*l2-4*b^3*l2+4*\\ b*l2*l3^2); ==> _[1]=d ==> _[2]={c, -1};\n"
    * 40,
    "contents": "\n".join(f"Chapter {n} {'.' * 60} {7 * n}" for n in range(99)),
    "list of characters": f"{''.join(map(chr, range(33, 127)))}\n{PROSE['English'] * 10}",
    "boxes": "│ 12 │ 7.5 │\n├────┼─────┤\n" * 150,
    "ticks": "| ✓ | ✗ | ✓ |\n" * 300,
}


def long(text: str) -> str:
    return " ".join([text] * (2 + 6000 // len(text)))


@pytest.mark.parametrize("text", [*map(long, PROSE.values()), *OTHERS.values()], ids=[*PROSE, *OTHERS])
def test_writing_of_any_kind_is_not_gibberish(text: str) -> None:
    assert len(text) > 2000
    assert gibberish_share(text) == 0


def shifted(text: str, by: int) -> str:
    return "".join(letter if letter == " " else chr(ord(letter) + by) for letter in text)


def numbered(text: str, first: int) -> str:
    """Return the text as glyph numbers of a font, in order of first use."""
    glyphs = {letter: chr(first + number) for number, letter in enumerate(dict.fromkeys(text.replace(" ", "")))}
    return "".join(glyphs.get(letter, letter) for letter in text)


def exchanged(text: str) -> str:
    letters = "abcdefghijklmnopqrstuvwxyz"
    return text.lower().translate(str.maketrans(letters, "".join(random.Random(2).sample(letters, 26))))


GIBBERISH: dict[str, Callable[[str], str]] = {
    "shifted by 29": lambda text: shifted(text, -29),
    "shifted by 3": lambda text: shifted(text, 3),
    "letters exchanged": exchanged,
    "glyphs numbered from 1": lambda text: numbered(text, 1),
    "glyphs numbered from 33": lambda text: numbered(text, 33),
    "glyphs numbered from 33, with few signs": lambda text: numbered(f"{VERSIONS} {text}", 33),
    "private use": lambda text: shifted(text, 0xF000),
    "replaced": lambda text: "".join(letter if letter == " " else "\ufffd" for letter in text),
    "(cid:12)": lambda text: "".join(letter if letter == " " else f"(cid:{ord(letter)})" for letter in text),
    "dingbats": lambda text: shifted(text, 0x2701 - 33),
    "Cyrillic as Western European": lambda _: long(PROSE["Russian"]).encode("cp1251", "replace").decode("cp1252"),
}


@pytest.mark.parametrize("make", GIBBERISH.values(), ids=GIBBERISH)
@pytest.mark.parametrize("language", ["English", "Swahili"])
def test_undecoded_text_is_gibberish(make: Callable[[str], str], language: str) -> None:
    assert gibberish_share(make(long(PROSE[language]))) == 1


@pytest.mark.slow
def test_an_undecoded_document_is_refused_unless_allowed(tmp_path: Path) -> None:
    unreadable = make_pdf(shifted(long(PROSE["English"]), -29))
    with pytest.raises(LoadError) as caught:
        load_bytes(unreadable, "a.pdf")
    assert str(caught.value) == (
        "a.pdf: its text cannot be decoded: 100% of it is not writing in any language; export it again with "
        "embedded fonts or run OCR, or set QA_ALLOW_UNREADABLE=true to load it as it is"
    )
    with pytest.raises(LoadError, match="its text cannot be decoded"):
        load_bytes(unreadable, "a.pdf", sandbox=Sandbox(Settings()))
    notes = (
        "124 characters on pages 1-3 cannot be decoded and shown as \ufffd",
        "most of its text cannot be decoded, so searches do not find it",
    )
    assert load_bytes(unreadable, "a.pdf", Settings(allow_unreadable=True)).notes == notes
    assert load_bytes(unreadable, "a.pdf", sandbox=Sandbox(Settings(allow_unreadable=True))).notes == notes
    (tmp_path / "a.pdf").write_bytes(unreadable)
    (tmp_path / "b.txt").write_text("Bees dance.")
    assert [entry.path for entry in load_paths(tmp_path).skipped] == [str(tmp_path / "a.pdf")]
    assert load_paths(tmp_path, Settings(allow_unreadable=True)).notes == {"a.pdf": notes}


def test_partly_undecoded_and_short_texts_get_a_note() -> None:
    good, bad = long(PROSE["English"]), exchanged(long(PROSE["German"]))
    [note] = check_readable(Article(good * 4 + bad, None), "a.pdf").notes
    assert note in {
        f"about {share}% of its text cannot be decoded, so searches do not find it" for share in range(15, 30)
    }
    assert load_text(bad[:1500]).notes == ("most of its text cannot be decoded, so searches do not find it",)
    assert load_text(bad[:100]).notes == ()
    assert check_readable(Article(good * 20 + bad[:1000], None), "a.pdf").notes == ()


def test_time_does_not_grow_beyond_a_bound() -> None:
    assert gibberish_share(shifted(long(PROSE["English"]) * 500, -29)) == 1
