"""Details of the page that confused readers; each session checks several."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Browser, Locator, expect
from pypdfium2 import PdfDocument

from qa.text.lines import one_line
from qa.web import notices

from .conftest import Chat, article, cited, eventually, opened

JETS = "Which fighter jets did China buy?"
EGGS = "How many eggs can a queen lay in a day?"
UNANSWERED = "What is the boiling point of tungsten?"
LONG = "How many eggs can a queen lay in a day? " * 100
MIN_TARGET_PIXELS = 44  # CSS pixels of a touch target
# The layout shift when suggestions arrive.
MOVED = """selector => {
  const rest = [...document.querySelectorAll("#chat h2, #question, #source .bar, #source h1")];
  const tops = () => rest.map(each => each.getBoundingClientRect().top);
  const after = tops();
  document.querySelector(selector).replaceChildren();
  return tops().map((top, at) => Math.abs(top - after[at]));
}"""

# The links that a touch 20 pixels beside their centre misses
MISSED = """selector => [...document.querySelectorAll(selector)].filter(link => {
  link.scrollIntoView({ block: "center" });
  const box = link.getBoundingClientRect();
  const [x, y] = [(box.left + box.right) / 2, (box.top + box.bottom) / 2];
  const around = [[0, -20], [0, 20], [-20, 0], [20, 0]];
  return !around.every(([right, down]) => document.elementFromPoint(x + right, y + down) === link);
}).map(link => link.textContent)"""
CUT_OFF = """() => [...document.querySelectorAll("a, button, input, select, textarea, summary, p, li, h1, h2, dt, dd")]
  .filter(part => part.checkVisibility() && !part.closest(".hidden, .table, svg"))
  .filter(part => part.getBoundingClientRect().right > innerWidth || part.getBoundingClientRect().left < 0)
  .map(part => part.outerHTML.slice(0, 200))"""
UNCOVERED = """() => {
  const mark = document.querySelector("#source mark");
  return [...mark.getClientRects()].every(({ left, top, width, height }) =>
    document.elementFromPoint(left + width / 2, top + height / 2) === mark);
}"""
MOVING = """() => [...document.querySelectorAll("*")].filter(part => {
  const style = getComputedStyle(part);
  return `${style.animationDuration}, ${style.transitionDuration}`.split(", ").some(time => parseFloat(time) > 0.001);
}).map(part => part.outerHTML.slice(0, 200))"""


def test_a_conversation_of_many_states(chat: Chat) -> None:
    page = chat.page
    suggested = page.locator("#chat a.ask")
    expect(suggested.nth(2)).to_be_visible()
    page.get_by_role("link", name="Inside a Honeybee Colony").first.click()
    expect(page.locator("#source a.ask").first).to_be_visible()
    assert max(page.evaluate(MOVED, "#source .suggestions")) <= 1
    expect(page.locator("#question").get_by_role("button", name="Ask", exact=True)).to_be_visible()
    # Space presses a suggestion, which is a button.
    suggested.first.press("Space")
    expect(page.locator("#chat .answer .confidence")).to_have_count(1)
    expect(chat.mark.first).to_be_visible()

    # Beside an answer that declines, nothing is marked.
    chat.ask(UNANSWERED)
    expect(chat.mark).to_have_count(0)
    expect(page.locator("#source .articles")).to_be_visible()

    # A long question is folded, and complete when unfolded or copied.
    chat.box.fill(LONG)
    chat.box.press("Enter")
    question = page.get_by_test_id("user").last
    expect(page.locator("#chat .problem")).to_be_visible()
    folded = question.bounding_box()
    question.locator("summary").click()
    unfolded = question.bounding_box()
    assert folded is not None
    assert unfolded is not None
    assert folded["height"] < 250 < unfolded["height"]
    assert question.inner_text().strip() == LONG.strip()

    # In print all of it is shown, without buttons.
    question.locator("summary").click()
    with PdfDocument(page.pdf()) as paper:
        printed = one_line(" ".join(sheet.get_textpage().get_text_range() for sheet in paper))
    for part in page.locator("#chat").locator(".excerpt, .problem, .short").all():
        assert one_line(part.text_content() or "").replace(" ", "") in printed.replace(" ", "")
    assert printed.count("How many eggs can a queen lay in a day?") == 100
    page.emulate_media(media="print")
    expect(page.locator("#chat-column").get_by_role("button").or_(page.get_by_role("textbox"))).to_have_count(0)
    expect(page.locator("#source, #library, #model").filter(visible=True)).to_have_count(0)
    page.emulate_media(media="screen")

    # The cleared conversation is restored.
    before = chat.answers.all_text_contents()
    page.get_by_role("button", name="Clear").click()
    expect(chat.answers).to_have_count(0)
    expect(page.get_by_role("status").filter(has_text="Conversation cleared.")).to_be_visible()
    page.get_by_role("button", name="Undo").press("Space")
    expect(chat.answers).to_have_text(before)
    expect(page.get_by_text("Conversation cleared")).not_to_be_visible()


def test_a_folder_is_added_and_its_articles_are_sorted_filtered_and_selected(chat: Chat, tmp_path: Path) -> None:
    page = chat.page
    (tmp_path / "towns" / "far").mkdir(parents=True)
    for name, words in (("towns/bel.txt", 9), ("towns/far/ava.txt", 20), ("towns/far/cin.txt", 15)):
        (tmp_path / name).write_text(f"The town of {Path(name).stem} is old. " + "It is quiet. " * words)
    (tmp_path / "towns" / "view.bmp").write_bytes(b"\0")
    (tmp_path / "towns" / ".hidden.txt").write_text("Nobody reads this.")
    for expanded in (False, True):
        panel = page.get_by_role("button", name="Articles: ", expanded=expanded)
        panel.click()
    expect(panel).to_have_count(0)
    page.locator("#library").get_by_text("Articles: ").click()
    page.set_input_files("#add-folder", tmp_path / "towns")
    expect(page.locator("#outcomes .added")).to_have_count(3)
    expect(page.locator("#outcomes .failed")).to_have_text(re.compile(r"^towns left out, .*view\.bmp"))
    rows = page.locator("#article-list li:visible")
    titles = rows.locator("a")
    expect(rows).to_have_count(6)
    added = ["towns/far/cin.txt", "towns/far/ava.txt", "towns/bel.txt"]
    assert {str(box.get_attribute("value")) for box in rows.locator("input").all()} > set(added)
    page.get_by_label("Sort").select_option("By title")
    assert titles.all_text_contents() == sorted(titles.all_text_contents())
    page.get_by_label("Sort").select_option("Longest first")
    expect(titles.first).to_have_text("China and Russia: Partners by Degrees")

    page.get_by_label("Filter the list").fill("AVA")
    expect(titles).to_have_text(["Ava"])
    page.get_by_label("All", exact=True).check()
    expect(page.locator("#asking")).to_contain_text("Asking only: Ava")
    page.get_by_label("Filter the list").fill("")
    expect(rows).to_have_count(6)
    expect(page.locator("#article-list li input:checked")).to_have_count(1)
    page.get_by_label("All", exact=True).check()
    expect(page.locator("#library")).to_contain_text("6 of 6 selected")
    expect(page.locator("#asking p")).to_have_count(0)


def sizes(parts: Locator) -> list[tuple[str, float, float]]:
    boxes = [(part.text_content() or part.get_attribute("class") or "", part.bounding_box()) for part in parts.all()]
    return [(name.strip(), box["width"], box["height"]) for name, box in boxes if box is not None]


def test_a_phone_has_one_scroll_bar_and_large_targets(app: str, browser: Browser) -> None:
    with opened(browser, app, width=390, height=600) as chat:
        page = chat.page
        expect(page.locator("#chat a.ask").last).to_be_visible()
        assert page.evaluate("scrollY") == 0
        assert max(page.evaluate(MOVED, "#chat .suggestions")) <= 1
        # A word without spaces is broken.
        chat.ask(f"What is at https://example.org/{'very_long_name_' * 12}?")
        chat.ask(EGGS)
        link = chat.ask(JETS).locator("a.cite").first
        expect(link).to_be_in_viewport()
        page.locator("#library .label-wrap").click()
        expect(page.locator("#article-list li")).to_have_count(3)
        pressed = page.locator("#chat, #question, #save, #library").locator("button, a[role=button], summary, .tick")
        assert [each for each in sizes(pressed.filter(visible=True)) if min(each[1:]) < MIN_TARGET_PIXELS] == []
        assert page.evaluate(MISSED, "#chat .short a.cite") == []
        page.locator("#library .label-wrap").click()

        for selector in ("#chat .bubble-wrap", "#source .page"):
            assert page.locator(selector).evaluate("part => getComputedStyle(part).overflowY") == "visible"
        link.click()
        expect(chat.mark.first).to_be_in_viewport()
        expect(link).not_to_be_in_viewport()
        page.get_by_role("button", name="Back to the answer").click()
        expect(link).to_be_in_viewport()
        expect(chat.mark.first).not_to_be_in_viewport()

        # The narrowest phone, and a wide screen at 200%
        page.locator("#library .label-wrap").click()
        for width in (320, 640):
            page.set_viewport_size({"width": width, "height": 640})
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
            assert page.evaluate(CUT_OFF) == []
        page.locator("#library .label-wrap").click()

        # At 400%: the file name gives way to "Back to the answer" before the page scrolls, and no bar covers the text.
        page.set_viewport_size({"width": 320, "height": 256})
        page.locator("#source").get_by_text("All articles").click()
        link.click()
        chat.shows(article(cited(link)[0])[slice(*cited(link)[1:])])
        eventually(lambda: page.evaluate(UNCOVERED), True)

        page.emulate_media(reduced_motion="reduce")
        assert page.evaluate(MOVING) == []


def test_a_low_window_and_a_finger_on_a_wide_one(app: str, browser: Browser) -> None:
    with browser.new_context(has_touch=True) as context, opened(context, app, width=844, height=390) as chat:
        page = chat.page
        link = chat.ask(JETS).locator("a.cite").first
        for part in ("#source .page", "#chat"):
            box = page.locator(part).bounding_box()
            assert box
            assert box["height"] > 250, part
        pressed = page.locator("#chat, #question, #save, #library").locator("button, a[role=button], summary, .tick")
        assert [each for each in sizes(pressed.filter(visible=True)) if min(each[1:]) < MIN_TARGET_PIXELS] == []
        link.tap()
        chat.shows(article(cited(link)[0])[slice(*cited(link)[1:])])
        expect(chat.mark.first).to_be_in_viewport()


def test_a_folder_that_is_dropped_is_added(chat: Chat, tmp_path: Path) -> None:
    (tmp_path / "towns" / "far").mkdir(parents=True)
    (tmp_path / "towns" / "far" / "ava.txt").write_text("The town of Ava is old and quiet.")
    (tmp_path / "towns" / "view.bmp").write_bytes(b"\0")
    page = chat.page
    page.locator("#library").get_by_text("Articles: ").click()
    drop = page.locator("#add .drop")
    drop.scroll_into_view_if_needed()
    box = drop.bounding_box()
    assert box is not None
    browser = page.context.new_cdp_session(page)
    dragged = {"items": [], "files": [str(tmp_path / "towns")], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        at = {"x": box["x"] + 20, "y": box["y"] + 20}
        browser.send("Input.dispatchDragEvent", {"type": kind, "data": dragged, **at})
    expect(page.locator("#outcomes .added")).to_contain_text("Ava")
    expect(page.locator("#outcomes .failed")).to_contain_text("view.bmp")
    expect(page.locator('#article-list input[value="towns/far/ava.txt"]')).to_have_count(1)


def test_other_scripts_wide_tables_and_dark_scroll_bars(app: str, browser: Browser) -> None:
    text = (
        "# Cairo\n\n\u062a\u0623\u0633\u0633\u062a \u0627\u0644\u0642\u0627\u0647\u0631\u0629.\n\n"
        f"| Name | Age |\n|---|---|\n| {'a_name_without_spaces_' * 6} | 44 |\n"
    )
    with opened(browser, app, query="?__theme=dark") as chat:
        page = chat.page
        page.locator("#library").get_by_text("Articles: ").click()
        page.set_input_files("#add-files", {"name": "cairo.md", "mimeType": "", "buffer": text.encode()})
        shown = page.locator("#source .text")
        expect(shown.locator("td").first).to_be_attached()
        # The full stop of a paragraph that is written from right to left is at its left.
        first, last = shown.locator("p").first.evaluate(
            """part => [0, -1].map(index => {
              const range = new Range(), node = part.firstChild, at = index < 0 ? node.length - 1 : 0;
              range.setStart(node, at);
              range.setEnd(node, at + 1);
              return range.getBoundingClientRect().left;
            })"""
        )
        assert last < first
        # Only the table scrolls sideways.
        scrolls = "part => part.scrollWidth > part.clientWidth"
        assert [page.locator(each).evaluate(scrolls) for each in ("#source .table", "#source .page")] == [True, False]
        assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"


def test_a_figure_is_copied_with_its_note(chat: Chat) -> None:
    page = chat.page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    text = "# Quay Company\n\n(in thousands)\n\n| | 2022 | 2023 |\n|---|---|---|\n| Toll revenues | 31,043 | 33,207 |\n"
    page.locator("#library").get_by_text("Articles: ").click()
    page.set_input_files("#add-files", {"name": "quay.md", "mimeType": "", "buffer": text.encode()})
    expect(page.locator("#outcomes .added")).to_have_count(1)
    answer = chat.ask("What were the toll revenues of the Quay Company in 2023?")
    answer.locator("a.copy").click()
    expect(answer.locator("a.copy")).to_have_text("Copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("33,207 (The table says \u201cin thousands\u201d) [1]\n\n[1] \u201c| Toll revenues")


def test_a_text_too_long_for_a_question_is_offered_as_an_article(chat: Chat) -> None:
    page = chat.page
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    text = ("It was sold in the market. " * 800).strip()
    chat.box.fill("About this: ")
    page.evaluate("text => navigator.clipboard.writeText(text)", text)
    chat.box.press("Control+v")
    problem = page.locator("#add .problem")
    expect(problem).to_have_text(notices.LONG_PASTE.sentence(characters=f"{len(text):,}", limit="20,000"))
    expect(page.locator("#add-text")).to_have_value(text)
    expect(chat.box).to_have_value("About this: ")
    # A longer text is refused, and stays in the form.
    page.locator("#add-text").evaluate("field => { field.value = '\u00e9'.repeat(1_800_000) }")
    page.get_by_role("button", name="Add text").click()
    expect(problem).to_contain_text("The text has 3,600,002 bytes: the limit is 3,500,000;")
    assert page.locator("#add-text").evaluate("field => field.value.length") == 1_800_000
    page.locator("#add-text").fill(text)
    page.get_by_role("button", name="Add text").click()
    expect(page.locator("#outcomes .added")).to_have_count(1)
    expect(problem).to_have_count(0)
    expect(page.locator("#add-text")).to_have_value("")
