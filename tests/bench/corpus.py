"""Corpora for measuring: as many conversations as wanted, made out of the words of the project's fixtures.

Sentences are put together from short runs of words, so that they compress about as well as what people write
(zstd 3 in 128 KiB blocks: a quarter), which whole sentences drawn again and again would not.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

FIXTURES = Path(__file__).resolve().parents[2] / "fixtures"
#: How many sentences there are to draw from, and how many of them serve as system prompts.
SENTENCES = 2_500
PROMPTS = 90
#: How many words in a row are taken as they stand in the fixtures.
RUN_WORDS = (1, 2, 3, 4)
TAGS = ("approved", "dialogue", "draft", "greeting", "narration", "pacing")
FLUSH = 4 << 20


def write_corpus(path: Path, count: int, ids: bool = True, stamped: bool = False, seed: int = 7) -> None:
    """Write ``count`` conversations of about 1.8 kB, each different.

    ``ids``: each has an ``id``. ``stamped``: each has what RoleThread Lite writes instead.
    """
    rng = random.Random(seed)
    sentences = _sentences(rng)
    _write_lines(path, (_dump(_record(rng, sentences, i, ids, stamped)) for i in range(count)))


def write_next_version(old: Path, new: Path, edits: int = 100, adds: int = 100, seed: int = 1) -> None:
    """Write what a session makes of a corpus: edited replies here and there, new conversations at the end."""
    rng = random.Random(seed)
    with open(old, encoding="utf-8") as file:
        count = sum(1 for _ in file)
    edited = set(rng.sample(range(count), edits))
    sentences = _sentences(rng)

    def lines() -> Iterator[str]:
        ids = False
        with open(old, encoding="utf-8") as file:
            for number, line in enumerate(file):
                ids = ids or '"id":' in line
                yield _edited(line, rng) if number in edited else line
        for number in range(count, count + adds):
            yield _dump(_record(rng, sentences, number, ids, False))

    _write_lines(new, lines())


def write_reworded(old: Path, new: Path, seed: int = 1) -> None:
    """Write a corpus with a few words more in one turn of every record."""
    rng = random.Random(seed)
    with open(old, encoding="utf-8") as file:
        _write_lines(new, (_edited(line, rng) for line in file))


def write_stamp_only_save(old: Path, new: Path) -> None:
    """Write what saving a stamped corpus without a change makes of it: another time in every line."""
    with open(old, encoding="utf-8") as file:
        _write_lines(new, (line.replace("T10:15:", "T11:40:") for line in file))


def _sentences(rng: random.Random) -> list[str]:
    words = [word for text in _fixture_texts() for word in text.split()]
    return [_sentence(rng, words) for _ in range(SENTENCES)]


def _fixture_texts() -> Iterator[str]:
    for path in sorted(FIXTURES.rglob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            yield from (message["content"] for message in json.loads(line)["messages"])


def _sentence(rng: random.Random, words: list[str]) -> str:
    chosen: list[str] = []
    for _ in range(rng.randrange(4, 10)):
        start = rng.randrange(len(words))
        chosen += words[start : start + rng.choice(RUN_WORDS)]
    return " ".join(chosen)


def _record(
    rng: random.Random, sentences: list[str], number: int, ids: bool, stamped: bool
) -> dict[str, Any]:
    pick = rng.choices(sentences, k=24)
    messages = [{"role": "system", "content": f"{_prompt(rng, sentences)} ({number})"}]
    for turn, role in enumerate(("user", "assistant") * rng.randrange(3, 7)):
        said = pick[turn : 2 + turn] if role == "assistant" else pick[-turn - 1 : -turn or None]
        messages.append({"role": role, "content": " ".join(said)})
    record: dict[str, Any] = {"messages": messages, "tags": ["roleplay", rng.choice(TAGS)]}
    if stamped:
        record["_rolethread"] = _stamp(rng, number)
    elif ids:
        record["id"] = f"c{number:08d}"
    return record


def _prompt(rng: random.Random, sentences: list[str]) -> str:
    first = rng.randrange(PROMPTS)
    return " ".join(sentences[first : first + 3])


def _stamp(rng: random.Random, number: int) -> dict[str, Any]:
    return {
        "version": 1,
        "native": True,
        "validated_at": f"2026-05-04T10:15:{number % 60:02d}.{number % 1_000_000:06d}+00:00",
        "entry_uuid": str(UUID(int=rng.getrandbits(128), version=4)),
        "dataset_uuid": "6f0c1c7e-5a52-4d0c-9d5e-0f6c3f0b7a11",
    }


def _edited(line: str, rng: random.Random) -> str:
    record = json.loads(line)
    message = rng.choice(record["messages"][1:])
    message["content"] += f" And then she smiled, {rng.randrange(10**6)} times."
    return _dump(record)


def _dump(record: dict[str, Any]) -> str:
    return json.dumps(record, ensure_ascii=False) + "\n"


def _write_lines(path: Path, lines: Iterator[str]) -> None:
    with open(path, "w", encoding="utf-8", newline="\n", buffering=FLUSH) as file:
        file.writelines(lines)
