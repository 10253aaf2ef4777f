"""Small models with random weights, saved as sentence-transformers and transformers do."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from qa.models.sample_texts import SENTENCES

SIZE: dict[str, Any] = {"hidden_size": 48, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 96}
# With the usual small weights, the vectors of all texts would be nearly equal.
SIZE["initializer_range"] = 0.3


def _tokenizer(special: tuple[str, str], pad: str, unknown: str) -> Any:  # noqa: ANN401
    """Return a WordPiece tokenizer of the characters and words of the sample texts.

    A trained one would differ from run to run, and with it the outputs of every model.
    """
    import tokenizers
    from tokenizers import models, normalizers, pre_tokenizers, processors
    from transformers import PreTrainedTokenizerFast

    first, last = special
    normalizer, splitter = normalizers.BertNormalizer(), pre_tokenizers.BertPreTokenizer()
    normal = [normalizer.normalize_str(sentence) for sentence in SENTENCES]
    characters = sorted({character for text in normal for character in text if not character.isspace()})
    words = sorted({word for text in normal for word, _ in splitter.pre_tokenize_str(text)})
    pieces = dict.fromkeys([pad, unknown, *special, *characters, *(f"##{one}" for one in characters), *words])
    vocabulary = {piece: number for number, piece in enumerate(pieces)}
    made = tokenizers.Tokenizer(models.WordPiece(vocab=vocabulary, unk_token=unknown))
    made.normalizer, made.pre_tokenizer = normalizer, splitter
    made.add_special_tokens([pad, unknown, *dict.fromkeys(special)])
    ids = [(token, made.token_to_id(token)) for token in dict.fromkeys(special)]
    if first != last:
        made.post_processor = processors.TemplateProcessing(
            single=f"{first} $A {last}", pair=f"{first} $A {last} $B:1 {last}:1", special_tokens=ids
        )
    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=made,
        unk_token=unknown,
        pad_token=pad,
        cls_token=first,
        sep_token=last,
        model_max_length=64,
        model_input_names=["input_ids", "token_type_ids", "attention_mask"],
    )


def save_embedder(folder: Path, kind: str = "bert", pooling: str = "mean", **options: Any) -> Path:  # noqa: ANN401
    """Save a sentence-transformers model of the kind "bert", "xlm-roberta" or "qwen3" (a decoder).

    `options` are `prompts`, `dense` (add a layer after the pooling) and `normalize`.
    """
    import torch
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer import modules as parts
    from transformers import BertConfig, BertModel, Qwen3Config, Qwen3Model, XLMRobertaConfig, XLMRobertaModel

    torch.manual_seed(7)
    if kind == "qwen3":
        tokenizer = _tokenizer(("<|end|>", "<|end|>"), "<|end|>", "<|unknown|>")
        config: Any = Qwen3Config(**SIZE, head_dim=12, num_key_value_heads=2, vocab_size=len(tokenizer))
        model: Any = Qwen3Model(config)
    elif kind == "xlm-roberta":
        tokenizer = _tokenizer(("<s>", "</s>"), "<pad>", "<unk>")
        numbers: dict[str, Any] = {"pad_token_id": 0, "bos_token_id": 2, "eos_token_id": 3, "type_vocab_size": 1}
        model = XLMRobertaModel(
            XLMRobertaConfig(**SIZE, **numbers, vocab_size=len(tokenizer), max_position_embeddings=66)
        )
    else:
        tokenizer = _tokenizer(("[CLS]", "[SEP]"), "[PAD]", "[UNK]")
        model = BertModel(BertConfig(**SIZE, vocab_size=len(tokenizer), max_position_embeddings=64))
    inner = folder / "encoder"
    model.save_pretrained(inner)
    tokenizer.save_pretrained(inner)
    modules: list[Any] = [parts.Transformer(str(inner)), parts.Pooling(SIZE["hidden_size"], pooling_mode=pooling)]
    if options.get("dense"):
        modules.append(parts.Dense(SIZE["hidden_size"], 16))
    if options.get("normalize", True):
        modules.append(parts.Normalize())
    made = SentenceTransformer(modules=modules, prompts=options.get("prompts"), device="cpu")
    made.max_seq_length = 32
    made.save(str(folder / "model"))
    return folder / "model"


def save_reader(folder: Path) -> Path:
    """Save a transformers model for question answering."""
    import torch
    from transformers import BertConfig, BertForQuestionAnswering

    torch.manual_seed(7)
    tokenizer = _tokenizer(("[CLS]", "[SEP]"), "[PAD]", "[UNK]")
    model = BertForQuestionAnswering(BertConfig(**SIZE, vocab_size=len(tokenizer), max_position_embeddings=64))
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def save_judge(folder: Path, labels: tuple[str, ...] = ("contradiction", "entailment", "neutral")) -> Path:
    """Save a model for natural-language inference that `CrossEncoder` can load."""
    import torch
    from transformers import BertConfig, BertForSequenceClassification

    torch.manual_seed(7)
    tokenizer = _tokenizer(("[CLS]", "[SEP]"), "[PAD]", "[UNK]")
    config = BertConfig(
        **SIZE,
        vocab_size=len(tokenizer),
        max_position_embeddings=64,
        id2label=dict(enumerate(labels)),
        label2id={label: number for number, label in enumerate(labels)},
    )
    BertForSequenceClassification(config).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
