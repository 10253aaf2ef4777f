"""Items of announced lists, and of enumerations in a sentence."""

from __future__ import annotations

from dataclasses import replace

import pytest

from qa.answering.evidence import Evidence
from qa.answering.lists.enumerations import clause_around, enumeration
from qa.answering.lists.search import announced_list, list_after, list_around
from qa.answering.questions.kinds import classify
from qa.answering.replies.lists import MORE, announcing_sentence_reply, gathered_reply, list_reply
from qa.answering.reply import compose
from qa.answering.subjects.other_subject import is_opposite
from qa.protocols import AnswerSpan, SpanFeatures
from qa.settings import Settings
from qa.types import Document, Passage, SentenceMatch

FEATURES = SpanFeatures(*[0.0] * 10)


def items(question: str, text: str, name: str = "a.md") -> list[str] | None:
    document = Document(name, text, "Guide", name)
    passage = Passage(name, 0, len(text), text, None, 1.0, 1.0, 1.0)
    found = announced_list(question, [passage], {name: document}, 0.5)
    return None if found is None else [text[start:end] for start, end in found.items]


@pytest.mark.parametrize(
    ("question", "text", "expected"),
    [
        ("Which tools do I need?", "# Tools\n\n- a saw\n- a file,\n- glue\n", ["a saw", "a file", "glue"]),
        ("Give me the steps for descaling.", "## Descaling\n\n1. Fill it\n2. Rinse it\n", ["Fill it", "Rinse it"]),
        ("Which guides are there?", "# Guide\n\n## Descaling\n\n1. Fill it\n2. Rinse it\n", None),
        ("List the steps.", "## Steps\n\n1. Cut\n2. Sand it\n", ["Cut", "Sand it"]),
        ("What are the duties of members?", "3. Duties\n\nEach member shall:\n(a) row,\n(b) help, and\n(c) pay.\n",
         ["row", "help", "pay."]),
        ("What must be done before use?", "## Before use\n\n1. Fill it\n2. Close it\n", ["Fill it", "Close it"]),
        ("What is not insured?", "## Not insured\n\nB1. Floods.\n\nB2. Pets.\n\n## Duties\n\nPay.\n",
         ["Floods.", "Pets."]),
        ("What changed in 1858?", "# Duties change\n\n- She cleans.\n- She flies.\n", None),
        ("Which tools do I need?", "# Colours\n\n- red\n- green\n", None),
        ("Which tools do I need?", "# Tools\n\n- a saw\n", None),
        ("What kinds of bee live in a colony?", "# The colony\n\nA worker:\n\n- She cleans.\n- She flies.\n",
         None),
        ("What are members obliged to do?", "# Boats\n\nWait.\n\n# Work\n\nEach member shall:\n(a) row,\n(b) pay.\n",
         ["row", "pay."]),
        ("What are the duties of owners?", "3. Duties of guests\n\nEach guest shall:\n(a) row,\n(b) pay.\n", None),
        ("For which reasons may a stay be ended?", "5. Rent\n5.1 It is due in May.\n5.2 A stay may be ended if:\n"
         "(a) rent is late,\n(b) noise is made.\n5.3 All agree.\n", ["rent is late", "noise is made."]),
        ("What must not be put in the guide?", "# Guide\n\n## What does not belong here\n\n- glue\n- ink\n",
         ["glue", "ink"]),
        ("What must not be put in the guide?", "# Guide\n\n## If it does not open\n\n- pull\n- push\n", None),
        ("What am I not allowed to do?", "## Rules\n\nOn the slip you must not\n\n- row\n- fish\n", ["row", "fish"]),
        ("What are the requirements for guides?", "## Requirements for guides\n\n1.1 A guide must show\n- a pass\n"
         "- a map\n\n1.2 A guide who was late is out.\n\n1.3 Two guides may share.\n", ["a pass", "a map"]),
        ("What was fixed in 2.4?", "## 2.4.0\n\n### Fixed\n\n- A leak\n\n## 2.3.0\n\n### Fixed\n\n- A crash\n",
         ["A leak"]),
        ("What was added in 2.4?", "## 2.4.0\n\n### Fixed\n\n- A leak\n\n## 2.3.0\n\n### Added\n\n- A map\n", None),
        ("What can be washed?", "## Not to be washed\n\n- silver\n- wood\n", None),
        ("Which clubs are free?", "## Clubs\n\n- Chess: free\n- Drama: 10 euros\n- Choir: free\n",
         ["Chess: free", "Choir: free"]),
        ("Which clubs meet on Mondays?", "## Clubs\n\n- Chess: Mondays\n- Drama: Fridays\n", ["Chess: Mondays"]),
        ("What does the letter say?", "The letter will:\n\n- say when you leave\n- name the payment\n",
         ["say when you leave", "name the payment"]),
        ("What must be done before the first use?", "Before the first use:\n\n- Fill it\n- Test it\n",
         ["Fill it", "Test it"]),
        ("What is the chair responsible for?", "## Chair\n\n1. The chair is responsible for:\n   1. Keys; and\n"
         "   1. Letters.\n1. The chair wears a hat.\n", ["Keys", "Letters."]),
        ("What is the chair responsible for?", "The vice-chair is responsible for:\n\n- Keys\n- Letters\n", None),
        ("What are members responsible for?", "## Rights and responsibilities\n\nMembers have the right to:\n\n- row\n"
         "- vote\n\nMembers are responsible for:\n\n- dues\n- keys\n", ["dues", "keys"]),
        ("What are the duties of the chair?", "## Chair\n\nThe chair is responsible for:\n\n- keys\n- letters\n",
         ["keys", "letters"]),
        ("What do the duties of guides include?", "## Guides\n\n- A guide is not bound to one walk. Duties of guides "
         "include, but are not limited to, the following:\n  - maps\n  - keys\n- A guide is paid.\n", ["maps", "keys"]),
        ("What are the golden rules for labs?", "# Rules for labs\n\n## Golden rules\n\n| Rule | Why |\n| --- | --- |\n"
         "| Be calm | Fear harms |\n| Be clean | Dirt harms |\n", ["Be calm", "Be clean"]),
        ("Which rooms have a sink?", "## Rooms\n\n| Room | Sink |\n| --- | --- |\n| A | no |\n| B | yes |\n", None),
        ("Which lodges have a pool?", "## Pools\n\n**Oak lodge**\n\n- Phone: 1\n- Place: hill\n\n**Elm lodge**\n\n"
         "- Phone: 2\n- Place: lake\n", ["**Oak lodge**", "**Elm lodge**"]),
        ("Which lodges have a sauna?", "## Pools\n\n**Oak lodge**\n\n- Phone: 1\n- Place: hill\n\n**Elm lodge**\n\n"
         "- Phone: 2\n- Place: lake\n", None),
        ("Which officers are there?", "## Officers\n\n### President\n\n- She opens it.\n- She signs.\n\n### Clerk\n\n"
         "- He writes.\n- He has the keys.\n", None),
        ("Which cold dishes are there for guests with allergies?", "**Cold dishes:** rice, soup, allergy tea, plums\n",
         ["rice", "soup", "allergy tea", "plums"]),
    ],
)  # fmt: skip
def test_a_list_is_found_by_what_announces_it(question: str, text: str, expected: list[str] | None) -> None:
    assert items(question, text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Do not wash:\n\n- silver,\n- wood\n\nEnjoy.", ["silver", "wood"]),
        (
            "It ends if:\n\n* it rains (or\n  snows); and\n* it is late.\n\nElse not.",
            ["it rains (or\n  snows)", "it is late."],
        ),
        ("He may end it if\n(a) it rains, or\n(b) it snows.\n\n7. Law", ["it rains", "it snows."]),
        ("We meet at noon.\n\n- silver\n- wood\n", None),
        ("The following is paid with the wage.\n\n- food\n- rent\n", ["food", "rent"]),
        ("Do not wash:\n\n- silver\n", None),
        ("- silver\n- wood\n", None),
    ],
)
def test_the_list_that_a_sentence_announces_is_found(text: str, expected: list[str] | None) -> None:
    end = text.index("\n")
    found = list_after(
        Document("a.md", text, "Guide", "a.md"), AnswerSpan("a.md", 0, 2, 0, end, 1.0, FEATURES, 1.0, 0.9)
    )
    assert (found and [text[slice(*one)] for one in found.items]) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Three banks offered:\n\n- Aurora, at 2 %\n- Seebank\n- Ostbank\n", ["Aurora, at 2 %", "Seebank", "Ostbank"]),
        ("## Alarm\n\na) stop it;\nb) read Seebank\n", ["stop it", "read Seebank"]),
        ("1. Fill it.\n2. Call Seebank.\n", ["Fill it.", "Call Seebank."]),
        ("- Fill it.\n- Call Seebank.\n", None),
        ("1. The bank pays.\n2. Seebank pays.\n", None),
        ("Banks:\n\n- Aurora\n- Ostbank\n\nSeebank is closed\n", None),
    ],
)
def test_the_list_that_a_span_is_an_item_of_is_found(text: str, expected: list[str] | None) -> None:
    start = text.index("Seebank")
    first, end = text.rfind("\n", 0, start) + 1, text.index("\n", start)
    span = AnswerSpan("a.md", start, start + 7, first, end, 1.0, FEATURES, 1.0, 0.9)
    found = list_around(Document("a.md", text, "Guide", "a.md"), span)
    assert (found and [text[slice(*one)] for one in found.items]) == expected


@pytest.mark.parametrize(
    ("sentence", "span", "expected"),
    [
        ("Present: Ann Lee (chair), Bo Ek, Cy Fox", "Bo Ek", ["Ann Lee (chair)", "Bo Ek", "Cy Fox"]),
        ("Mower, loading station, 200 pegs, hex key.", "pegs", ["Mower", "loading station", "200 pegs", "hex key"]),
        ("She enters purpose, dates and estimated costs.", "costs", ["purpose", "dates", "estimated costs"]),
        ("It sells bread, cakes and, in May, honey.", "bread, cakes", ["bread", "cakes", "honey"]),
        ("It runs on Linux, DOS 10 and later, and macOS.", "Linux, DOS 10", ["Linux", "DOS 10 and later", "macOS"]),
        ("Metal spoons and heat are bad.", "spoons and heat", ["Metal spoons", "heat"]),
        (
            "It stands in a hall with a stage, in a shed or in a barn.",
            "in a hall",
            ["in a hall with a stage", "in a shed", "in a barn"],
        ),
        ("She lent her drawing tools and a bell.", "tools and a bell", ["her drawing tools", "a bell"]),
        (
            "Filling: 300 g prawns (half chopped, half whole), shoots, oil",
            "oil",
            ["300 g prawns (half chopped, half whole)", "shoots", "oil"],
        ),
        ("The plots (numbers 6, 14 and 22) are free.", "numbers 6, 14 and 22", ["6", "14", "22"]),
        ("It carried coal, salt and grain.", "coal, salt and grain", ["coal", "salt", "grain"]),
        ("It carried coal, salt and grain.", "salt", ["coal", "salt", "grain"]),
        ("It carried coal, salt, and grain because it paid.", "coal", ["coal", "salt", "grain"]),
        ("Prices rose in May and June, while wages fell.", "May and June", ["May", "June"]),
        ("It carried coal.", "coal", []),
        ("It has a list and a profit and loss sheet.", "a list", ["a list", "a profit and loss sheet"]),
        ("In the late Iron Age, elks, boars and aurochs were hunted.", "elks", ["elks", "boars", "aurochs"]),
        ("They need it for two main purposes: heat and light.", "for two main purposes", ["heat", "light"]),
        ("Add any benefits as well (phone, health, etc.).", "any benefits", ["phone", "health"]),
        ("Pick your leave (holiday, sick, parental)", "holiday, sick, parental", ["holiday", "sick", "parental"]),
        ("Besides, they run events such as a fair, raffles and talks.", "a fair", ["a fair", "raffles", "talks"]),
        ("Examples include Hamlet, and also Macbeth.", "Hamlet", ["Hamlet", "Macbeth"]),
        (
            "It has a Chair, a Clerk, a Chief Guide, and others as it may elect.",
            "Chief Guide, and others as it may elect",
            ["a Chair", "a Clerk", "a Chief Guide", "others as it may elect"],
        ),
        ("**Assistants:** Ann Lee (labs, A and B), Bo Ek", "Ann Lee", ["Ann Lee (labs, A and B)", "Bo Ek"]),
        ("**Place:** Hill House, York", "Hill House", []),
        ("Present: Ann Lee, Bo Ek, Cy Fox and Di Orr", "Bo Ek", ["Ann Lee", "Bo Ek", "Cy Fox", "Di Orr"]),
        (
            "It dried 30,000 acres, ended malaria and fed many.",
            "dried 30,000 acres",
            ["dried 30,000 acres", "ended malaria", "fed many"],
        ),
        ("It needs Rust 2 or later and `cmake`.", "Rust 2 or later", ["Rust 2 or later", "`cmake`"]),
        ("The builder, Bell Works of York, cast it, shaped it and rang it.", "Bell Works of York", []),
        (
            "In it are Ann Lee (flat 4), Bo Ek\n(flat 5), and the Fox family.",
            "Ann Lee",
            ["Ann Lee (flat 4)", "Bo Ek\n(flat 5)", "the Fox family"],
        ),
        (
            "A: Return the keys, sweep the flat, and make an\n  inventory of it.",
            "Return the keys, sweep the flat, and make an\n  inventory",
            ["Return the keys", "sweep the flat", "make an\n  inventory"],
        ),
        (
            "The fee, the deposit and tickets for trips are kept.",
            "tickets for trips",
            ["The fee", "the deposit", "tickets for trips"],
        ),
        ("It carried wheat, brown coal and raw salt.", "salt", ["wheat", "brown coal", "raw salt"]),
        ("It carried coal, and the ship sank.", "ship", []),
        (
            'There are three: "Tie it!" for children, "Wind and work" for pupils and "Trade and war" for adults.',
            '"Tie it!" for children',
            ['"Tie it!" for children', '"Wind and work" for pupils', '"Trade and war" for adults'],
        ),
        ("Bad: the lid rattles, and the lamps blink, which disturbs.", "the lid rattles", []),
        (
            "It contains the completed form (Annex C), a map and the signed list.",
            "the completed form",
            ["the completed form (Annex C)", "a map", "the signed list"],
        ),
        (
            "Present are Ann Lee (chair), Bo Ek (room 3) and Cy Fox.",
            "Ann Lee",
            ["Ann Lee (chair)", "Bo Ek (room 3)", "Cy Fox"],
        ),
        ("Two platoons of soldiers refused to shoot and were dismissed.", "Two platoons of soldiers", []),
        ("Max Knoll read it at Bonn in 1967 and wrote a paper in German.", "Max Knoll", []),
        ("They kept geese by the gate and were robbed.", "geese", []),
        (
            "In May, two pilots of Lille, Eva Berg and Bo Ek, flew to Metz and put it on sale.",
            "Eva Berg and Bo Ek",
            ["Eva Berg", "Bo Ek"],
        ),
        (
            "She sold the mill, paid the men and left the town.",
            "sold the mill",
            ["sold the mill", "paid the men", "left the town"],
        ),
        (
            "Minors and anyone who has not paid must not enter the hall.",
            "Minors",
            ["Minors", "anyone who has not paid"],
        ),
        ("Solvents and scouring powder will damage the seals.", "Solvents", ["Solvents", "scouring powder"]),
        ("Ann fed the cat, and the dog had eaten.", "the cat", []),
        ("Not only the Bells but also the Ry Choir will sing.", "the Bells", ["the Bells", "the Ry Choir"]),
        ("It drew not only on songs but also on hymns.", "on hymns", ["on songs", "on hymns"]),
        (
            "Settings are read first in the file, then in the table and finally in `a.toml`.",
            "in the file",
            ["in the file", "in the table", "in `a.toml`"],
        ),
        ("First the stock is moved to the store, then shelves and walls are wiped.", "walls", ["shelves", "walls"]),
        ("She worked as a pianist, then as a copyist.", "a pianist", ["a pianist", "a copyist"]),
        ("She spoke both Welsh and Breton.", "Breton", ["Welsh", "Breton"]),
        ("The barn, along with the tower and the mill, was sold.", "The barn", ["The barn", "the tower", "the mill"]),
        ("Her teachers were Ann Lee and, for a term, the painter Bo Ek.", "Ann Lee", ["Ann Lee", "the painter Bo Ek"]),
        (
            "She won the Oak Cup in 1951 and the Elm Cup in 1964.",
            "the Oak Cup",
            ["the Oak Cup in 1951", "the Elm Cup in 1964"],
        ),
        ("Apply for a discount and a grant of \u00a32,000.", "a discount", ["a discount", "a grant of \u00a32,000"]),
        (
            "Call if your face or tongue swells, if you have trouble breathing, or if you faint.",
            "face or tongue swells",
            ["if your face or tongue swells", "if you have trouble breathing", "if you faint"],
        ),
        (
            "She takes syrup, strong pills such as morphine, or the drug Zed.",
            "morphine",
            ["syrup", "strong pills such as morphine", "the drug Zed"],
        ),
        (
            "Every state adopted the rules, including capital requirements, accounting standards and a code.",
            "capital requirements",
            ["capital requirements", "accounting standards", "a code"],
        ),
        (
            "The kit has a lamp, three cables, including one for the car, and a bag.",
            "a lamp",
            ["a lamp", "three cables", "a bag"],
        ),
        ("Both the father and the older sisters bring food.", "the older sisters", ["the father", "the older sisters"]),
        (
            "It lies where the Aune and the Tess meet, and borders the communes of Ry to the west and Vik to the east.",
            "the communes of Ry",
            ["the communes of Ry to the west", "Vik to the east"],
        ),
        (
            "Outside: The plot is large, with two pear trees, a pond and a shed.",
            "two pear trees, a pond and a shed",
            ["two pear trees", "a pond", "a shed"],
        ),
        (
            "The plot is large, with two pear trees, a pond and a shed.",
            "with two pear trees, a pond",
            ["two pear trees", "a pond", "a shed"],
        ),
        ("Members borrow books, films and - for a fee - tools.", "books", ["books", "films", "tools"]),
        (
            "**Switch:** I for running, 0 for off, A for a start with a connected power tool.",
            "0 for off",
            ["I for running", "0 for off", "A for a start with a connected power tool"],
        ),
        (
            "It has these modes: `eco`, `fast`,\n`strong`, `silent` or none.",
            "`eco`",
            ["`eco`", "`fast`", "`strong`", "`silent`"],
        ),
    ],
)
def test_an_enumeration_is_itemised(sentence: str, span: str, expected: list[str]) -> None:
    start = sentence.index(span)
    found = enumeration(sentence, AnswerSpan("a", start, start + len(span), 0, len(sentence), 1.0, FEATURES, 1.0, 1.0))
    assert [sentence[first:last] for first, last in found] == expected


PORTS = (
    "# Relay\n\n## Firewall\n\nYou need to open the following ports for\nincoming and outgoing traffic:\n\n"
    "- Port 22000: data\n- Port 21027: discovery\n"
)
HEARING = (
    "# Rules\n\n## Steps\n\nBefore any disciplinary hearing we send you the evidence, a letter and the "
    "possible outcomes for you.\n\nPossible outcomes include:\n\n- no further action\n- a warning\n"
)


@pytest.mark.parametrize(
    ("text", "question", "found", "expected"),
    [
        pytest.param(
            PORTS,
            "Which ports need to be opened?",
            "the following ports for\nincoming and outgoing traffic",
            ["Port 22000: data", "Port 21027: discovery"],
            id="it announces the list",
        ),
        pytest.param(
            HEARING,
            "What are the possible outcomes of a disciplinary hearing?",
            "the evidence, a letter and the possible outcomes for you",
            ["no further action", "a warning"],
            id="one of its items is what is asked for",
        ),
    ],
)
def test_an_enumeration_that_only_names_what_is_asked_for_is_not_the_list(
    text: str, question: str, found: str, expected: list[str]
) -> None:
    start = text.index(found)
    sentence = text.rfind("\n\n", 0, start) + 2, text.index("\n\n", start)
    span = AnswerSpan("a.md", start, start + len(found), *sentence, 1.0, FEATURES, 1.0, 0.9)
    passage = Passage(
        "a.md", 0, len(text), text, None, 1.0, 0.5, 0.5, (SentenceMatch(*sentence, sentence[0], 0.5, 0.5),)
    )
    documents = {"a.md": Document("a.md", text, "Rules", "a.md")}
    evidence = Evidence(question, classify(question), [span], [passage], documents, lambda _: [], Settings())
    reply = list_reply(evidence) or announcing_sentence_reply(evidence)
    assert reply is not None
    assert [part.text for part in reply.parts] == expected


def test_what_is_spread_over_sentences_is_gathered_and_may_be_more() -> None:
    text = "Anna Berg won in 2019. Nobody won in 2020. Carl Lind won in 2021.\n\nThe cup is heavy.\n"
    document = Document("cup.md", text, "The cup", "cup.md")

    def span(words: str, score: float, confidence: float) -> AnswerSpan:
        start = text.index(words)
        first, last = text.rfind(".", 0, start) + 1, text.index(".", start) + 1
        return AnswerSpan("cup.md", start, start + len(words), first, last, score, FEATURES, 1.0, confidence)

    spans = [span("Anna Berg", 5.0, 0.8), span("Carl Lind", 4.5, 0.7), span("heavy", 4.4, 0.1)]
    question = "Which runners won the cup?"
    evidence = Evidence(question, classify(question), spans, [], {"cup.md": document}, lambda _: [], Settings())
    reply = gathered_reply(evidence)
    assert reply is not None
    assert (reply.text, reply.lead) == ("Anna Berg\nCarl Lind", MORE)
    assert [part.citation for part in reply.parts] == [1, 2]
    assert [text[one.start : one.end] for one in reply.citations] == [one.text for one in reply.citations]
    assert [text[one.start : one.end] for one in reply.parts] == [one.text for one in reply.parts]
    assert gathered_reply(replace(evidence, spans=spans[:1])) is None


@pytest.mark.parametrize(
    ("text", "question", "found"),
    [
        ("A guest must sign the form and the bill.", "What must a guest sign?", "the form and the bill"),
        ("Robin's family, his friends and everyone heard it.", "Who heard it?", "everyone"),
        ("Salem and Albany are in Oregon, and it rains.", "What state is Salem in?", "Oregon"),
        ("The box has big compartments and padding.", "What keeps things from rattling?", "padding"),
    ],
)
def test_a_question_for_a_fact_gets_the_words_found_without_what_is_enumerated_beside_them(
    text: str, question: str, found: str
) -> None:
    start = text.index(found)
    span = AnswerSpan("a.md", start, start + len(found), 0, len(text), 1.0, FEATURES, 1.0, 0.9)
    passage = Passage("a.md", 0, len(text), text, None, 1.0, 0.5, 0.5, (SentenceMatch(0, len(text), 0, 0.5, 0.5),))
    documents = {"a.md": Document("a.md", text, "Note", "a.md")}
    reply = compose(Evidence(question, classify(question), [span], [passage], documents, lambda _: [], Settings()))
    assert reply is not None
    assert reply.span
    assert text[slice(*reply.span)] == found


def test_a_denial_in_another_clause_does_not_deny() -> None:
    text = "No ship could carry it, so the load was shared by the Anna and the Berta."
    start = text.index("the Anna")
    span = AnswerSpan("a.md", start, start + 8, 0, len(text), 1.0, FEATURES, 1.0, 0.9)
    clause = text[slice(*clause_around(text, span))]
    assert clause == "the load was shared by the Anna and the Berta"
    assert is_opposite("What ships carried it?", text)
    assert not is_opposite("What ships carried it?", clause)
