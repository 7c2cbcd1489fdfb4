"""Datasets as they are stored."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from rtstore.errors import DamagedError
from rtstore.model.objects import Dataset, Framing, Settings, decode, encode

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
