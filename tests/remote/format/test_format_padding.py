"""Padding: few sizes are seen, little is wasted, and every decoder skips it."""

from __future__ import annotations

import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st
from zstandard import ZstdCompressor, ZstdDecompressor

from rtstore.remote.format.padding import SKIPPABLE, pad, padded_size, skippable, skippable_content

sizes = st.integers(0, 1 << 40) | st.integers(0, 5000)


@given(sizes)
def test_padding_adds_at_most_an_eighth(size: int) -> None:
    assert size <= padded_size(size) <= size * 1.12 + 1


@given(sizes, sizes)
def test_what_is_larger_is_never_padded_to_less(one: int, other: int) -> None:
    small, large = sorted((one, other))
    assert padded_size(small) <= padded_size(large)


@given(sizes)
def test_a_padded_size_stays(size: int) -> None:
    assert padded_size(padded_size(size)) == padded_size(size)


def test_few_sizes_are_left() -> None:
    assert len({padded_size(size) for size in range(1 << 16)}) < 300


@given(st.binary(max_size=3000))
def test_what_is_padded_has_a_padded_size_and_decompresses_to_the_same(content: bytes) -> None:
    padded = pad(ZstdCompressor().compress(content))
    assert len(padded) == padded_size(len(padded))
    assert ZstdDecompressor().decompress(padded, allow_extra_data=True) == content


@pytest.mark.tools
@pytest.mark.tools
def test_the_zstd_tool_skips_index_and_padding() -> None:
    frames = [ZstdCompressor().compress(text) for text in (b"one ", b"two")]
    data = pad(b"".join([skippable(b"an index"), *frames]))
    done = subprocess.run(["zstd", "-d", "-c", "-q"], input=data, capture_output=True, check=True)
    assert done.stdout == b"one two"


@given(st.binary(max_size=200), st.binary(max_size=50))
def test_a_skippable_frame_gives_back_its_content(content: bytes, behind: bytes) -> None:
    assert skippable_content(skippable(content) + behind) == content


@given(st.binary(max_size=40))
def test_what_is_no_such_frame_has_no_content(data: bytes) -> None:
    found = skippable_content(data)
    assert found is None or data.startswith(SKIPPABLE.pack(0x184D2A50, len(found)))


def test_a_frame_that_claims_more_than_there_is_has_no_content() -> None:
    assert skippable_content(SKIPPABLE.pack(0x184D2A50, 0xFFFFFFFF) + b"short") is None
