"""Measures how well entries without ids are followed through edits. Prints a table.

    python tests/bench/identity.py [--count N] [--seeds N] [--scratch DIR]

Versions are made of which it is known what became of every entry; the library commits both, and each line's entry
is compared with the truth. ``found``: edited entries that are still themselves; ``wrong``: those taken for another
entry; ``taken``: new entries that were taken for old ones.
"""

from __future__ import annotations

import argparse
import json
import random
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from corpus import write_corpus

import rtstore

NAME = "d.jsonl"
AUTHOR = "Ann <ann@example.org>"
#: What words are changed into.
WORDS = ("lantern", "quietly", "perhaps", "Mara", "rain")

#: A line, and the number of the old one it was; None: it is new.
Line = tuple[str, int | None]
Make = Callable[[list[str], random.Random], list[Line]]


class Score(NamedTuple):
    """How one version was understood: numbers of entries, seconds the commit computed."""

    edited: int
    found: int
    wrong: int
    added: int
    taken: int
    seconds: float


def session(lines: list[str], rng: random.Random) -> list[Line]:
    """5 % edited in one of many ways, 1 % new, 1 % gone, 0.5 % moved."""
    count = len(lines)
    picked = rng.sample(range(count), count * 13 // 200)
    edited, away = picked[: count // 20], set(picked[count // 20 :])
    rows: list[Line] = [(line, number) for number, line in enumerate(lines)]
    for number in edited:
        rows[number] = (_edited(lines[number], rng), number)
    rows = [row for row in rows if row[1] not in away]
    for number in picked[-(count // 200) :]:
        rows.insert(rng.randrange(len(rows)), (lines[number], number))
    return rows + [(_mixed(rng.sample(lines, 4)), None) for _ in range(count // 100)]


def every_record(lines: list[str], rng: random.Random) -> list[Line]:
    """A word changed in every record."""
    return [(_reworded(line, rng), number) for number, line in enumerate(lines)]


def every_record_twice(lines: list[str], rng: random.Random) -> list[Line]:
    """Two words changed in every record."""
    return [(_reworded(_reworded(line, rng), rng), number) for number, line in enumerate(lines)]


def every_record_shuffled(lines: list[str], rng: random.Random) -> list[Line]:
    """A word changed in every record, and the file shuffled."""
    rows = every_record(lines, rng)
    rng.shuffle(rows)
    return rows


def third_of_records(lines: list[str], rng: random.Random) -> list[Line]:
    """A word changed in every third record."""
    return [(_reworded(line, rng) if n % 3 == 0 else line, n) for n, line in enumerate(lines)]


def third_of_records_shuffled(lines: list[str], rng: random.Random) -> list[Line]:
    """A word changed in every third record, and the file shuffled."""
    rows = third_of_records(lines, rng)
    rng.shuffle(rows)
    return rows


def others(lines: list[str], rng: random.Random) -> list[Line]:
    """Every record replaced with one made of single turns of four others."""
    return [(_mixed(rng.sample(lines, 4)), None) for _ in lines]


def main() -> None:
    """Measure and print."""
    options = _options()
    scratch = Path(tempfile.mkdtemp(prefix="rtstore-identity-", dir=options.scratch))
    try:
        corpus = scratch / "corpus.jsonl"
        write_corpus(corpus, options.count, ids=False)
        lines = corpus.read_text(encoding="utf-8").splitlines()
        print(
            "| version | seed | edited | found | wrong | new | taken | commit |\n|---|---|---|---|---|---|---|---|"
        )
        for what, old, make, seeds in _versions(lines, options.seeds):
            for seed in range(seeds):
                _print(what, seed, _score(scratch / "workspace", old, make(old, random.Random(seed))))
    finally:
        shutil.rmtree(scratch)


def _versions(lines: list[str], seeds: int) -> Iterator[tuple[str, list[str], Make, int]]:
    yield "session", lines, session, seeds
    yield "session, one system prompt", _with_prompts(lines, 1), session, seeds
    yield "session, 20 system prompts", _with_prompts(lines, 20), session, seeds
    short = [_short(line) for line in lines[: len(lines) // 10]]
    yield "short records, a word in a third", short, third_of_records, seeds
    yield "short records, the same shuffled", short, third_of_records_shuffled, seeds
    yield "a word in every record", lines, every_record, 1
    yield "two words in every record", lines, every_record_twice, 1
    yield "a word in every record, shuffled", lines, every_record_shuffled, 1
    yield "every record another", lines, others, 1


def _score(workspace: Path, old: Sequence[str], new: Sequence[Line]) -> Score:
    """Commit both versions; return how the second was understood."""
    workspace.mkdir()
    try:
        store = rtstore.init(workspace)
        before = _commit(store, old)
        start = time.process_time()
        after = _commit(store, [line for line, _ in new])
        seconds = time.process_time() - start
    finally:
        shutil.rmtree(workspace)
    return _judged(old, new, before, after, seconds)


def _judged(
    old: Sequence[str], new: Sequence[Line], before: list[bytes], after: list[bytes], seconds: float
) -> Score:
    known = {id: number for number, id in enumerate(before)}
    edited = found = wrong = added = taken = 0
    for (line, origin), id in zip(new, after, strict=True):
        number = known.get(id)
        if origin is None:
            added += 1
            taken += number is not None
        elif line != old[origin]:
            edited += 1
            found += number == origin
            wrong += number is not None and number != origin
    return Score(edited, found, wrong, added, taken, seconds)


def _commit(store: rtstore.Store, lines: Sequence[str]) -> list[bytes]:
    path = Path(store.root, NAME)
    is_new = not path.exists()
    path.write_text("".join(line + "\n" for line in lines), encoding="utf-8", newline="\n")
    if is_new:
        store.add([path])
    store.commit("a version", AUTHOR)
    return [entry.id for entry in store["HEAD"][NAME]]


def _print(what: str, seed: int, score: Score) -> None:
    edited = max(score.edited, 1)
    print(
        f"| {what} | {seed} | {score.edited:,} | {score.found / edited:.2%} | {score.wrong / edited:.2%} "
        f"| {score.added:,} | {score.taken:,} | {score.seconds:.2f} s |",
        flush=True,
    )


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--count", type=int, default=20_000, help="conversations in the corpus")
    parser.add_argument("--seeds", type=int, default=3, help="versions of each kind")
    parser.add_argument(
        "--scratch", type=Path, help="where to work; default: the system's temporary directory"
    )
    return parser.parse_args()


def _edited(line: str, rng: random.Random) -> str:
    """Return a record as a curator leaves it."""
    record = json.loads(line)
    messages = record["messages"]
    place = rng.randrange(1, len(messages))
    kind = rng.choice(("word", "word", "goes on", "new turn", "no turn", "prompt", "tag"))
    if kind == "word":
        return _reworded(line, rng)
    if kind == "goes on":
        messages[place]["content"] += " And then she smiled."
    elif kind == "new turn":
        messages.insert(place, {"role": "assistant", "content": "Let me think about that for a moment."})
    elif kind == "no turn":
        del messages[place]
    elif kind == "prompt":
        messages[0]["content"] += " Speak plainly."
    else:
        record["tags"].append("approved_now")
    return _dump(record)


def _reworded(line: str, rng: random.Random) -> str:
    record = json.loads(line)
    turn = rng.choice(record["messages"])
    words = turn["content"].split(" ")
    words[rng.randrange(len(words))] = rng.choice(WORDS)
    turn["content"] = " ".join(words)
    return _dump(record)


def _mixed(lines: Sequence[str]) -> str:
    """Return a conversation made of the turns of several, one of each in turn."""
    records = [json.loads(line) for line in lines]
    turns = [
        turn for four in zip(*(record["messages"][1:] for record in records), strict=False) for turn in four
    ]
    return _dump(records[0] | {"messages": [records[0]["messages"][0], *turns[:12]]})


def _short(line: str) -> str:
    """Return a record of some twenty words."""
    record = json.loads(line)
    turns = [
        {"role": turn["role"], "content": " ".join(turn["content"].split()[:10])}
        for turn in record["messages"][1:3]
    ]
    return _dump({"messages": turns})


def _with_prompts(lines: Sequence[str], count: int) -> list[str]:
    """Return records with one of ``count`` system prompts of some 200 words, longer than what they say."""
    rng = random.Random(count)
    words = [word for line in lines[:200] for word in json.loads(line)["messages"][1]["content"].split()]
    prompts = [" ".join(rng.choices(words, k=200)) for _ in range(count)]
    found = []
    for line in lines:
        record = json.loads(line)
        record["messages"] = [{"role": "system", "content": rng.choice(prompts)}, *record["messages"][1:5]]
        found.append(_dump(record))
    return found


def _dump(record: dict[str, Any]) -> str:
    return json.dumps(record, ensure_ascii=False)


if __name__ == "__main__":
    main()
