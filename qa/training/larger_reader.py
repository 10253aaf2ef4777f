"""A span model five times as large as the reader, for those who prefer right answers to quick ones."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import torch
from tokenizers.processors import TemplateProcessing
from transformers import AutoTokenizer, MPNetForQuestionAnswering, PreTrainedTokenizerFast

from qa.training.reader import LOADED, MASK, SpanModel

if TYPE_CHECKING:
    from transformers import MPNetModel

_SHIFT = 4
"""BERT and MPNet have the same word pieces in the same order, after different special ones."""
_SPECIAL = {0: 1, 100: 3, 101: 0, 102: 2, MASK: 30_526}
"""Padding, unknown, start, separator and mask: their ids in BERT, and in MPNet."""


class LargerSpanModel(SpanModel):
    """The encoder of all-mpnet-base-v2, from its folder, with a start and an end score for each token."""

    def __init__(self, original: Path) -> None:
        torch.nn.Module.__init__(self)
        self.model = MPNetForQuestionAnswering.from_pretrained(original, **LOADED)

    @property
    def encoder(self) -> MPNetModel:  # type: ignore[override]
        """The encoder without the scores."""
        return self.model.mpnet

    def forward(
        self,
        input_ids: torch.Tensor,
        token_type_ids: torch.Tensor,  # noqa: ARG002 -- MPNet has none
        attention_mask: torch.Tensor,
    ) -> torch.Tensor:
        """Return start and end scores, shape (batch, tokens, 2), for ids of the bundled tokenizer."""
        ids = input_ids + _SHIFT
        for own, other in _SPECIAL.items():
            ids = ids.masked_fill(input_ids == own, other)
        found = self.model(input_ids=ids, attention_mask=attention_mask)
        return torch.stack([found.start_logits, found.end_logits], dim=2)

    def save(self, original: Path, out: Path) -> None:
        """Write a folder that `QA_READER_MODEL` can name, with the tokenizer from the original's folder."""
        known = AutoTokenizer.from_pretrained(original)
        # MPNet's own class puts two separators between question and passage; the model was trained with one.
        known.backend_tokenizer.post_processor = TemplateProcessing(
            single="<s> $A </s>",
            pair="<s> $A </s> $B:1 </s>:1",
            special_tokens=[("<s>", _SPECIAL[101]), ("</s>", _SPECIAL[102])],
        )
        PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
            tokenizer_object=known.backend_tokenizer,
            model_max_length=known.model_max_length,
            model_input_names=["input_ids", "attention_mask"],
            **known.special_tokens_map,
        ).save_pretrained(out)
        self.model.save_pretrained(out)
