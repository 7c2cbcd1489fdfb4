"""Heads: what a member sealed comes out, nothing else does, and an old one does not pass for the newest."""

from __future__ import annotations

import contextlib
import hmac
import tracemalloc
from hashlib import sha256
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from zstandard import ZstdCompressor

from rtstore.errors import TamperError
from rtstore.remote.format.head import RECENT, Head, seal_head, unseal_head
from rtstore.remote.format.padding import padded_size

KEY = bytes(range(32))
NAME = "ab" * 20


def head(number: int = 1, before: Head | None = None, **fields: Any) -> Head:
    recent = (before.hash(), *before.recent)[:RECENT] if before is not None else ()
    return Head(
        backup="00" * 16, number=number, recent=recent, generation=fields.pop("generation", 1), **fields
    )


def heads(number: int) -> list[Head]:
    """Return one head after the other."""
    found = [head()]
    while len(found) < number:
        found.append(head(len(found) + 1, found[-1], branches={"main": f"{len(found):064x}"}))
    return found


def sealed_text(text: bytes, key: bytes = KEY) -> bytes:
    line = hmac.new(key, text, sha256).hexdigest().encode() + b"\n"
    return ZstdCompressor().compress(line + text)


def sealed_fields(**fields: Any) -> bytes:
    """Return a head that a member signed, and that has a field as no rtstore writes it."""
    good = msgspec.to_builtins(head(2, head(), parts=((1, NAME),)))
    return sealed_text(msgspec.json.encode({**good, **fields}))


names = st.text(st.characters(categories=["L", "Nd"]), min_size=1, max_size=10).filter(
    lambda name: name != "HEAD"
)
refs = st.dictionaries(names, st.binary(min_size=32, max_size=32).map(bytes.hex), max_size=5)
parts = st.lists(st.binary(min_size=20, max_size=20).map(bytes.hex), unique=True, min_size=1, max_size=9)


@given(refs, refs, parts)
def test_a_sealed_head_comes_out(branches: dict[str, str], tags: dict[str, str], names: list[str]) -> None:
    made = head(
        branches=branches, tags=tags, parts=((1, "".join(names)),), default=next(iter(branches), None)
    )
    sealed = seal_head(made, KEY)
    assert unseal_head(sealed, KEY) == made
    assert made.names() == [(1, name) for name in names]
    assert len(sealed) == padded_size(len(sealed))


def test_parts_of_several_generations_are_named_with_theirs() -> None:
    made = head(generation=2, parts=((1, "aa" * 20 + "bb" * 20), (2, "cc" * 20)))
    assert unseal_head(seal_head(made, KEY), KEY).names() == [(1, "aa" * 20), (1, "bb" * 20), (2, "cc" * 20)]


def test_of_a_head_with_one_byte_changed_nothing_comes_or_the_same() -> None:
    made = heads(3)[-1]
    sealed = seal_head(made, KEY)
    for place in range(len(sealed)):
        for bit in (1, 0x10, 0x80):
            changed = sealed[:place] + bytes([sealed[place] ^ bit]) + sealed[place + 1 :]
            with contextlib.suppress(TamperError):
                assert unseal_head(changed, KEY) == made  # a byte of the padding, or none that matters


def test_a_head_cut_off_anywhere_is_refused_or_the_same() -> None:
    made = heads(3)[-1]
    sealed = seal_head(made, KEY)
    for size in range(len(sealed)):
        with contextlib.suppress(TamperError):
            assert unseal_head(sealed[:size], KEY) == made


@given(st.binary(max_size=100))
def test_what_is_no_head_is_refused(data: bytes) -> None:
    with pytest.raises(TamperError):
        unseal_head(data, KEY)


def test_a_head_signed_with_another_key_is_refused() -> None:
    with pytest.raises(TamperError, match="no member of the backup signed it"):
        unseal_head(seal_head(head(), bytes(32)), KEY)


def test_a_bomb_is_refused_before_it_takes_memory() -> None:
    bomb = ZstdCompressor().compress(bytes(100 << 20))
    tracemalloc.start()
    try:
        with pytest.raises(TamperError):
            unseal_head(bomb, KEY)
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "fields",
    [
        {"number": 0},
        {"number": -1},
        {"number": 3},
        {"generation": 0},
        {"recent": []},
        {"recent": ["zz" * 32]},
        {"recent": ["00"]},
        {"branches": {"../evil": "00" * 32}},
        {"branches": {"a\x1b[31m": "00" * 32}},
        {"branches": {"main": "00"}},
        {"tags": {"HEAD": "00" * 32}},
        {"tags": {"v1": "Z" * 64}},
        {"default": "main"},
        {"parts": [[1, ""]]},
        {"parts": [[1, NAME[1:]]]},
        {"parts": [[1, NAME.upper()]]},
        {"parts": [[2, NAME]]},
        {"parts": [[0, NAME]]},
        {"parts": [[1, NAME], [1, NAME]]},
        {"parts": [[1, "../../x" * 40]]},
        {"branches": None},
        {"format": 2},
        {"backup": 7},
    ],
)
def test_a_signed_head_that_rtstore_does_not_write_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(TamperError):
        unseal_head(sealed_fields(**fields), KEY)


def test_what_is_signed_and_no_text_is_refused() -> None:
    for text in (b"", b"[]", b"{", b"\xff\xfe", b"null", b"[" * 100_000):
        with pytest.raises(TamperError):
            unseal_head(sealed_text(text), KEY)


def test_a_head_knows_those_before_it() -> None:
    made = heads(RECENT + 10)
    last = made[-1]
    assert last.is_after(last.number, last.hash()) is True
    assert last.is_after(last.number, made[-2].hash()) is False
    for ago in range(1, RECENT + 1):
        before = made[-1 - ago]
        assert last.is_after(before.number, before.hash()) is True
        assert last.is_after(before.number, "00" * 32) is False
        assert before.is_after(last.number, last.hash()) is False
    assert last.is_after(1, made[0].hash()) is None


def test_a_head_of_a_fork_is_not_after_the_other_side() -> None:
    first, second = heads(2)
    other = replace(second, tags={"v1": "11" * 32})
    third = head(3, other)
    assert third.is_after(first.number, first.hash()) is True
    assert third.is_after(second.number, second.hash()) is False
