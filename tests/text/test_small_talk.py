"""Messages answered without a search, and questions that must not be."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from qa.text.small_talk import questions_answer, reply, without_pleasantries

TITLES = ["Inside a Honeybee Colony", "The Cable"]
QUESTIONS = Path(__file__).parents[2] / "data" / "questions"

REPLIES = {
    "Hello! Ask": """
        hi|Hi!|Hello|hello there|HELLO!!!|Hey|hey there :)|Good morning|Good evening!|Hi, hello|hello \U0001f44b
        |Howdy|Greetings|Hallo|Bonjour|Hi bot|Nice to meet you|hi again|Good afternoon everyone|hey, ok
        """,
    "All is well": """
        how are you?|Hello, how are you?|How do you do?|Hi! How are you doing today?|how's it going|What's up?
        """,
    "You are welcome": """
        thanks|Thanks!|Thank you|thank you very much|Thanks a lot!|thx|ok thanks|Great, thank you!|Many thanks
        |Thank you for your help|Thanks for the answer|thank you so much for that|perfect, thanks|cheers
        |Thanks, that helps|Danke|Thanks for all your help!|Thanks \U0001f64f
        """,
    "Goodbye": """
        bye|Goodbye!|Bye bye|see you later|ok bye|Have a nice day!|Thanks, bye!|Good night|That's all for now
        |that is all, thanks
        """,
    "Ask me a question": """
        ok|Okay.|cool|yes|No|great!|Interesting|I see|got it|test|wow|lol|that's helpful|never mind
        |Very interesting!|wow ok|no worries|ok, great|\U0001f44d|:)
        """,
    "I am a program": """
        Who are you?|what are you|Hello! Who are you?|What's your name?|Are you a robot?|are you human
        |Are you ChatGPT?|Are you an AI?|who made you?|Tell me about yourself|What is this?
        |What is this site for?|Am I talking to a human?|are you a real person|and who are you?|what is this app
        |Are you there?|Hi, what are you?
        """,
    "Ask a question about": """
        What can you do?|what do you do|How do you work?|how does this work?|Help|help me please
        |Can you help me?|What can I ask?|What kind of questions can I ask you?|How do I use this?
        |Can I ask you a question?|I have a question|What can you help me with?|Hi, what can you do?
        |what are you good at?|How do you know that?|what should I do here|Where do you get your answers from?
        |How does this site work?|Can I ask another question?
        """,
    "Every excerpt is": """
        Can I trust you?|Do you make things up?|Are you sure?|do you hallucinate?|Is that true?
        |How reliable are you?|no, that's wrong|where is that written?|you sure?|which page is that on?
        |Which article says so?|ok but are you sure about that|can you show me the source?
        """,
    "The articles are quoted": """
        translate that to German|can you translate it?|say that in spanish please
        """,
    "I answer from": """
        What articles do you have?|Which documents are there?|What do you know about?|what do you know?
        |list the articles|Show me all documents|What are these articles about?|what topics do you cover?
        |Which articles can I ask about?
        """,
}
SEARCHED = """
    Hello Kitty was created by whom?|Thanks to whom did the cable succeed?|Who are the Quad members?
    |What is this waggle dance?|What can you do with beeswax?|Hi, who was Cyrus Field?
    |Hello, when was the cable laid?|How do you work wax into comb?|How does this mite spread?|Who is Good?
    |Who made the cable?|What do drones do?|What are workers?|who are they?|Are you allowed to export the S-400?
    |Why?|and in 2014?|When did that happen?|Thanks. And in 2014?|What about drones?|How are the cells made?
    |How are you able to tell a queen from a worker?|How long?|What did the Queen say to greet the President?
    |Which messages of thanks were sent?|Is the first cable still there?|Can you trust China?
    |What is their name?|Who wrote it?|Help for Russia|help from China|Who said goodbye to Ireland?
    |Bye laws of the company|good morning telegram|Hey Jude writer|What is the name of the mite?|Do bees sleep?
    |Is that why the cable failed?|Are they allies?|Who was he?|Test results of the cable
    |What is this cable made of?|Where does the information come from that the dance gives?|Yes Minister
    |No treaty?|ok corral|What did you find about Seeley?|Tell me about the queen|Tell me about drones
    |How do they work?|How does it work?|What is it?|thank god it works who built it
    |Can you help me find the length of the ship?|What should I know about Varroa?|What do bees know?
    |What is this article about?|What is the document about?
    |Sources?|Really?|Where is it from?|Where did they get it from?|Translate the word to German|Is it reliable?
    |Great Eastern|The dance|Perfect insulation|Cool temperatures|bees|||?!|...
    """


def listed(lines: str) -> list[str]:
    return [" ".join(one.split()) for one in lines.strip().split("|")]


@pytest.mark.parametrize(
    ("message", "start"), [(message, start) for start, lines in REPLIES.items() for message in listed(lines)]
)
def test_small_talk_gets_a_reply(message: str, start: str) -> None:
    found = reply(message, TITLES)
    assert found is not None
    assert found.startswith(start)


@pytest.mark.parametrize(
    ("message", "doubts"),
    [
        ("are you sure?", True),
        ("source?", True),
        ("ok, really?", True),
        ("how do you know that", True),
        ("no, that's wrong", True),
        ("thanks", False),
        ("can I trust you?", False),
        ("are you sure that bees sleep?", False),
        ("the source of the Nile?", False),
        ("Really? And the drones?", False),
    ],
)
def test_doubts_about_the_last_answer(message: str, doubts: bool) -> None:
    assert questions_answer(message) is doubts


@pytest.mark.parametrize("message", listed(SEARCHED))
def test_a_question_is_searched_for(message: str) -> None:
    assert reply(message, TITLES) is None


@pytest.mark.parametrize("file", sorted(QUESTIONS.glob("*.jsonl")), ids=lambda file: file.stem)
def test_no_sample_question_is_small_talk(file: Path) -> None:
    for line in file.read_text(encoding="utf-8").splitlines():
        question = json.loads(line)["question"]
        assert reply(question, TITLES) is None
        assert reply(f"Hello! {question}", TITLES) is None
        assert without_pleasantries(f"Hi there, {question}") == question


@pytest.mark.parametrize(
    ("titles", "named"),
    [
        ([], "the articles that you add."),
        (["A"], "the articles here: \u201cA\u201d."),
        (["A", "B"], "\u201cA\u201d and \u201cB\u201d."),
        (["A", "B", "C", "D", "E"], "\u201cA\u201d, \u201cB\u201d, \u201cC\u201d and 2 more."),
    ],
    ids=["none", "one", "two", "many"],
)
def test_the_reply_names_the_articles(titles: list[str], named: str) -> None:
    assert str(reply("Hello", titles)).endswith(named)
    assert reply("What articles do you have?", titles)


@pytest.mark.parametrize(
    ("question", "rest"),
    {
        "Thanks! And in 2014?": "And in 2014?",
        "ok, thank you. Why?": "Why?",
        "Hello there, who was Cyrus Field?": "who was Cyrus Field?",
        "Great - and when did it fail?": "and when did it fail?",
        "Who was Cyrus Field? Thanks!": "Who was Cyrus Field? Thanks!",
        "Thanks!": "Thanks!",
        "ok and in 2014?": "and in 2014?",
        "Thanks, ok so what about China?": "so what about China?",
        "Ok corral, and the barn?": "Ok corral, and the barn?",
        "Great Britain, when did it join?": "Great Britain, when did it join?",
        "Hi \U0001f44b! Thanks \u2764\ufe0f, why? \U0001f642": "why? \U0001f642",
        "": "",
    }.items(),
)
def test_pleasantries_are_left_out_of_a_question(question: str, rest: str) -> None:
    assert without_pleasantries(question) == rest


def test_a_long_message_is_quickly_searched_for() -> None:
    assert reply("ok thanks " * 10_000, TITLES) is None
    assert without_pleasantries("hello, " * 200 + "why?") == "why?"
