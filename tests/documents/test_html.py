"""Finding the article in a web page, and the parts that are kept."""

# ruff: noqa: RUF001 -- samples in other scripts

from __future__ import annotations

import pytest

from qa.documents.formats.html import read_html
from qa.documents.formats.markup import html_text

PROSE = (
    "The colony was founded in 1841 by traders from the coast, who built a harbour and a road to the hills.",
    "Its population grew quickly after the railway was opened, and by 1901 it had more than forty thousand people.",
    "Trade in tea and timber made it rich, although two fires destroyed most of the old town near the water, "
    "and what was left of it was pulled down later for a wider street and the first houses of stone along the quay.",
    "The harbour was closed to large ships in 1956, and the island has lived from visitors ever since then.",
)
GOVERNOR = (
    "The governor lives in a white house above the bay, which is open to all visitors on Sundays and on holidays."
)
MENU = "<nav><ul><li><a href='/'>Home</a></li><li><a href='/news'>All the news of today</a></li></ul></nav>"
COOKIES = "<div class='cookie-banner'><p>We use cookies to improve your experience on our pages.</p></div>"
RELATED = (
    "<div class='related'><h3>More on this</h3><ul><li><a href='/1'>Ten islands that you should visit now</a></li>"
    "<li><a href='/2'>The railway that was never finished</a></li></ul></div>"
)
COMMENTS = "<div id='comments'><h3>2 comments</h3><p>Nice article, thank you very much for it!</p></div>"
FOOTER = "<footer><p>Copyright 2020 The Daily. All rights reserved by us and our partners.</p></footer>"


def page(inside: str, *, article: str = "article") -> str:
    """Return an article of four paragraphs, the last one after the given HTML, on a page of a news site."""
    first, last = "".join(f"<p>{text}</p>" for text in PROSE[:3]), f"<p>{PROSE[3]}</p>"
    body = f"<{article}><h1>The Island</h1>{first}{inside}{last}</{article}>"
    head = f"<html><head><title>The Island</title>{'<script>1</script>' * 3}</head>"
    return f"{head}<body>{MENU}{COOKIES}<div class='page'>{body}</div>{RELATED}{COMMENTS}{FOOTER}</body></html>"


def text_of(html: str) -> str:
    return read_html(html.encode(), "a.html").text


@pytest.mark.parametrize(
    ("inside", "kept"),
    [
        pytest.param(f"<p>{PROSE[0]}</p>", f"{PROSE[2]}\n\n{PROSE[0]}\n\n{PROSE[3]}", id="a paragraph that repeats"),
        pytest.param(
            "<dl><dt>Area</dt><dd>25 square miles</dd><dt>Capital</dt><dd>Port Mary</dd></dl>",
            "Area\n: 25 square miles\nCapital\n: Port Mary",
            id="list of definitions",
        ),
        pytest.param(
            f"<section id='sharing-the-harbour'><h2>2.1 Sharing the Harbour</h2><p>{GOVERNOR}</p></section>",
            f"\n\n## 2.1 Sharing the Harbour\n\n{GOVERNOR}\n\n",
            id="a section with an id like that of a part of the page",
        ),
        pytest.param(
            f"<div>{GOVERNOR}</div>",
            f"\n\n{GOVERNOR}\n\n",
            id="prose in a div",
        ),
        pytest.param(
            "<table class='infobox'><tr><th>Governor-General</th><td>Ann Lee</td></tr>"
            "<tr><th>Era</th><td>Crown colony era</td></tr></table>",
            "Governor-General | Ann Lee\nEra | Crown colony era",
            id="labels and values",
        ),
        pytest.param(
            "<table><thead><tr><th>Year</th><th>People</th></tr></thead><tbody><tr><td>1901</td><td>40,112</td></tr>"
            "<tr><td>1956</td><td>38,020</td></tr></tbody></table>",
            "Year | People\n--- | ---\n1901 | 40,112\n1956 | 38,020",
            id="header cells",
        ),
        pytest.param(
            "<table><tr><th colspan='2'>The census</th></tr><tr><th>Year</th><th>People</th></tr></table>",
            "The census\nYear | People",
            id="header cells alone",
        ),
        pytest.param(
            "<figure><img src='a.png'><figcaption>The old harbour before the second fire, as a painter of the town saw "
            "it.</figcaption></figure>",
            "\n\nThe old harbour before the second fire, as a painter of the town saw it.\n\n",
            id="caption",
        ),
        pytest.param(
            "<pre><code>mount /dev/sda1\n  --read-only</code></pre>",
            "```\nmount /dev/sda1\n  --read-only\n```",
            id="code",
        ),
        pytest.param(
            "<ul><li>Fish<ul><li>cod</li><li>eel</li></ul></li><li>Fruit</li></ul>",
            "- Fish\n  - cod\n  - eel\n- Fruit",
            id="nested lists",
        ),
        pytest.param(
            "<ol start='3'><li>cod</li><li value='7'>eel</li><li>ray</li></ol>",
            "3. cod\n7. eel\n8. ray",
            id="numbers of a list",
        ),
        pytest.param(
            "<h2>Laws<a class='headerlink' href='#laws'>\xb6</a></h2>"
            "<dl><dt>Act 1</dt><dd><p>It protects fish.</p></dd></dl>",
            "## Laws\n\nAct 1\n: It protects fish.",
            id="link to the heading itself",
        ),
        pytest.param(
            "<h2>Ingredients</h2><ul><li>1 chicken</li><li>4 cups of water</li><li>salt</li></ul>",
            "## Ingredients\n\n- 1 chicken\n- 4 cups of water\n- salt",
            id="ingredients",
        ),
        pytest.param(
            "<h2>History</h2><h3>Early years</h3><p>Little is known of them, except from letters of the traders.</p>",
            "## History\n\n### Early years\n\nLittle is known",
            id="headings",
        ),
        pytest.param(
            "<p>hy\xadphen\u200bated and <ruby>\u6771<rp>(</rp><rt>higashi</rt><rp>)</rp></ruby> are read once.</p>",
            "\n\nhyphenated and \u6771 are read once.\n\n",
            id="soft hyphens and ruby",
        ),
        pytest.param(
            "<p>About 10<sup>6</sup> people on 5 km<sup>2</sup> lived there in 1901<sup>[3]</sup>, it is said.</p>",
            "About 10\u2076 people on 5 km2 lived there in 1901[3], it is said.",
            id="powers of ten",
        ),
    ],
)
@pytest.mark.parametrize("article", ["article", "div"])
def test_what_is_in_an_article_is_kept_and_the_rest_of_the_page_is_not(inside: str, kept: str, article: str) -> None:
    text = text_of(page(inside, article=article))
    assert kept in text
    assert all(text.count(prose) == 1 + inside.count(prose) for prose in PROSE)
    for unwanted in ("Home", "cookies", "More on this", "never finished", "comments", "Nice article", "Copyright"):
        assert unwanted not in text


@pytest.mark.parametrize(
    ("formula", "text"),
    [
        pytest.param("<msup><mn>10</mn><mn>6</mn></msup>", "10^6", id="power"),
        pytest.param("<mn>2</mn><mfrac><mn>1</mn><mn>4</mn></mfrac>", "2 1/4", id="fraction"),
        pytest.param(
            "<mfrac><mrow><mi>a</mi><mo>+</mo><mi>b</mi></mrow><msqrt><mi>c</mi></msqrt></mfrac>",
            "(a+b)/\u221a(c)",
            id="brackets",
        ),
        pytest.param("<msubsup><mi>x</mi><mi>i</mi><mn>2</mn></msubsup>", "x_i^2", id="index and power"),
        pytest.param("<mi>a</mi><br><p>b</p><mfrac><mn>1</mn>", "a\n\nb\n\n1", id="damaged"),
    ],
)
def test_formulas_are_read_as_people_type_them(formula: str, text: str) -> None:
    assert html_text(f"<math>{formula}</math>") == text


@pytest.mark.parametrize(
    "html",
    [
        "<article><h1>Bees</h1><p>They dance.</p></article>",
        "<script>1</script><main><h1>Bees</h1>They dance.</main>",
        "<section><h1>Bees</h1></section>They dance.",
        "<section><h1>Bees</h1></section><p>They dance.</p>",
    ],
)
def test_tags_of_the_head_and_the_body_may_be_omitted(html: str) -> None:
    assert text_of(f"<!DOCTYPE html><meta charset=utf-8><title>Hive</title>{html}") == "# Bees\n\nThey dance."


@pytest.mark.parametrize("tag", ["p", "h2", "div"])
def test_the_lead_between_the_headline_and_the_text_is_kept(tag: str) -> None:
    lead = "Bees tell each other where food is by a dance, as Karl von Frisch found out."
    head = f"<h1>Why bees dance</h1><span>3 May</span><div class='teaser'><{tag}>{lead}</{tag}></div>"
    body = "".join(f"<p>{text}</p>" for text in PROSE)
    article = f"<div class='content'>{head}<div class='article-body'>{body}</div></div>"
    text = text_of(f"<html><head>{'<script>1</script>' * 3}</head><body>{MENU}{article}{RELATED}</body></html>")
    assert lead in text
    assert "3 May" not in text


@pytest.mark.parametrize(
    "button", ["<button {}>{}</button>", "<h3><button>{1}</button></h3>"], ids=["alone", "heading"]
)
def test_questions_on_buttons_that_open_their_answers_are_kept(button: str) -> None:
    questions = ["What does the ferry cost?", "May I bring a dog?", "When does the last ferry leave?"]
    panels = ""
    for number, (question, answer) in enumerate(zip(questions, PROSE, strict=False), start=1):
        asked = button.format(f"aria-expanded='false' aria-controls='a{number}'", question)
        panels += f"<div>{asked}<div id='a{number}'{' hidden' * (number > 1)}><p>{answer}</p></div></div>"
    actions = "<button>Share this page now</button><button aria-expanded='false'>Show more</button>"
    menu = "<button aria-haspopup='true' aria-expanded='false'>Choose your language here</button>"
    text = f"<h1>The Island</h1><p>{GOVERNOR}</p><h2>Questions</h2>{panels}{actions}{menu}<p>{PROSE[3]}</p>"
    text = text_of(
        f"<html><head>{'<script>1</script>' * 3}</head><body>{MENU}<article>{text}</article>{FOOTER}</body></html>"
    )
    for question, answer in zip(questions, PROSE, strict=False):
        assert f"### {question}\n\n{answer}" in text
    for action in ("Share", "Show more", "language"):
        assert action not in text


def test_the_headings_and_notes_of_a_manual_are_kept() -> None:
    sections = "".join(
        f"<div class='sect1'><div class='titlepage'><div><h2 class='title'>1.{number}. Part {number}</h2></div></div>"
        f"<p>{prose}</p><p>{prose}</p><div>{prose}</div><div class='note'><h3>Note</h3>"
        f"<div>See {number} again.</div></div></div>"
        for number, prose in enumerate(PROSE, start=1)
    )
    text = text_of(f"<html><body><div class='chapter'>{sections}</div></body></html>")
    for number, prose in enumerate(PROSE, start=1):
        assert f"## 1.{number}. Part {number}\n\n{prose}\n\n{prose}\n\n{prose}" in text
    assert "### Note\n\nSee 2 again." in text


def test_a_box_at_the_side_of_a_manual_is_kept() -> None:
    box = "<div class='sidebar'><p>BACK TO BASICS</p><div>A shell is a program that runs what you type.</div></div>"
    paragraphs = "".join(f"<p>{text}</p>" for text in PROSE) * 3
    text = text_of(f"<html><body>{MENU}<div>{box}{paragraphs}</div>{FOOTER}</body></html>")
    assert text.startswith("BACK TO BASICS\n\nA shell is a program that runs what you type.\n\nThe colony")
    assert "Home" not in text
    assert "Copyright" not in text


def test_a_short_article_is_kept_without_the_menu() -> None:
    html = f"<html><body>{MENU}<h1>Bees</h1><p>They dance.</p>{FOOTER}</body></html>"
    assert text_of(html) == "# Bees\n\nThey dance."


def test_a_page_of_which_little_is_kept_gets_a_note(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qa.documents.formats.html._trafilatura_texts", lambda _tree: (list(PROSE), list(PROSE)))
    stories = "".join(
        f"<section><p>{' '.join(f'word{n}x{word}' for word in range(40))}</p></section>" for n in range(30)
    )
    article = read_html(page("").replace("</body>", f"{stories}</body>").encode(), "a.html")
    assert article.text == "\n\n".join(PROSE)
    assert article.notes == ("only 8% of this page's words were kept",)


def linked(text: str) -> str:
    """Return HTML in which what is in brackets is a link."""
    return text.replace("[", "<a href='/x'>").replace("]", "</a>")


BEES = {
    "Japanese": (
        "[ミツバチ]（蜜蜂）は、[ハチ目]（[膜翅目]）[ミツバチ科]の[ミツバチ属]に属する[昆虫]の総称で、[花]の[蜜]を加工して[巣]に蓄える。",
        "[世界]に9種が知られ、とくに[セイヨウミツバチ]は全世界で[養蜂]に用いられており、24の[亜種]が知られている。",
        "[トウヨウミツバチ]は[アジア]に広く[分布]する。",
        "[女王蜂]と[働き蜂]は[メス]であり、[オス]は[働き蜂]よりも大きい。[春]には[分蜂]が起こる。",
        ("メインページ", "コミュニティ・ポータル", "最近の出来事", "おまかせ表示", "お問い合わせ"),
    ),
    "Chinese": (
        "[蜜蜂]是[膜翅目]、[蜜蜂科]、[蜜蜂属]的[昆虫]，以[花粉]和[花蜜]為食，並且釀造[蜂蜜]，在[農業]中有重要的地位。",
        "[世界]上已知有九種，其中[西方蜜蜂]在全世界用於[養蜂業]，已知有二十四個[亞種]，分佈很廣。",
        "[東方蜜蜂]廣泛分佈於[亞洲]，也有人飼養[牠們]。",
        "[蜂后]和[工蜂]都是[雌性]，而[雄蜂]比[工蜂]大得多。到了[春天]，蜂群就會[分蜂]，離開原來的蜂巢，另外建立新的家。",
        ("首頁最新消息", "社群入口網站", "最近的更改", "隨機頁面", "聯絡我們"),
    ),
    "Thai": (
        "[ผึ้ง]เป็น[แมลง]สังคมที่อยู่ใน[วงศ์ผึ้ง]และเก็บ[น้ำหวาน]จาก[ดอกไม้]มาทำเป็น[น้ำผึ้ง]ไว้ใน[รัง]ของมันเอง",
        "ทั่วโลกมี[ผึ้ง]เก้าชนิด โดยเฉพาะ[ผึ้งพันธุ์]นั้นถูกนำไปใช้ใน[การเลี้ยงผึ้ง]ทั่วโลกและมี[ชนิดย่อย]มากมาย",
        "[ผึ้งโพรง]อาศัยอยู่ทั่วไปใน[เอเชีย]และมีการเลี้ยง[กัน]มาก",
        "[นางพญา]และ[ผึ้งงาน]เป็น[เพศเมีย] ส่วนผึ้งตัวผู้ตัวใหญ่กว่า[ผึ้งงาน]มาก เมื่อถึงฤดูใบไม้ผลิก็จะแยกรัง",
        ("หน้าหลัก", "เหตุการณ์ปัจจุบัน", "ถามคำถาม", "บทความคัดสรร", "ติดต่อเรา"),
    ),
}  # fmt: skip


@pytest.mark.parametrize(("first", "second", "item", "last", "menu"), BEES.values(), ids=BEES)
def test_prose_with_many_links_is_kept_in_scripts_without_spaces(
    first: str, second: str, item: str, last: str, menu: tuple[str, ...]
) -> None:
    links = "".join(f"<li><a href='/{number}'>{text}</a></li>" for number, text in enumerate(menu))
    html = (
        f"<html><head><title>蜂</title>{'<script>1</script>' * 3}</head><body><div><ul>{links}</ul></div>"
        f"<div><p>{linked(first)}</p><p>{linked(second)}</p><ul><li>{linked(item)}</li></ul>"
        f"<div>{linked(last)}</div><p>{linked(second)}</p></div><div><ul>{links}</ul></div></body></html>"
    )
    first, second, item, last = (text.replace("[", "").replace("]", "") for text in (first, second, item, last))
    assert text_of(html) == f"{first}\n\n{second}\n\n- {item}\n\n{last}\n\n{second}"


def test_deleted_text_is_left_out_with_a_note() -> None:
    article = read_html(page("<p>The fee is <del>30</del><ins>40</ins> euros.</p>").encode(), "a.html")
    assert "The fee is 40 euros." in article.text
    assert article.notes == ("1 deletion was left out",)


def test_the_data_for_programs_in_a_financial_report_are_left_out() -> None:
    data = "<ix:header><ix:hidden><ix:x>http://fasb.org/2024#Revenues</ix:x></ix:hidden></ix:header>" * 50
    report = "".join(f"<div>{text}</div>" for text in PROSE)
    assert text_of(f"<html><body><div style='display:none'>{data}</div>{report}</body></html>") == "\n\n".join(PROSE)


def test_a_page_whose_only_text_is_hidden_is_read() -> None:
    assert text_of(f"<html><body><div style='display:none'>{' '.join(PROSE)}</div></body></html>") == " ".join(PROSE)


def test_paragraphs_left_out_are_noted() -> None:
    comment = (
        "I have lived on the island for years, and the ferry has never been as late as it was in that winter, has it?"
    )
    html = page("").replace("</div><footer>", f"<p>{comment}</p><p>{comment} Yes.</p></div><footer>")
    article = read_html(html.encode(), "a.html")
    assert article.text == "# The Island\n\n" + "\n\n".join(PROSE)
    assert article.notes == ("2 paragraphs outside the article were left out (49 words)",)
    assert read_html(page("").encode(), "a.html").notes == ()


@pytest.mark.parametrize(
    ("html", "text"),
    [
        pytest.param("<p>蜜蜂は\n   花の<b>蜜</b>\nを集める。\n春。</p>", "蜜蜂は花の蜜を集める。春。", id="Japanese"),
        pytest.param("<h2>蜜蜂\nの巣</h2>", "## 蜜蜂の巣", id="heading"),
        pytest.param("<p>蜜蜂は\nBees\nと 花</p>", "蜜蜂は Bees と 花", id="spaces that are shown"),
        pytest.param("<p>꿀벌은\n꽃을</p>", "꿀벌은 꽃을", id="Korean"),
        pytest.param("<pre>蜜\n蜂</pre>", "```\n蜜\n蜂\n```", id="preformatted"),
    ],
)
def test_a_line_end_of_the_source_is_no_space_in_chinese_or_japanese(html: str, text: str) -> None:
    assert html_text(html) == text


REGISTER = [("1", "Lease of the quay", "1841"), ("2", "Bylaws of the harbour", "1901"), ("3", "Map", "1956")]


def test_cells_that_are_links_are_kept_with_their_rows() -> None:
    rows = "".join(
        f"<tr><td><p>{number}</p></td><td><p><a href='/'>{name}</a></p></td><td><p>{year}</p></td></tr>"
        for number, name, year in REGISTER
    )
    text = text_of(page(f"<table>{rows}</table>"))
    assert "\n".join(" | ".join(row) for row in REGISTER) in text


def test_links_beside_an_article_that_is_a_cell_are_left_out() -> None:
    menu = "".join(f"<div><a href='/{number}'>{name}</a></div>" for number, name, _ in REGISTER)
    prose = "".join(f"<p>{text}</p>" for text in PROSE)
    text = text_of(f"<html><body><table><tr><td>{menu}</td><td>{prose}</td></tr></table></body></html>")
    assert all(paragraph in text for paragraph in PROSE)
    assert "Bylaws of the harbour" not in text


def links(*names: str) -> str:
    return "".join(f"<li><a href='/{number}'>{name}</a></li>" for number, name in enumerate(names))


@pytest.mark.parametrize(
    ("inside", "kept"),
    [
        pytest.param(
            f"<p>The ferry calls at these islands:</p><ul>{links('North Rock', 'Bell Isle')}</ul>",
            "islands:\n\n- North Rock\n- Bell Isle\n\n",
            id="announced by a sentence",
        ),
        pytest.param(
            f"<h2>Villages</h2><ul>{links('North Rock', 'Bell Isle')}</ul>",
            "## Villages\n\n- North Rock\n- Bell Isle\n\n",
            id="announced by a heading",
        ),
        pytest.param(
            f"<div><ol>{links('North Rock', 'Bell Isle')}</ol></div>",
            "\n\n1. North Rock\n2. Bell Isle\n\n",
            id="between paragraphs",
        ),
        pytest.param(
            "<h2>People</h2><ul><li><a href='/a'>Ann Bell</a>, painter</li><li><a href='/b'>Bo Ek</a>, poet</li></ul>",
            "## People\n\n- Ann Bell, painter\n- Bo Ek, poet\n\n",
            id="items with words of their own",
        ),
        pytest.param(
            f"<ul><li>Islands that are in the bay<ul>{links('North Rock', 'Bell Isle')}</ul></li><li>Hills</li></ul>",
            "- Islands that are in the bay\n  - North Rock\n  - Bell Isle\n- Hills",
            id="within an item",
        ),
        pytest.param(
            "<dl><dt><a href='/a'>Oats</a></dt><dd>80 g of the coarse sort</dd>"
            "<dt><a href='/b'>Salt</a></dt><dd>one pinch, or two</dd></dl>",
            "Oats\n: 80 g of the coarse sort\nSalt\n: one pinch, or two",
            id="terms",
        ),
        pytest.param(
            "<table><tr><th>Capital</th><td>Port Mary</td></tr>"
            f"<tr><th>Languages</th><td><ul>{links('Dutch', 'Welsh')}</ul></td></tr>"
            "<tr><th><a href='/a'>Governor</a></th><td><a href='/b'>Ann Lee</a> since 1999</td></tr>"
            "<tr><th>Rivers</th><td><ul><li>60% <a href='/c'>Oder Water</a></li></ul></td></tr></table>",
            "Capital | Port Mary\nLanguages | Dutch Welsh\nGovernor | Ann Lee since 1999\nRivers | 60% Oder Water",
            id="cells",
        ),
    ],
)
@pytest.mark.parametrize("article", ["article", "div"])
def test_lists_and_cells_of_links_are_kept_where_they_belong_to_the_text(inside: str, kept: str, article: str) -> None:
    text = text_of(page(inside, article=article))
    assert kept in text
    assert "Ten islands" not in text


HEADLINES = ("Ten islands that nobody should visit in winter", "The railway to the hills was never finished at all")


@pytest.mark.parametrize(
    ("inside", "items"),
    [
        pytest.param(f"<ul>{links(*HEADLINES)}</ul>", 2, id="headlines"),
        pytest.param(f"<h3>Latest news</h3><ul>{links('Fires', 'Floods')}</ul>", 2, id="heading of a menu"),
        pytest.param("<ul><li><a href='#a'>Early years</a></li><li><a href='#b'>Trade</a></li></ul>", 0, id="contents"),
        pytest.param(f"<div class='toc'><ul>{links('Early years', 'Trade')}</ul></div>", 0, id="marked as contents"),
    ],
)
def test_links_to_other_articles_are_left_out_with_a_note(inside: str, items: int) -> None:
    article = read_html(page(inside).encode(), "a.html")
    assert article.text == "# The Island\n\n" + "\n\n".join(PROSE)
    expected = f"{items} linked items within the article were left out"
    assert [note.split(" (")[0] for note in article.notes] == [expected] * (items > 0)
