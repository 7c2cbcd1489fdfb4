"""Datasets as they are stored."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from rtstore.errors import DamagedError
from rtstore.model.objects import Dataset, Framing, Settings, decode, encode
from rtstore.model.partitions import WHOLE, Partition

EMPTY = Dataset(None, 0, 0, Framing(), Settings())
FULL = replace(EMPTY, root=b"r" * 32, count=3)


@pytest.mark.parametrize(
    "dataset",
    [
        EMPTY,
        FULL,
        replace(FULL, framing=Framing(separator=b"\r\n", mode=0o777)),
        replace(FULL, framing=Framing("array", b"[", b" , ", b"]", 0)),
    ],
)
def test_it_comes_back_as_it_was(dataset: Dataset) -> None:
    assert decode(encode(dataset), Dataset) == dataset


def divided(sides: tuple[tuple[str, int], ...] = (("train", WHOLE),), **more: Any) -> Dataset:
    """Return a dataset that is divided."""
    return replace(FULL, settings=Settings(partition=Partition(sides, **more)))


def test_without_a_partition_it_is_encoded_as_before_there_were_any() -> None:
    framing, settings = ["jsonl", b"", b"\n", b"\n", 0o644], ["id", []]
    plain = replace(FULL, settings=Settings("id", ()))
    assert msgspec.msgpack.decode(encode(plain)) == [b"r" * 32, 0, 3, framing, settings, None, None]
    assert encode(plain) == msgspec.msgpack.encode([b"r" * 32, 0, 3, framing, settings, None, None])
    with_one = msgspec.msgpack.decode(encode(divided()))
    assert with_one[4][2] == [[["train", WHOLE]], "", None, None, None]


@pytest.mark.parametrize(
    "dataset",
    [
        divided(),
        divided((("train", WHOLE - 1), ("val", 1)), seed="s", group_by="meta.book", stratify="tags"),
        divided(settled=b"b" * 32),
    ],
)
def test_a_partition_comes_back_as_it_was(dataset: Dataset) -> None:
    assert decode(encode(dataset), Dataset) == dataset


@pytest.mark.parametrize(
    "dataset",
    [
        divided(()),
        divided((("train", WHOLE - 1),)),
        divided((("train", WHOLE + 1), ("val", -1))),
        divided((("train", 1), ("train", WHOLE - 1))),
        divided((("no side", WHOLE),)),
        divided((*((f"s{n}", 1) for n in range(64)), ("rest", WHOLE - 64))),
        divided(seed="s" * 2000),
        divided(group_by='a"b'),
        divided(stratify="role"),
        divided(settled=b"short"),
    ],
)
def test_a_partition_that_cannot_be_is_damage(dataset: Dataset) -> None:
    with pytest.raises(DamagedError, match="dataset contradicts itself"):
        decode(encode(dataset), Dataset)


@pytest.mark.parametrize(
    "dataset",
    [
        replace(FULL, count=0),
        replace(FULL, count=-1),
        replace(EMPTY, count=1),
        replace(FULL, height=-1),
        replace(FULL, height=64),
        replace(FULL, framing=Framing(mode=-1)),
        replace(FULL, framing=Framing(mode=0o4755)),
        replace(FULL, framing=Framing(mode=1 << 40)),
        replace(FULL, framing=Framing("lines")),
        *(replace(FULL, framing=Framing(separator=odd)) for odd in (b"", b" ", b"\r", b",\n", b"\n\n")),
    ],
)
def test_one_that_cannot_be_is_damage(dataset: Dataset) -> None:
    with pytest.raises(DamagedError, match="dataset contradicts itself"):
        decode(encode(dataset), Dataset)
