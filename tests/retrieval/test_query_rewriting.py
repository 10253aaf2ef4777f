from __future__ import annotations

from dataclasses import replace

import pytest

from qa.answering.questions.kinds import classify
from qa.retrieval.query_rewriting import RewrittenQuestion, rewrite_question
from qa.retrieval.question_back import question_back
from qa.types import Turn

CABLE = "When was the first transatlantic cable completed?"


@pytest.mark.parametrize(
    ("question", "history", "searched_for"),
    [  # what is asked of the passages is the question as typed
        ("Who financed the cable?", [], "Who financed the cable?"),
        ("Who was Cyrus Field?", [CABLE], "Who was Cyrus Field?"),
        ("How long did it work?", [CABLE], "How long did the first transatlantic cable work?"),
        ("And its length?", [CABLE], "The first transatlantic cable's length?"),
        ("Which ship?", [CABLE, "why?"], f"{CABLE[:-1]}, and which ship?"),
        ("when?", ["Who built the Brenn dam and the mill?"], "Who built the Brenn dam and the mill, and when?"),
        ("How long will it take?", ["When does work on the park start?"], "How long will the park take?"),
        ("why?", ["Who was absent?"], "Who was absent, and why?"),
        ("why?", [], "why?"),
        ("Why do bees dance?", [CABLE], "Why do bees dance?"),
        ("How long did the cable work before it failed?", [CABLE], "How long did the cable work before it failed?"),
        ("Which ship was it laid from?", [CABLE], "Which ship was the first transatlantic cable laid from?"),
        ("What book is there that explains dancing?", [CABLE], "What book is there that explains dancing?"),
        ("Who was captain then?", [CABLE], f"{CABLE[:-1]}, and who was captain then?"),
        ("GLONASS?", ["Which jets did China buy?"], "Which jets did China buy, and GLONASS?"),
        ("Who else paid?", ["Why do bees dance?"], "Why do bees dance, and who else paid?"),
        ("What did I show him?", ["Who paid?"], "Who paid, and what did I show him?"),
        ("And Who?", ["Which tanks did China buy?"], "Which tanks did China buy, and who?"),
        ("Which ship?", ["why?"], "Which ship?"),
        ("and in what year?", ["?"], "In what year?"),
    ],
)
def test_what_is_searched_for(question: str, history: list[str], searched_for: str) -> None:
    assert rewrite_question(question, history) == RewrittenQuestion(searched_for, question)


@pytest.mark.parametrize(
    ("question", "searched_for", "asked"),
    [
        ("and which missiles?", "Which jets did China buy, and which missiles?", "Which missiles did China buy?"),
        ("AND WHICH TANKS?", "Which jets did China buy, and which TANKS?", "WHICH TANKS did China buy?"),
        ("And what year?", "Which jets did China buy, and what year?", "And what year?"),
        ("And which ones?", "Which jets did China buy, and which ones?", "And which ones?"),
        ("And what caused delays?", "Which jets did China buy, and what caused delays?", "And what caused delays?"),
        ("And which teams play?", "Which jets did China buy, and which teams play?", "And which teams play?"),
    ],
)
def test_another_object_is_asked_of_the_same_verb(question: str, searched_for: str, asked: str) -> None:
    assert rewrite_question(question, ["Which jets did China buy?"]) == RewrittenQuestion(searched_for, asked)


@pytest.mark.parametrize(
    ("earlier", "question", "expected"),
    [
        (CABLE, "why?", "Why was the first transatlantic cable completed?"),
        (CABLE, "Thanks! And where was that?", "Where was the first transatlantic cable completed?"),
        ("How long did the wire hum?", "And why did that happen?", "Why did the wire hum?"),
        ("Did Russia ask China for aid?", "When?", "When did Russia ask China for aid?"),
        ("What did China buy?", "and in 2014?", "What did China buy in 2014?"),
        ("What did China buy in 2012?", "What about after 2014?", "What did China buy after 2014?"),
        (f"{CABLE} ", "so how then", "How was the first transatlantic cable completed?"),
        ("How long does the Eco programme take?", "and Intensive?", "How long does the Intensive programme take?"),
        ("What is the strength of S30?", "and that of UF?", "What is the strength of UF?"),
        ("What is the strength of S30?", "What about its colour?", "What is the colour of S30?"),
        (CABLE, "What did the king give his wife?", "What did the king give his wife?"),
        ("Where should the spray arm be put?", "How big is the lower one?", "How big is the lower spray arm?"),
        ("Who laid a cable across the Channel?", "Why?", "Why was a cable laid across the Channel?"),
        ("Which firm will build the towers?", "When?", "When will the towers be built?"),
        ("Who has bought the mills?", "And where?", "Where were the mills bought?"),
        ("Who discovered penicillin?", "When?", "When was penicillin discovered?"),
        ("Where does Hale Castle stand?", "On which river?", "On which river does Hale Castle stand?"),
        ("When was the mill built?", "and in what county?", "In what county was the mill built?"),
        ("At what temperature is the cake baked?", "For how long?", "For how long is the cake baked?"),
        ("Who found that it leaked?", "At what time?", "At what time was it found that it leaked?"),
        ("How do I descale the pot?", "How long does that take?", "How long does it take to descale the pot?"),
        ("Who maintains the bridge?", "Since when?", "Since when is the bridge maintained?"),
        ("Who says that it leaks?", "Why?", "Why is it said that it leaks?"),
        ("Who paid for the gate?", "How much?", "How much was paid for the gate?"),
        ("Is the bridge closing?", "And the tunnel?", "Is the tunnel closing?"),
        (CABLE, "Who has to do what?", "Who has to do what?"),
        (CABLE, "Let's go back to the deposit: how much was it?", "how much was the deposit?"),
        (CABLE, "As for the guests, what are their duties?", "what are the guests' duties?"),
        (CABLE, "What about Ann Lee? When was she born?", "When was Ann Lee born?"),
        (CABLE, "Back to the deposit: is the rent due?", "Back to the deposit: is the rent due?"),
    ],
)
def test_a_changed_word_or_year_makes_a_standalone_question(earlier: str, question: str, expected: str) -> None:
    assert rewrite_question(question, [earlier]) == RewrittenQuestion(expected, expected)
    assert rewrite_question(question, [earlier, "and then?"]) == RewrittenQuestion(expected, expected)


@pytest.mark.parametrize(
    ("earlier", "question", "searched_for"),
    [
        (Turn("Who is Yu Bin?", None), "Where does he work?", "Where does Yu Bin work?"),
        (Turn("Who promoted it?", "Cyrus W. Field"), "What was his trade?", "What was Cyrus W. Field's trade?"),
        (
            Turn("Who worked out the waggle dance?", "the Austrian zoologist Karl von Frisch"),
            "Which prize did he get?",
            "Which prize did Karl von Frisch get?",
        ),
        (Turn("Who was Marie Curie?", "a chemist"), "Who worked with her?", "Who worked with Marie Curie?"),
    ],
)
def test_a_pronoun_gives_way_to_the_name_of_a_person(earlier: Turn, question: str, searched_for: str) -> None:
    assert rewrite_question(question, [earlier]) == RewrittenQuestion(searched_for, question)


@pytest.mark.parametrize(
    ("earlier", "question"),
    [
        (Turn("Who laid the cable?", "Britain"), "How did he pay?"),
        (Turn("Who laid the cable?", None), "How did he pay?"),
        (Turn("Who laid the cable?", "Field, a merchant from New York"), "How did he pay?"),
        (Turn("Who won last year?", None), "What did she win it for?"),
    ],
    ids=["one word", "no answer", "more than a name", "no answer to who"],
)
def test_an_ambiguous_person_is_not_named(earlier: Turn, question: str) -> None:
    joined = f"{earlier.question[:-1]}, and {question[0].lower()}{question[1:]}"
    before = Turn("Who was Marie Curie?", "a chemist")
    assert rewrite_question(question, [before, earlier] if "win" in question else [earlier]).searched_for == joined


BIRKELAND = Turn("Who built observatories in Norway?", "Kristian Birkeland")


@pytest.mark.parametrize(
    ("turns", "question", "searched_for"),
    [
        ([BIRKELAND, Turn("When did he die?", "June 1917")], "Where?", "Where did Kristian Birkeland die?"),
        ([BIRKELAND], "Why?", "Why did Kristian Birkeland build observatories in Norway?"),
        ([BIRKELAND, "When did he die?"], "And his assistant?", "When did Kristian Birkeland's assistant die?"),
        (["Who was Marie Curie?"], "And her husband?", "Who was Marie Curie's husband?"),
        ([BIRKELAND, CABLE], "How old was he?", "How old was Kristian Birkeland?"),
        (
            [Turn("Which virus do the mites spread?", "the wing virus")],
            "What does it do?",
            "What does the wing virus do?",
        ),
        ([Turn("Who founded Pelle?", "Ragnhild and Siv Torp")], "What did the second one do?", "What did Siv Torp do?"),
        ([Turn("Where was he born?", "Dayton")], "Who lived there?", "Who lived in Dayton?"),
        (["When was the stone found?"], "By whom?", "By whom was the stone found?"),
        (["How long did a signal take to Lille?"], "And to Toulon?", "How long did a signal take to Toulon?"),
        (["What does a worker do in her first days?"], "And after a week?", "What does a worker do after a week?"),
        ([Turn("When did she die?", "1921")], "Of what?", "Of what did she die?"),
        (
            [Turn("Whom did Karl Frisch marry?", "Margarete Mohr")],
            "Where was he born?",
            "Where was Karl Frisch born?",
        ),
        (
            [Turn("Who built the castle of Lupo?", "the admiral Luca Doria"), Turn("When?", "1302")],
            "Is it open on Mondays?",
            "Is the castle of Lupo open on Mondays?",
        ),
        (["Who designed the fish market?"], "And the castle?", "Who designed the castle?"),
        (["How much do adults pay for a card?"], "And students?", "How much do students pay for a card?"),
        (["What does error E4 mean?"], "And E1?", "What does error E1 mean?"),
        (
            [Turn("Which programmes are there?", "Eco\nHot and wet")],
            "How long is the second one?",
            "How long is Hot and wet?",
        ),
        (["Where did Karl Frisch study?"], "Did he like it?", "Did Karl Frisch like it?"),
        ([Turn("What does E4 mean?", "the tray is full")], "How long is it?", "How long is E4?"),
        (["Did Cousteau believe in it?"], "Why not?", "Why did Cousteau not believe in it?"),
        ([CABLE], "Tell me more", "Tell me more about the first transatlantic cable"),
        (["Tell me about the mill"], "more please", "Tell me more about the mill"),
        (["Tell me about the mill"], "And in short?", "Tell me about the mill"),
        ([Turn("Who is Kaia?", "Arne Lund's daughter")], "When was she born?", "When was Kaia born?"),
        (["Which jets did China buy?"], "How many?", "How many jets did China buy?"),
        (["Can I borrow pumps?"], "And how many?", "How many pumps can I borrow?"),
        (["What was the rent in 2023?"], "And the year before?", "What was the rent in 2022?"),
        (["What was the rent in 2023?"], "What about the following year?", "What was the rent in 2024?"),
        (["Which is longer, the Osk or the Corva?"], "And the Brisa?", "Which is longer, the Osk or the Brisa?"),
        ([Turn("What do bees do in winter?", "form a cluster")], "Why?", "Why do bees form a cluster in winter?"),
        ([Turn("What did Ada Lonsdale study?", "law")], "How long?", "How long did Ada Lonsdale study law?"),
        (["When is the summer party?"], "How long is it?", "How long is the summer party?"),
        (["When is the summer party?"], "What if it rains?", "When is the summer party, and what if it rains?"),
        (["How do I get a key?"], "And the second step?", "How do I get a key, and the second step?"),
        ([Turn("Who are they?", "Ek and Bo")], "What happened to the second one?", "What happened to Bo?"),
        (["How long is the Osk?"], "No, I meant the Corva", "How long is the Corva?"),
        (["How long is the Osk?"], "Hm ok. And the Corva?", "How long is the Corva?"),
        (
            [Turn("Is there a plumber?", "Yes. A plumber, Mr Osei, comes.")],
            "When does he come?",
            "When does Mr Osei come?",
        ),
        (["Is the bridge closing?"], "When will it open?", "When will the bridge open?"),
        (
            [
                Turn(
                    "Who laid the cable?",
                    "the Agamemnon, which had been lent by the navy, and the Niagara; both in 1857",
                )
            ],
            "When?",
            "When was the cable laid?",
        ),
        ([Turn("Who pays for the gate?", "Ann Lee")], "How much?", "How much does Ann Lee pay for the gate?"),
        ([Turn("Which data set finds the leak?", "Gull")], "How?", "How does Gull find the leak?"),
        (
            [Turn("Which programmes are there?", "Eco\nRapid"), "How long is the second one?"],
            "And the other one?",
            "How long is Eco?",
        ),
        (["What is the price of the pass?"], "How long is it valid?", "How long is the pass valid?"),
        ([Turn("What did Jonas buy?", "a bin")], "What does it cost?", "What does a bin cost?"),
        (["Does the party cost anything?"], "How much exactly?", "How much does the party cost?"),
        (["What is the Eco ticket?"], "How much?", "How much is the Eco ticket?"),
        (["Which town has the most trams?"], "And the fewest?", "Which town has the fewest trams?"),
        (
            ["How many tickets are there?"],
            "How much is the cheapest?",
            "How many tickets are there, and how much is the cheapest?",
        ),
        ([Turn("What happened in 1940?", "Ann left; Bo died")], "Where?", "What happened in 1940, and where?"),
        (["What do they do with keys?"], "What about wallets?", "What do they do with wallets?"),
        (["Who is the manager of the shop?", "When did she start?"], "And the baker?", "When did the baker start?"),
        (
            ["Where does a worker sleep?", "How long do they live?"],
            "I meant the drones",
            "How long do the drones live?",
        ),
        (
            ["Who is the manager?", "When did she start?"],
            "And the year?",
            "Who is the manager, and when did she start, and the year?",
        ),
        (
            [Turn("Who is Yu Bin?", "a scholar"), "Where does he work?", "And Fravel?"],
            "What did he think?",
            "What did Fravel think?",
        ),
        (
            [Turn("Who was the engineer?", "Charles Bright"), Turn("And the electrician?", "Wildman Whitehouse")],
            "What was he before?",
            "What was Wildman Whitehouse before?",
        ),
        ([Turn("Who is Yu Bin?", "a scholar"), "What does NATO want?"], "What did he say?", "What did Yu Bin say?"),
        ([CABLE], "Sorry, I mean where", "Where was the first transatlantic cable completed?"),
        (
            ["Who was the engineer of the Atlantic Telegraph Company?"],
            "And who was its electrician?",
            "Who was the Atlantic Telegraph Company's electrician?",
        ),
        ([Turn("What did Karl von Frisch study?", "bees")], "When did they dance?", "When did bees dance?"),
        ([Turn("What did she study?", "mathematics")], "Where?", "What did she study, and where?"),
        ([Turn("What did Ada Lonsdale study?", "mathematics")], "Where?", "Where did Ada Lonsdale study mathematics?"),
        ([Turn("Which fighter jets did China buy?", "Su-35")], "Why?", "Why did China buy Su-35?"),
        ([Turn("Which fighter jets did China buy?", "Su-35")], "When did it do that?", "When did China buy Su-35?"),
        ([Turn("Why does a queen leave the hive?")], "When does she do so?", "When does a queen leave the hive?"),
        (
            [Turn("What did Le say of the law?")],
            "Why did he do that?",
            "What did Le say of the law, and why did he do that?",
        ),
        ([Turn("Who maintains Tidewatch?", "Piet")], "Since when?", "Since when does Piet maintain Tidewatch?"),
        ([Turn("Who will repair the leak?", "Dunmore")], "When?", "When will Dunmore repair the leak?"),
        ([Turn("What was found in the tomb?", "a mask")], "When?", "When was a mask found in the tomb?"),
        ([Turn("When did Noor Haddad write Tidewatch?", "2017")], "Who sells it?", "Who sells Tidewatch?"),
        ([Turn("What did Rennard want to build?", "a wall")], "What would it cost?", "What would a wall cost?"),
        ([Turn("What is a drone?", "a male bee")], "How long does it live?", "How long does a drone live?"),
        ([Turn("Which ship laid it?", "the Agamemnon")], "Who built this one?", "Who built the Agamemnon?"),
        (
            [Turn("Which ships laid it?", "the Agamemnon and the Niagara")],
            "And the second?",
            "Which ships laid it, and the Niagara?",
        ),
        ([CABLE], "Is it true that bees sleep?", "bees sleep"),
        ([CABLE], "Is it true that it was laid in 1858?", "The first transatlantic cable was laid in 1858"),
        ([Turn("When is the rent due?", "on Monday")], "What if it is late?", "What if the rent is late?"),
        (
            ["Why is Ada Lonsdale famous?"],
            "Why did they not give her a degree?",
            "Why did they not give Ada Lonsdale a degree?",
        ),
        (
            ["How do I install Tidewatch?"],
            "Which Python version does that need?",
            "Which Python version does Tidewatch need?",
        ),
        ([Turn("Where did she sell fish?", "on the quay")], "Who works there?", "Who works on the quay?"),
        ([Turn("What did Ada Moor apply for?", "a patent")], "When?", "When did Ada Moor apply for a patent?"),
        (
            [Turn("What are the rooms made of?", "oak")],
            "When?",
            "What are the rooms made of, and when?",
        ),
        (["What happens at night?"], "What about rain?", "What happens at night, and rain?"),
        ([Turn("Who founded Pelle?", "monks from Cluny"), "When?"], "Who burnt it down?", "Who burnt Pelle down?"),
        ([Turn("Who opened the sluice?", "von Brack")], "Where?", "Where was the sluice opened?"),
        ([Turn("Who wrote to the mayor?", "Bo Ek")], "When?", "When did Bo Ek write to the mayor?"),
        (
            [Turn("Which novel did Irma Castel write?", "The Salt Year")],
            "Where was she born?",
            "Where was Irma Castel born?",
        ),
        (["How did they cross the river?"], "Who built it?", "How did they cross the river, and who built it?"),
        ([Turn("How did they cross the lake?", "on a raft")], "Who made it?", "Who made a raft?"),
        (["Which bridge crosses the Tarn?"], "Who built it?", "Who built the bridge that crosses the Tarn?"),
        (["Which jet did China buy?"], "What did it cost?", "Which jet did China buy, and what did it cost?"),
        (["Who wrote The Salt Year?"], "When was it printed?", "When was The Salt Year printed?"),
        (["Where was the film shot?"], "How does it end?", "How does the film end?"),
        (["What does the marsh otterling eat?"], "When does it hunt?", "When does the marsh otterling hunt?"),
        ([Turn("By whom was it founded?", "Aune and Moen")], "Where did they meet?", "Where did Aune and Moen meet?"),
        (["What if I pay late?"], "Is heating included in it?", "What if I pay late, and is heating included in it?"),
        (["When is the beetroot added?"], "Why so late?", "Why is the beetroot added so late?"),
        (["How loud is the fan?"], "Why so loud?", "How loud is the fan, and why so loud?"),
        (["How much is the rent?"], "No, I meant the deposit. When is it due?", "When is the deposit due?"),
        (["What does the second one do now?"], "And the other one?", "What does the other one do now?"),
        (["How tall is the lighthouse?"], "Source?", "How tall is the lighthouse?"),
        (["When did the mill burn?"], "No, I mean: ", "When did the mill burn, and I mean:?"),
    ],
)
def test_the_latest_turn_that_fits_is_referred_to(turns: list[Turn | str], question: str, searched_for: str) -> None:
    assert rewrite_question(question, turns).searched_for == searched_for


@pytest.mark.parametrize(
    "typed",
    [
        "Could you please tell me {}?",
        "Do you know {}?",
        "I'd like to know {}",
        "According to the article, {}?",
        "2) {}?",
        "Question 3: {}?",
        "- {}",
        "Hello! By the way, {}?",
        "{}, please?",
        "Please help me with this question: {}?",
        "\u201c{}?\u201d",
        "\U0001f64f {} \U0001f600",
        "{} :-)",
        "{}? A) Ann B) Bo C) Cy",
        "{}?\n(a) Ann\n(b) Bo",
    ],
)
def test_what_is_around_a_question_is_not_searched_for(typed: str) -> None:
    asked = "who founded the mill"
    assert rewrite_question(typed.format(asked), []).searched_for.rstrip("?") == asked


@pytest.mark.parametrize(
    "question",
    [
        "In 2014, who sold the mill?",
        "By whom was it founded?",
        "The mill that he knew, who sold it?",
        "1. FC Ek",
        "1) Ek",
        "\u201cMoby Dick\u201d",
        "What does A \u2192 B mean?",
        "Who founded the mill, right?",
        "What is __init__?",
        "Which is older? A) the mill B) the inn",
        "Tell me the names of the mills",
        "Is it right to keep bees?",
        "Is it true?",
    ],
)
def test_a_question_without_such_words_is_not_changed(question: str) -> None:
    assert rewrite_question(question, []).searched_for == question


@pytest.mark.parametrize(
    "question",
    [
        "Is it true that the mill burnt down?",
        "True or false: The mill burnt down.",
        "The mill burnt down. True or false?",
        "The mill burnt down, right?",
        "The mill burnt down, didn't it?",
        "\u201cThe mill burnt down.\u201d Is that right?",
        "The mill burnt down, is that correct?",
    ],
)
def test_a_statement_to_be_checked_is_searched_for_alone(question: str) -> None:
    rewritten = rewrite_question(question, [])
    assert rewritten.searched_for.lower().strip("\u201c.\u201d") == "the mill burnt down"
    assert rewritten.asked == rewritten.searched_for
    assert classify(rewritten.answered).kind == "yes_no"


@pytest.mark.parametrize(
    ("question", "becomes"),
    [
        ("The mill was built by ___.", "The mill was built by what?"),
        ("Fill in the blank: the mill was built by ___.", "the mill was built by what?"),
        ("___ built the mill", "What built the mill?"),
        ("The mill has ____ wheels.", "The mill has what wheels?"),
    ],
)
def test_a_blank_is_asked_for(question: str, becomes: str) -> None:
    assert rewrite_question(question, []).searched_for == becomes


@pytest.mark.parametrize(
    "question",
    ["Do you know the price of a ticket?", "Give me the price of a ticket.", "I want to know the price of a ticket"],
)
def test_what_asks_for_a_noun_is_not_searched_for(question: str) -> None:
    assert rewrite_question(question, []).searched_for.rstrip("?.") == "the price of a ticket"


def test_whether_is_clearer_than_if() -> None:
    assert rewrite_question("Do you know if dogs are allowed?", []).searched_for == "whether dogs are allowed?"


@pytest.mark.parametrize("typed", ["{text}\n\n{asked}", "{asked}\n{text}"], ids=["before it", "after it"])
def test_pasted_text_finds_the_passages_that_a_question_is_asked_of(typed: str) -> None:
    text, asked = "Holt led the laboratory for years. " * 5, "When did she lead it?"
    rewritten = rewrite_question(typed.format(text=text, asked=asked), [])
    assert (text[:30] in rewritten.searched_for, rewritten.answered) == (True, asked)


QUEEN = "How long does a queen take from egg to adult?"


@pytest.mark.parametrize(
    ("question", "earlier", "becomes"),
    [
        ("And a drone?", QUEEN, "How long does a drone take from egg to adult?"),
        ("What about a summer worker?", QUEEN, "How long does a summer worker take from egg to adult?"),
        ("and China?", "When did Russia annex Crimea?", "When did China annex Crimea?"),
        ("And the dressings?", "When can I take the bandage off?", "When can I take the dressings off?"),
        ("And a dog?", "How much does it cost to vaccinate a cat?", "How much does it cost to vaccinate a dog?"),
        ("And the Little Corva?", "How long is the Osk?", "How long is the Little Corva?"),
        ("and the Brisa's?", "How long is the Corva?", "How long is the Brisa?"),
        ("And Corva?", "How long is the Osk?", "How long is Corva?"),
        ("And the Bel 8?", "How long is the warranty of the Bel 6?", "How long is the warranty of the Bel 8?"),
        ("And the motor?", "What is the weight of the pump?", "What is the weight of the motor?"),
        ("and the Brisa's?", "What is the Corva's length?", "What is the Brisa's length?"),
        ("And Bath?", "Who is the mayor of Leeds?", "Who is the mayor of Bath?"),
        ("And the baker?", "Who is the manager of the shop?", "Who is the baker?"),
        ("And music?", "When did the start of art begin?", "When did the start of music begin?"),
        ("And the tunnel?", "When was  the old\r\nbridge opened?", "When was the tunnel opened?"),
    ],
)
def test_the_same_is_asked_of_something_else(question: str, earlier: str, becomes: str) -> None:
    assert rewrite_question(question, [earlier]) == RewrittenQuestion(becomes, becomes)


@pytest.mark.parametrize(
    ("question", "earlier", "becomes"),
    [
        ("Who proposed that?", "What do drones develop from?", "Who proposed what drones develop from?"),
        ("And who first proved this?", "Why are the cells six-sided?", "Who first proved why the cells are six-sided?"),
        ("Who said that?", "Did Russia ask China for aid?", "Who said that Russia asked China for aid?"),
        ("When was that discovered?", "How do bees talk?", "When was it discovered how bees talk?"),
        ("Who proved that?", "Why are the cells\nsix-sided?", "Who proved why the cells are six-sided?"),
    ],
)
def test_that_is_replaced_by_a_statement(question: str, earlier: str, becomes: str) -> None:
    assert rewrite_question(question, [earlier]) == RewrittenQuestion(becomes, question)


@pytest.mark.parametrize(
    ("question", "earlier", "rest"),
    [
        ("And the Russian one?", QUEEN, "the Russian one?"),
        ("and China?", QUEEN, "China?"),
        ("and the queen?", "Why do bees dance in the dark?", "the queen?"),
        ("How do they live?", QUEEN, "how do they live?"),
        ("Who proposed it?", "What happened in 1858?", "who proposed it?"),
        ("Who built that?", "Why are the cells six-sided?", "who built that?"),
        ("Who proposed that?", "What happened in 1858?", "who proposed that?"),
    ],
    ids=["another kind", "a name", "an adverbial", "number differs", "about nothing", "a thing", "no clause"],
)
def test_an_unresolved_follow_up_is_joined_to_the_question_before(question: str, earlier: str, rest: str) -> None:
    assert rewrite_question(question, [earlier]) == RewrittenQuestion(f"{earlier[:-1]}, and {rest}", question)


@pytest.mark.parametrize(
    ("question", "back"),
    {
        "When?": "When did what happen?",
        "and why?": "Why did what happen?",
        "Hello! Who was he?": "Whom do you mean?",
        "What about it?": "What do you mean?",
        "and in 2014?": "What about the time in 2014?",
        "Tell me more": "More about what?",
        "When did that happen?": "When did what happen?",
        "For how long?": "How long did what last?",
        "By whom?": "By whom was what done?",
        "Since when?": "When did what happen?",
        "How much was it?": "How much of what?",
        "And the latter?": "What do you mean?",
        "Why do I have to do that?": "Why did what happen?",
        "What about the other one?": "What do you mean?",
    }.items(),
)
def test_a_first_question_that_refers_to_nothing_is_asked_back(question: str, back: str) -> None:
    assert str(question_back(question)).startswith(f"{back} There is no earlier question")


@pytest.mark.parametrize(
    "question",
    [
        "GLONASS?",
        "bees",
        "When do I have to be there?",
        "How long did it work?",
        "Why do bees dance?",
        "and the missiles?",
        "?!",
        "Who laid it?",
        "What about it and what about that and what about this and what about them?",
    ],
)
def test_a_first_question_that_is_long_or_has_a_word_of_its_own_is_searched_for(question: str) -> None:
    assert question_back(question) is None


FORMATS = Turn("Which formats are there?", "JSON and CSV")


@pytest.mark.parametrize(
    ("turns", "question", "becomes"),
    [
        ([FORMATS], "What does the former contain?", "What does JSON contain?"),
        ([FORMATS, "What does it cost?"], "Who wrote the latter?", "Who wrote CSV?"),
        ([FORMATS, Turn("What does the former contain?", "constants")], "And the latter?", "What does CSV contain?"),
        ([FORMATS, "What is JSON for?"], "How large is the other one?", "How large is CSV?"),
        ([FORMATS], "Who wrote the first of them?", "Who wrote JSON?"),
        ([FORMATS, "What does the second reminder cost?"], "And the third?", "What does the third reminder cost?"),
        (["What does a red light mean?"], "And a green one?", "What does a green light mean?"),
        (["How was zinc measured?"], "And rubber?", "How was rubber measured?"),
        (["How much flour goes into the sour?"], "And water?", "How much water goes into the sour?"),
        (["How much does membership cost?"], "And for pensioners?", "How much does membership cost for pensioners?"),
        (["Who founded Aldinger?", CABLE], "When did the firm you mentioned first close?", "When did Aldinger close?"),
        ([Turn("Which firm is in Leeds?", "Aldinger"), CABLE], "Who ran the firm you mentioned?", "Who ran Aldinger?"),
        (["Who was Ada Lonsdale?", CABLE], "What did the woman you mentioned leave?", "What did Ada Lonsdale leave?"),
        (
            ["Who leads the club?", CABLE],
            "What did the treasurer you mentioned first say?",
            "What did the treasurer say?",
        ),
    ],
)
def test_a_phrase_that_refers_to_an_earlier_turn_is_replaced(
    turns: list[Turn | str], question: str, becomes: str
) -> None:
    assert rewrite_question(question, turns) == RewrittenQuestion(becomes, becomes)


@pytest.mark.parametrize(
    "question",
    ["Who does the repairs?", "How much is the rent?", "Who is the mediator?", "What does the second reminder cost?"],
)
def test_a_new_subject_is_not_rewritten(question: str) -> None:
    assert rewrite_question(question, [CABLE]) == RewrittenQuestion(question, question)
    assert rewrite_question(f"And {question}", [CABLE]) == RewrittenQuestion(question, question)


def test_small_talk_is_not_what_a_conversation_is_about() -> None:
    assert rewrite_question("Who laid the cable?", ["Hello!", "Are you a robot?"]).before == ""
    assert rewrite_question("And who laid it?", ["Hello!"]).searched_for == "Who laid it?"
    found = rewrite_question("why?", [CABLE, "How do you work?"])
    assert (found.searched_for, found.before) == (f"Why {CABLE[5:]}", CABLE)
    articles = Turn("What articles do you have?", "The Cable and The Hive")
    assert rewrite_question("What does the second one say?", [articles]).searched_for == "What does The Hive say?"


def test_of_two_whole_questions_that_are_joined_only_the_last_is_answered() -> None:
    sale = "Why did the sale fail?"
    assert rewrite_question("What did he say?", [sale]).answered == "What did he say?"
    assert rewrite_question("And the deposit?", [sale]).answered == "Why did the deposit fail?"
    assert rewrite_question("and missiles?", [sale]).answered == "Why did the sale fail, and missiles?"


PILE = Turn("What did Ada Lonsdale invent?", "the Lonsdale pile")


@pytest.mark.parametrize(
    ("question", "becomes"),
    [
        ("explain", "Tell me more about the Lonsdale pile"),
        ("Please explain that to me", "Tell me more about the Lonsdale pile"),
        ("What do you mean?", "Tell me more about the Lonsdale pile"),
        ("Tell me more", "Tell me more about Ada Lonsdale"),
        ("in short?", PILE.question),
        ("Summarize that in one line", PILE.question),
        ("can you shorten your answer?", PILE.question),
        ("Give me an example.", PILE.question),
        ("For instance?", PILE.question),
        ("Explain the second law", "Explain the second law"),
    ],
)
def test_a_request_to_go_on_is_about_the_last_answer(question: str, becomes: str) -> None:
    assert rewrite_question(question, [PILE]).searched_for == becomes


def test_without_an_answer_the_question_is_explained() -> None:
    assert rewrite_question("explain", ["Why is it so?"]).searched_for == "Why is it so?"


@pytest.mark.parametrize(
    ("earlier", "question", "becomes"),
    [
        ("How long is the notice period for leaving it?", "and the vote?", "How long is the vote for leaving it?"),
        ("When did the dam break in 1865?", "what about 1857?", "When did the dam break in 1857?"),
        ("Who was Ann Lee's husband?", "And the children?", "Who were Ann Lee's children?"),
        ("How do I install tooly on Ubuntu?", "what about windows", "How do I install tooly on windows?"),
        ("Who pays for gas and heating?", "And water?", "Who pays for water?"),
        ("What does the sale of land need?", "And a change of rules?", "What does a change of rules need?"),
        ("When can I drive after the operation?", "what about swimming", "When can I swim after the operation?"),
        ("May I eat before the operation?", "and drink tea?", "May I drink tea before the operation?"),
        ("May the guests smoke?", "why not", "Why may the guests not smoke?"),
    ],
    ids=[
        "a compound", "a year", "a relation", "a name in small letters", "a bare noun", "a noun with of",
        "a gerund", "a verb", "may",
    ],
)  # fmt: skip
def test_the_question_is_asked_about_what_a_fragment_names(earlier: str, question: str, becomes: str) -> None:
    assert rewrite_question(question, [earlier]).searched_for == becomes


def test_why_after_a_no_asks_why_not() -> None:
    denied = Turn("Is the bridge open?", "No. It is being painted.")
    assert rewrite_question("why?", [denied]).searched_for == "Why is the bridge not open?"
    assert rewrite_question("why?", [replace(denied, answer="Yes.")]).searched_for == "Why is the bridge open?"


@pytest.mark.parametrize(
    ("answer", "question", "becomes"),
    [
        ("a letter by Maria Carr", "When did she die?", "When did Maria Carr die?"),
        ("Maria Carr was hired by Thomas Boyd", "When did he die?", "When did Thomas Boyd die?"),
        ("Maria Carr was hired by Thomas Boyd", "When did she die?", "When did Maria Carr die?"),
        ("Casa Rosa", "When did she die?", "When did Tarn die?"),
    ],
    ids=["within a phrase", "the only man", "the only woman", "no person"],
)
def test_a_person_in_an_answer_of_several_words_is_referred_to(answer: str, question: str, becomes: str) -> None:
    assert rewrite_question(question, [Turn("What did Tarn find?", answer)]).searched_for == becomes


@pytest.mark.parametrize("question", ["the second one", "And the second?", "Explain the third one"])
def test_an_item_of_no_list_is_asked_back(question: str) -> None:
    asked = "Which faults are shown?"
    assert question_back(question, [Turn(asked)]) == question_back(question, [Turn(asked, "E1")])
    assert "No earlier answer has a list" in (question_back(question, [Turn(asked)]) or "")
    assert question_back(question, [Turn(asked, "E1\nE2\nE3")]) is None
    assert question_back(question, [asked]) is None
    assert question_back("And the second reminder?", [Turn("What does the first reminder cost?", "5")]) is None
