"""The tables of lemminflect, of which only the words that are asked for are parsed."""

from __future__ import annotations

import pytest

from qa.text import lexicon


@pytest.mark.slow
def test_every_word_has_what_lemminflect_itself_finds() -> None:
    from lemminflect import config
    from lemminflect.codecs.InflectionLUCodec import InflectionLUCodec
    from lemminflect.codecs.LemmaLUCodec import LemmaLUCodec

    known = lexicon._lemminflect()
    for table, expected in (
        (known.Lemmatizer().lemma_dict, LemmaLUCodec.load(config.lemma_lu_fn)),
        (known.Inflections().infl_dict, InflectionLUCodec.load(config.inflection_lu_fn)),
    ):
        assert len(expected) > 30_000
        assert {word: list(table.get(word).items()) for word in expected} == {
            word: list(found.items()) for word, found in expected.items()
        }


@pytest.mark.parametrize("word", ["", "zzyzx", "can't,", "caf\u00e9", "\ud800", "~"])
def test_a_word_without_an_entry_has_the_default(word: str) -> None:
    assert lexicon._lemminflect().Lemmatizer().lemma_dict.get(word, "none") == "none"
