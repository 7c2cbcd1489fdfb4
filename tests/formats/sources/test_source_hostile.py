"""Whatever is in a file, reading it yields what is found or raises an error that says what is wrong."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from source_samples import good_samples

from rtstore.errors import InputError
from rtstore.formats.problems import MAX_RECORD
from rtstore.formats.sources.base import Item, Options
from rtstore.formats.sources.registry import source_named, source_names
from rtstore.model.jsontext import loads

GOOD = good_samples()


def try_to_read(kind: str, path: str, data: bytes) -> None:
    """Read a file as one of a kind; check that every item is a record."""
    with open(path, "wb") as file:
        file.write(data)
    try:
        for found in source_named(kind).read(path, Options(branches=True)):
            if isinstance(found, Item):
                assert isinstance(loads(found.text), dict)
                assert len(found.text) <= MAX_RECORD
                assert kind == "json" or b"\n" not in found.text
    except InputError as error:
        assert error.message


@st.composite
def mutated(draw: st.DrawFn, data: bytes) -> bytes:
    """Draw a good file with a part cut out, repeated, or written over."""
    for _ in range(draw(st.integers(1, 3))):
        start, stop = sorted((draw(st.integers(0, len(data))), draw(st.integers(0, len(data)))))
        stop = min(stop, start + draw(st.sampled_from([1, 3, 20, len(data)])))
        new = draw(
            st.sampled_from(
                [b"", data[start:stop] * 2, b'"', b"{", b"]", b"\\", b"\n", b"\0", b"\xff", b"null"]
            )
        )
        data = data[:start] + new + data[stop:]
    return data


@pytest.mark.parametrize("name", GOOD)
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_a_damaged_file_raises_nothing_else(
    name: str, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    kind, _, good = GOOD[name]
    path = tmp_path_factory.getbasetemp() / "damaged"
    try_to_read(kind, str(path), data.draw(mutated(good)))


@pytest.mark.parametrize("kind", source_names())
@settings(max_examples=40)
@given(st.binary(max_size=200) | st.sampled_from([data for _, _, data in GOOD.values()]))
def test_a_file_of_another_kind_raises_nothing_else(
    kind: str, tmp_path_factory: pytest.TempPathFactory, data: bytes
) -> None:
    try_to_read(kind, str(tmp_path_factory.getbasetemp() / "another"), data)


DEEP = {
    "objects": b'{"a":' * 3000 + b"1" + b"}" * 3000,
    "arrays": b"[" * 100_000,
    "in lines": b'{"messages": [' + b'{"content": [' * 300 + b"]}" * 300 + b"]}\n",
    "in text": json.dumps(
        {
            "messages": [],
            "output": [{"type": "function_call", "name": "x", "arguments": "[" * 5000 + "]" * 5000}],
        }
    ).encode(),
    "long numbers": b'{"mes": "x", "is_user": ' + b"9" * 10_000 + b"}\n",
}


@pytest.mark.parametrize("kind", source_names())
@pytest.mark.parametrize("name", DEEP)
def test_nesting_and_numbers_without_end_are_no_harm(
    kind: str, name: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    try_to_read(kind, str(tmp_path_factory.getbasetemp() / "deep"), DEEP[name])
