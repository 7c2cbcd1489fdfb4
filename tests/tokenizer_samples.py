"""A tokenizer small enough to count by: one token a word."""

from __future__ import annotations

from tokenizers import Tokenizer, models, pre_tokenizers, processors

_WORDS = ["[UNK]", "<s>", "</s>", "the", "lamp", "keeper", "of"]


def word_tokenizer(cut: int | None = None, fill: int | None = None) -> bytes:
    """Return a ``tokenizer.json``; ``cut`` and ``fill`` are lengths that it sets for texts."""
    made = Tokenizer(models.WordLevel({word: at for at, word in enumerate(_WORDS)}, unk_token="[UNK]"))
    made.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    made.post_processor = processors.TemplateProcessing(single="<s> $A", special_tokens=[("<s>", 1)])
    if cut is not None:
        made.enable_truncation(cut)
    if fill is not None:
        made.enable_padding(length=fill)
    return made.to_str().encode()
