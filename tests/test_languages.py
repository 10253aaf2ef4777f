"""Documents in several languages: loaded, cut into sentences, saved, searched and answered from."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from qa import QA, Settings
from qa.documents.chunking import sentence_spans
from qa.documents.loader import load_bytes, load_text
from qa.documents.sandbox import Sandbox
from qa.text.tokens import LANGUAGES

TEXTS = Path(__file__).parent / "benchmarks" / "languages"


def text_in(language: str) -> str:
    """Return an article of the benchmark as Markdown."""
    article = json.loads((TEXTS / f"{language}.json").read_text(encoding="utf-8"))["articles"][0]
    return "\n\n".join([f"# {article['title']}", *map(" ".join, article["paragraphs"])])


@pytest.mark.parametrize(
    ("language", "sentences"),
    [
        (
            "de",
            ["Das gilt z. B. f\u00fcr Art. 3 Abs. 2 GG.", "Am 3. Mai kam Dr. Lang.", "Er starb 1858.", "Es war kalt."],
        ),
        ("es", ["V\u00e9ase p\u00e1g. 5.", "El Sr. Vega lleg\u00f3.", "\u00bfVino?", "S\u00ed."]),
        ("fr", ["M. Garnier mourut en 52 av. J.-C. \u00e0 Rome.", "Voir p. 5 et art. 3.", "Il y v\u00e9cut."]),
        ("it", ["Il sig. Lai e il dott. Bini nel sec. XIX.", "V. pag. 9.", "Poi part\u00ec."]),
        ("nl", ["Het was o.a. dhr. Prins, zie blz. 7.", "Mevr. de Boer kwam.", "Toen stopte het."]),
        ("pt", ["O eng. Torres e o Sr. Reis vieram a p\u00e9.", "Ver p\u00e1g. 4.", "Depois acabou."]),
        (
            "ru",
            [
                "\u0412 1912 \u0433. \u043f\u043e\u0436\u0430\u0440 \u0431\u044b\u043b \u0432\u0435\u043b\u0438\u043a.",
                "\u0421\u043c. \u0441. 5.",
                "\u0412\u0441\u0451.",
            ],
        ),
    ],
)
def test_abbreviations_end_no_sentence(language: str, sentences: list[str]) -> None:
    text = " ".join(sentences)
    assert [text[start:end] for start, end in sentence_spans(text, language)] == sentences


def test_lines_stay_apart_and_abbreviations_without_end_are_no_single_sentence() -> None:
    assert len(sentence_spans("Siehe Art.\n\nDie Bienen.", "de")) == 2
    spans = sentence_spans("Platz 7. " * 1_000, "de")
    assert max(end - start for start, end in spans) < 2_000


@given(
    st.sampled_from(LANGUAGES),
    st.lists(
        st.sampled_from(
            [
                "A",
                "\u00e9",
                " ",
                "\u00a0",
                "\n\n",
                ".",
                "?",
                "\u3002",
                "\u00bb",
                '"',
                "(",
                "1",
                "z",
                "Dr",
                "\u0413",
                "\u0e01",
                "\u0301",
                "-",
            ]
        ),
        max_size=40,
    ),
)
def test_sentences_of_any_language_lose_nothing(language: str, parts: list[str]) -> None:
    text = "".join(parts)
    spans = sentence_spans(text, language)
    assert all(start < end for start, end in spans)
    assert all(not text[end:start].strip() for (_, end), (start, _) in pairwise([(0, 0), *spans, (len(text), 0)]))


@pytest.mark.slow
@pytest.mark.parametrize("language", ["de", "ru"])
def test_a_document_says_its_language_however_it_was_read(language: str) -> None:
    text = text_in(language)
    assert load_text(text).language == language
    assert load_bytes(text.encode(), "a.md", sandbox=Sandbox(Settings())).language == language
    assert load_text("Bees dance.").language == ""


def multilingual_model(folder: Path) -> str:
    """Save a sentence-transformers model of random weights, the same each time, that knows the texts' words."""
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Pooling, Transformer
    from tokenizers import BertWordPieceTokenizer
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

    # Word pieces that are trained differ from run to run.
    words = sorted({word for language in ("de", "fr", "ru") for word in re.findall(r"\w+|[^\w\s]", text_in(language))})
    letters = sorted({letter for word in words for letter in word} - {*words})
    marks = [f"[{name}]" for name in ("PAD", "UNK", "CLS", "SEP", "MASK")]
    known = [*marks, *words, *letters, *(f"##{letter}" for letter in sorted({*"".join(words)}))]
    vocabulary = {piece: number for number, piece in enumerate(known)}
    pieces = BertWordPieceTokenizer(vocabulary, lowercase=False, strip_accents=False)
    bert = folder / "bert"
    bert.mkdir()
    special = {f"{name}_token": f"[{name.upper()}]" for name in ("unk", "pad", "cls", "sep", "mask")}
    tokenizer = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=pieces, model_max_length=128, **special
    )
    tokenizer.save_pretrained(bert)
    config = BertConfig(
        vocab_size=pieces.get_vocab_size(),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=64,
    )
    torch.manual_seed(7)
    BertModel(config).save_pretrained(bert)
    encoder = Transformer(str(bert), max_seq_length=128)
    model = SentenceTransformer(modules=[encoder, Pooling(32)], device="cpu")
    model.save(str(folder / "model"))
    return str(folder / "model")


@pytest.mark.slow
def test_a_library_of_several_languages_is_searched_with_a_multilingual_model(tmp_path: Path) -> None:
    articles = tmp_path / "articles"
    articles.mkdir()
    for language in ("de", "fr", "ru"):
        (articles / f"{language}.md").write_text(text_in(language), encoding="utf-8")
    (articles / "en.md").write_text("The bees of the colony dance. They sting in winter.", encoding="utf-8")
    settings = Settings(embedding_model=multilingual_model(tmp_path), answer_threshold=0.0)
    QA.from_path(articles, settings=settings).save(tmp_path / "index")
    bot = QA.from_index(tmp_path / "index", settings=settings)
    found = {name: document.language for name, document in bot.documents.items()}
    assert found == {"de.md": "de", "en.md": "", "fr.md": "fr", "ru.md": "ru"}
    assert bot.index.dimension == 32
    for question, name, answer in (
        ("Wieso \u00fcbernachtet ein Wanderer auf dem Berg?", "de.md", "Sonnenaufg\u00e4nge"),
        ("Combien d'ouvri\u00e8re \u00e9tait employ\u00e9e dans les usines ?", "fr.md", "quarante ouvri\u00e8res"),
    ):
        passages = bot.search(question, 3)
        assert any(passage.document_id == name and answer in passage.text for passage in passages)
        assert max(passage.overlap for passage in passages if passage.document_id == name) > 0.3
        for citation in bot.ask(question).citations:
            assert bot.documents[citation.document].text[citation.start : citation.end] == citation.text
