"""The cache: gives back what was put, or nothing."""

from __future__ import annotations

import os
from pathlib import Path

import msgspec
import pytest

from rtstore.errors import StorageError
from rtstore.storage.cache import Cache
from rtstore.storage.files import Files
from rtstore.storage.signature import Signature
from tests.faults import FaultyFiles, RecordingFiles, every_fault, every_power_cut, lay_out

VALUE = {"mara.jsonl": Signature(1, 2, 3, 4, 0o644)}
TYPE = dict[str, Signature]


def stored_file(tmp_path: Path) -> Path:
    (path,) = (tmp_path / "cache").iterdir()
    return path


@pytest.fixture
def cache(tmp_path: Path) -> Cache:
    return Cache(Files(), str(tmp_path / "cache"))


def test_what_was_put_is_got(cache: Cache) -> None:
    assert cache.get("stat", TYPE) is None
    cache.put("stat", VALUE)
    cache.put("other", 7)
    assert cache.get("stat", TYPE) == VALUE
    assert cache.get("other", int) == 7


def test_a_value_is_replaced(cache: Cache) -> None:
    cache.put("key", 1)
    cache.put("key", 2)
    assert cache.get("key", int) == 2


def test_removed_and_cleared_values_are_gone(cache: Cache) -> None:
    cache.clear()
    for key in ("one", "two", "three"):
        cache.put(key, key)
    cache.remove("one")
    cache.remove("one")
    assert [cache.get(key, str) for key in ("one", "two")] == [None, "two"]
    cache.clear()
    assert [cache.get(key, str) for key in ("two", "three")] == [None, None]


def test_a_value_of_another_type_is_nothing(cache: Cache) -> None:
    cache.put("key", "text")
    assert cache.get("key", int) is None


def test_no_flipped_byte_and_no_lost_end_gives_a_value(cache: Cache, tmp_path: Path) -> None:
    cache.put("stat", VALUE)
    path = stored_file(tmp_path)
    good = path.read_bytes()
    for position in range(len(good)):
        path.write_bytes(good[:position] + bytes([good[position] ^ 0x10]) + good[position + 1 :])
        assert cache.get("stat", TYPE) is None
        path.write_bytes(good[:position])
        assert cache.get("stat", TYPE) is None
    path.write_bytes(bytes(len(good)))
    assert cache.get("stat", TYPE) is None
    path.write_bytes(good)
    assert cache.get("stat", TYPE) == VALUE


def test_a_file_under_the_name_of_another_key_is_nothing(cache: Cache, tmp_path: Path) -> None:
    cache.put("one", 1)
    content = stored_file(tmp_path).read_bytes()
    cache.clear()
    cache.put("two", 2)
    stored_file(tmp_path).write_bytes(content)
    assert cache.get("two", int) is None


def test_a_sealed_value_that_is_no_message_is_nothing(cache: Cache, tmp_path: Path) -> None:
    cache.put("key", msgspec.Raw(b"\xc1"))
    assert stored_file(tmp_path).exists()
    assert cache.get("key", int) is None


def test_a_cache_that_cannot_be_written_is_no_error(tmp_path: Path) -> None:
    for files in every_fault(forever=True):
        cache = Cache(files, str(tmp_path / str(files.fail_at)))
        cache.put("key", 1)
        assert cache.get("key", int) in (None, 1)
    assert cache.get("key", int) == 1


def test_a_cache_that_cannot_be_cleared_is_an_error(tmp_path: Path, cache: Cache) -> None:
    cache.put("key", 1)
    with pytest.raises(StorageError):
        Cache(FaultyFiles(1), str(tmp_path / "cache")).clear()


def test_a_cache_that_cannot_be_read_is_empty(tmp_path: Path, cache: Cache) -> None:
    cache.put("key", 1)
    path = stored_file(tmp_path)
    path.unlink()
    path.mkdir()
    assert cache.get("key", int) is None


def test_after_a_power_cut_there_is_the_old_value_the_new_or_none(tmp_path: Path) -> None:
    root = tmp_path / "root"
    Cache(Files(), str(root / "cache")).put("key", "old")
    files = RecordingFiles(root)
    Cache(files, str(root / "cache")).put("key", "new")
    found = set()
    for _, disk in every_power_cut(files):
        lay_out(disk, tmp_path / "copy")
        found.add(Cache(Files(), os.path.join(tmp_path, "copy", "cache")).get("key", str))
    assert found == {"old", "new", None}
