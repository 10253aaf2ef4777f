"""The language of a text, the terms of each language, and the terms of a question."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from qa.index.bm25 import KeywordIndex, build_postings, overlap, question_terms, term_weights
from qa.text.function_words import FUNCTION_WORDS
from qa.text.languages import detect
from qa.text.tokens import LANGUAGES, term_rows, terms

TEXTS = Path(__file__).parents[1] / "benchmarks" / "languages"
SWEDISH = (
    "Fyren byggdes av sten och st\u00e5r p\u00e5 en liten \u00f6 utanf\u00f6r kusten. D\u00e4r bodde vaktaren med sin "
    "familj, och varje natt fyllde han p\u00e5 olja. Sedan 1978 arbetar anl\u00e4ggningen automatiskt."
)
ENGLISH = (
    "The lighthouse stands on a small island, and its first keeper lived there with his family. He wrote in German: "
    "\u201eIch bin hier nicht allein, und es ist sehr sch\u00f6n.\u201c It has been automatic since 1978, as the sign "
    "\u201cDer Turm ist f\u00fcr die Schiffe da\u201d at the door says."
)


def paragraphs() -> list[tuple[str, str]]:
    """Return the language and the text of each article of the benchmark."""
    return [
        (path.stem, " ".join(sentence for paragraph in article["paragraphs"] for sentence in paragraph))
        for path in sorted(TEXTS.glob("*.json"))
        for article in json.loads(path.read_text(encoding="utf-8"))["articles"]
    ]


@pytest.mark.parametrize(("language", "text"), paragraphs())
def test_a_text_has_the_language_that_it_is_written_in(language: str, text: str) -> None:
    assert detect(text) == language
    assert detect(f"{text}\n\n" * 200) == language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        pytest.param(ENGLISH, "", id="English with German quotations"),
        pytest.param("", "", id="nothing"),
        pytest.param("Die Bienen tanzen.", "", id="too short"),
        pytest.param(SWEDISH, "", id="another language"),
        pytest.param("| de | la | el |\n" * 50, "", id="a table of few words"),
        pytest.param("for (int i = 0; i < n; i++) { das[i] = die(i); }\n" * 20, "", id="code"),
        pytest.param("4.1 17 2024-01-01 3,5\n" * 50, "", id="numbers"),
        pytest.param("\u4eca\u5929\u5929\u6c14\u5f88\u597d\u3002" * 10, "zh", id="Chinese"),
        pytest.param(
            "\u4eca\u65e5\u306f\u5929\u6c17\u304c\u3044\u3044\u3067\u3059\u306d\u3002" * 5, "ja", id="Japanese"
        ),
        pytest.param(
            "\u0e27\u0e31\u0e19\u0e19\u0e35\u0e49\u0e2d\u0e32\u0e01\u0e32\u0e28\u0e14\u0e35 " * 10, "th", id="Thai"
        ),
        pytest.param(f"{ENGLISH} " + "\u4eca\u5929\u5929\u6c14\u5f88\u597d\u3002" * 3, "", id="English with Chinese"),
    ],
)
def test_a_language_is_named_only_where_it_is_certain(text: str, language: str) -> None:
    assert detect(text) == language


@pytest.mark.parametrize(
    ("language", "one", "other"),
    [
        ("de", "das Haus", "Welche H\u00e4user?"),
        ("es", "los ingenieros", "\u00bfQu\u00e9 ingeniero?"),
        ("fr", "l'usine", "les usines"),
        ("it", "la stanza", "delle stanze"),
        ("nl", "de klok", "welke klokken"),
        ("pt", "o oper\u00e1rio", "os oper\u00e1rios"),
        (
            "ru",
            "\u0446\u0432\u0435\u0442\u043d\u0430\u044f \u0432\u0430\u0437\u0430",
            "\u0446\u0432\u0435\u0442\u043d\u044b\u0435 \u0432\u0430\u0437\u044b",
        ),
        ("fr", "re\u0301colte", "r\u00e9colte"),
    ],
)
def test_forms_of_a_word_have_one_term_that_names_the_language(language: str, one: str, other: str) -> None:
    assert terms(one, language) == terms(other, language)
    assert all(term.startswith(f"{language}:") for term in terms(one, language))
    assert not set(terms(one, language)) & set(terms(one))


def test_text_without_spaces_is_found_by_pairs_of_characters() -> None:
    assert terms("\u516c\u56ed\u91cc QA 7", "zh") == ["zh:\u516c\u56ed", "zh:\u56ed\u91cc", "zh:qa", "zh:7"]
    assert terms("\u56ed", "zh") == ["zh:\u56ed"]


@pytest.mark.parametrize("language", ["", "en", "sv", "xx", "de:"])
def test_other_texts_have_the_terms_of_english(language: str) -> None:
    assert terms("The houses of \u4eca\u5929\u5929\u6c14", language) == ["hous", "\u4eca\u5929\u5929\u6c14"]
    assert term_rows([["the houses"]], language).vocabulary == ("hous",)


def test_a_question_has_the_terms_of_the_languages_that_are_searched() -> None:
    english, german = ["The houses were old.", "A storm came."], ["Die H\u00e4user waren alt.", "Ein Sturm kam."]
    rows = [term_rows([text] for text in english), term_rows(([text] for text in german), "de")]
    alone = KeywordIndex(build_postings(rows[:1]))
    assert question_terms(alone, "Which houses?") == {"en": ["hous"]}
    both = KeywordIndex(build_postings(rows))
    asked = question_terms(both, "Welches Haus war alt?")
    assert asked == {"en": ["welch", "haus", "war", "alt"], "de": ["de:haus", "de:alt"]}
    assert both.search([term for found in asked.values() for term in found], 9)[0].tolist() == [2]
    assert overlap(term_weights(both, asked["de"]), terms(german[0], "de")) == 1.0
    removed = KeywordIndex(build_postings(rows), ~both.scores(["hous"]).astype(bool))
    assert list(question_terms(removed, "Haus?")) == ["en"]


def test_no_function_word_has_a_capital_or_a_space() -> None:
    assert set(FUNCTION_WORDS) < set(LANGUAGES)
    for words in FUNCTION_WORDS.values():
        assert all(word == word.lower() and word.isalpha() for word in words)
