"""Conversations to compare: made of random words, and small edits of them."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence

#: What a turn's words are drawn from.
VOCABULARY = [f"w{number:x}" for number in range(40_000)]


def story(seed: int, words: int = 60) -> list[str]:
    """Return random words, the same for a seed."""
    return random.Random(seed).choices(VOCABULARY, k=words)


def changed(words: Sequence[str], seed: int, edits: int = 1) -> list[str]:
    """Return words of which some were replaced by words no story has."""
    chance = random.Random(seed)
    result = list(words)
    for place in chance.sample(range(len(result)), edits):
        result[place] = f"edit{chance.randrange(1000)}"
    return result


def talk(words: Sequence[str], prompt: Sequence[str] = ()) -> bytes:
    """Return a record of two turns with these words, after a system prompt if there is one."""
    half = len(words) // 2
    messages = [{"role": "system", "content": " ".join(prompt)}] if prompt else []
    messages += [
        {"role": "user", "content": " ".join(words[:half])},
        {"role": "assistant", "content": " ".join(words[half:])},
    ]
    return json.dumps({"messages": messages}).encode()


def shuffled(count: int, seed: int = 0) -> list[int]:
    """Return the numbers below ``count`` in a random order."""
    order = list(range(count))
    random.Random(seed).shuffle(order)
    return order
