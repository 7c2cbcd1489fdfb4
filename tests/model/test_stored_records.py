"""What is stored as a record: is it one?"""

from __future__ import annotations

import pytest

from rtstore.model.records import record_problem
from rtstore.model.volatile import Volatile

STAMPED = Volatile(("_rolethread.validated_at", "stamp"))


@pytest.mark.parametrize(
    "line",
    [
        b"{}",
        b' {"a": NaN, "b": "\\ud800", "c": 1e999} ',
        b'{"_rolethread": {"validated_at": "x", "native": true}}',
        b'{"a": "x\\":,y", "stamp": 5 , "b": ":}", "_rolethread": {"validated_at": null }}',
        '{"stamp": "é", "a": "é: ,"}'.encode(),
        b'{"a":' + b"[" * 500 + b"]" * 500 + b"}",
        b'{"a": ' + b"1" * 5000 + b"}",
    ],
)
def test_whatever_a_file_may_hold_is_one_with_and_without_its_volatile_values(line: bytes) -> None:
    assert record_problem(line) is None
    assert record_problem(STAMPED.cut(line)[0]) is None


@pytest.mark.parametrize(
    ("record", "problem"),
    [
        (b"", "is not JSON"),
        (b"garbage", "is not JSON"),
        (b'{"a": 1', "is not JSON"),
        (b"{}{}", "is not JSON"),
        (b"{}\n{}", "is not JSON"),
        (b'{"a": , , }', "is not JSON"),
        (b'{"a": [,]}', "is not JSON"),
        (b"[]", "no object"),
        (b"null", "no object"),
        (b'{"a": "\xff"}', "is not UTF-8"),
        (b'{"a":' + b"[" * 100_000 + b"}", "nested"),
    ],
)
def test_what_is_none_is_told_with_the_reason(record: bytes, problem: str) -> None:
    assert problem in (record_problem(record) or "")
