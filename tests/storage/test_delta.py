"""Page versions: small, exact, and refused when they are not what was written."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtstore.errors import DamagedError
from rtstore.storage.delta import MAX_DEPTH, apply, make, parse
from tests.packs import page

BASE_ID = b"b" * 32


@given(st.binary(max_size=300), st.binary(min_size=1, max_size=300), st.integers(1, MAX_DEPTH))
def test_a_version_gives_back_the_page(base: bytes, data: bytes, depth: int) -> None:
    version = parse(make(data, BASE_ID, base, depth))
    assert (version.depth, version.base) == (depth, BASE_ID)
    assert apply(version, base) == data


def test_a_version_of_a_large_page_is_small() -> None:
    assert len(make(page(1, version=1), BASE_ID, page(1), 1)) < 150


@pytest.mark.parametrize(
    "stored",
    [b"", b"\x01", b"\x01" + BASE_ID, b"\x00" + BASE_ID + b"x", bytes((MAX_DEPTH + 1,)) + BASE_ID + b"x"],
    ids=["nothing", "no base", "no frame", "depth nought", "too deep"],
)
def test_what_cannot_be_a_version_is_refused(stored: bytes) -> None:
    with pytest.raises(DamagedError):
        parse(stored)


def test_a_frame_that_is_none_is_refused() -> None:
    with pytest.raises(DamagedError):
        apply(parse(b"\x01" + BASE_ID + b"not zstd"), b"base")


def test_a_frame_that_claims_to_be_huge_is_refused_before_anything_is_allocated() -> None:
    huge = bytes.fromhex("28b52ffd") + b"\xe0" + (1 << 40).to_bytes(8, "little") + b"\x01\x00\x00"
    with pytest.raises(DamagedError, match="impossible size"):
        apply(parse(b"\x01" + BASE_ID + huge), b"base")


def test_another_base_is_noticed_or_gives_another_page() -> None:
    version = parse(make(page(1, version=1), BASE_ID, page(1), 1))
    with suppress(DamagedError):
        assert apply(version, page(2)) != page(1, version=1)
