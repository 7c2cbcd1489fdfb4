"""Counting tokens as a model's tokenizer makes them, with its ``tokenizer.json``."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from rtstore.errors import InputError
from rtstore.formats.extras import needed_from

#: The largest ``tokenizer.json`` in bytes. The largest in use, with 260,000 tokens, have some 35 MB.
MAX_FILE: Final = 128 * 1024 * 1024
#: Texts that are handed to the tokenizer together, and the characters after which they are fewer.
BATCH_TEXTS: Final = 1024
BATCH_CHARACTERS: Final = 4 * 1024 * 1024

_FIX: Final = "give the tokenizer.json of a model"


class TokenCounter:
    """Counts tokens. Reading the tokenizer takes about a second, so make one and keep it.

    A limit or a filling that the file sets for the length of texts does not count.

    Raises:
        InputError: ``data`` is not a ``tokenizer.json`` that can be used; ``path`` says which in messages.
        MissingExtraError: the library ``tokenizers`` is not installed.
    """

    def __init__(self, data: bytes, path: str) -> None:
        with needed_from("tokens", "counting tokens"):
            from tokenizers import Tokenizer
        if len(data) > MAX_FILE:
            problem = f"the file is {len(data):,} bytes, and at most {MAX_FILE:,} are read"
            raise InputError(problem, path=path, hint=_FIX)
        try:
            self._tokenizer = Tokenizer.from_buffer(data)
        except Exception as error:  # the library raises no type of its own
            reason = str(error).partition("\n")[0][:200]
            raise InputError(f"not a tokenizer that can be used: {reason}", path=path, hint=_FIX) from error
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self._path = path

    def counts(self, texts: Iterable[str], *, special: bool = False) -> Iterator[int]:
        """Yield the number of tokens of each text, in order; some thousand texts are in memory at a time.

        ``special``: with the tokens that the tokenizer puts around a text by itself, as it does for one that no chat
        template has put them around.

        Raises:
            InputError: a text cannot be tokenized; how many went before says which.
        """
        for batch in _batches(texts):
            yield from self._counted(batch, special)

    def count(self, text: str, *, special: bool = False) -> int:
        """Return the number of tokens of one text; as ``counts``.

        Raises:
            InputError: the text cannot be tokenized.
        """
        return next(self.counts((text,), special=special))

    def _counted(self, batch: list[str], special: bool) -> Iterator[int]:
        try:
            encoded = self._tokenizer.encode_batch_fast(batch, add_special_tokens=special)
        except Exception as error:  # as above; also for half of a character, which Rust's texts cannot hold
            if len(batch) > 1:
                for text in batch:
                    yield from self._counted([text], special)
                return
            reason = str(error).partition("\n")[0][:200]
            problem = f"a text cannot be tokenized: {reason}"
            raise InputError(
                problem, path=self._path, hint="look for broken characters in the text"
            ) from error
        yield from map(len, encoded)


def _batches(texts: Iterable[str]) -> Iterator[list[str]]:
    batch: list[str] = []
    size = 0
    for text in texts:
        batch.append(text)
        size += len(text)
        if len(batch) >= BATCH_TEXTS or size >= BATCH_CHARACTERS:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
