"""Training of sentences in context, with a tiny random model: it learns, and resumes as if it had never stopped."""

from __future__ import annotations

import json
from array import array
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import torch

from qa.models.exported import bundled_tokenizer
from qa.training import late_pooling, reader
from qa.training.contexts import Article, Asked, Context, Group, joined_articles, make_groups, paragraph_articles
from qa.training.late_pooling import Recipe, Text, ranked_first, span_vectors, train
from qa.types import Document

if TYPE_CHECKING:
    from transformers import BertModel

pytestmark = pytest.mark.slow

RECIPE = Recipe(
    steps=6, learning_rate=3e-3, warmup_steps=2, cooldown_steps=2, chunks=4, frozen_layers=0, checkpoint_steps=3
)


@pytest.fixture(autouse=True)
def one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two threads wait for each other at every step of a tiny model."""
    monkeypatch.setattr(reader, "processor_threads", lambda _: 1)
    monkeypatch.setattr(late_pooling, "BFLOAT16", False)
    torch.set_num_threads(1)


def tiny() -> BertModel:
    from transformers import BertConfig, BertModel

    torch.manual_seed(1)
    config = BertConfig(
        vocab_size=200,
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
    )
    return BertModel(config, add_pooling_layer=False)


@pytest.fixture(scope="module")
def data() -> list[Group]:
    """Chunks of three sentences of four word pieces each; a question has two of those of one sentence."""
    found: list[Group] = []
    for chunk in range(12):
        ids = [101, *((17 * chunk + 5 * position + 3) % 190 for position in range(12)), 102]
        questions = [Asked(array("H", [101, *ids[1 + 4 * n : 3 + 4 * n], 102]), (n,)) for n in range(3)]
        found.append((Context(array("H", ids), ((1, 5), (5, 9), (9, 13)), tuple(questions)),))
    return found


def test_the_loss_falls_and_answers_come_first(data: list[Group], tmp_path: Path) -> None:
    encoder = tiny()
    before = ranked_first(encoder.train(mode=False), data)
    losses = train(encoder, data, replace(RECIPE, steps=24), tmp_path / "state.pt")
    assert sum(losses[-5:]) < 0.8 * sum(losses[:5])
    assert ranked_first(encoder, data) > before + 0.1


def test_a_resumed_training_equals_one_that_never_stopped(data: list[Group], tmp_path: Path) -> None:
    whole = tiny()
    losses = train(whole, data, RECIPE, tmp_path / "whole.pt")
    # A longer training is the same up to where the shorter one's rate begins to fall.
    train(tiny(), data, replace(RECIPE, steps=3, cooldown_steps=1), tmp_path / "part.pt")
    resumed = tiny()
    assert train(resumed, data, RECIPE, tmp_path / "part.pt") == losses
    assert all(map(torch.equal, whole.state_dict().values(), resumed.state_dict().values()))


def test_a_span_vector_is_the_mean_of_its_word_pieces_in_the_whole_text(data: list[Group]) -> None:
    encoder = tiny().train(mode=False)
    texts = [Text(context.ids, context.sentences) for group in data for context in group]
    shorter = Text(array("H", [101, 7, 8, 102]), ((1, 3),))
    with torch.no_grad():
        vectors = span_vectors(encoder, [texts[0], shorter, texts[1]])
        alone = encoder(input_ids=torch.tensor([list(texts[1][0])])).last_hidden_state[0]
    assert vectors.shape == (7, 32)
    expected = torch.nn.functional.normalize(alone[5:9].mean(0), dim=0)
    assert torch.allclose(vectors[5], expected, atol=1e-5)


def test_questions_go_with_the_sentences_of_their_answers() -> None:
    text = "# Bees\n\nWax comes from glands. It is white. Honey is nectar that bees dried."
    asked = tuple(
        (question, ((text.index(answer), text.index(answer) + len(answer)),))
        for question, answer in (("Where is wax from?", "glands"), ("What is honey?", "nectar"))
    )
    tokenizer = bundled_tokenizer(256)
    [(context,)] = make_groups([Article(Document("bees.md", text, "Bees", source=""), asked)], tokenizer)
    words = [tokenizer.decode(context.ids[first:last]) for first, last in context.sentences]
    assert words == [
        "# bees",
        "wax comes from glands.",
        "wax comes from glands. it is white.",
        "honey is nectar that bees dried.",
    ]
    assert [question.answering for question in context.questions] == [(1,), (3,)]
    assert tokenizer.decode(context.ids[: context.sentences[0][0]]) == "bees"


def test_paragraphs_kept_from_the_reader_are_kept_from_the_embedder(tmp_path: Path) -> None:
    paragraphs = [
        {
            "context": f"Part {number} is here.",
            "qas": [{"question": "Which?", "answers": [{"text": f"{number}", "answer_start": 5}]}],
        }
        for number in range(10)
    ]
    file = tmp_path / "set.json"
    file.write_text(json.dumps({"data": [{"title": "A_title", "paragraphs": paragraphs}]}), encoding="utf-8")
    apart = paragraph_articles(file)
    [joined] = joined_articles(file)
    assert [one.document.text for one in apart] == [f"Part {number} is here.\n\n" for number in range(9)]
    assert joined.document.text.startswith("# A title\n\nPart 0 is here.\n\nPart 1")
    assert [joined.document.text[start:end] for _, ((start, end),) in joined.questions] == list("012345678")
