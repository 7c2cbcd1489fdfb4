"""Records of dataset files are kept byte for byte; what is no record is told with its place, and the rest is read."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from source_samples import as_json, as_lines, read, shaped_records, turns

from rtstore.errors import InputError
from rtstore.formats.sources.lines import lines
from rtstore.formats.sources.scanner import Scanner


@pytest.mark.parametrize("shape", shaped_records())
def test_records_keep_their_bytes(shape: str, tmp_path: Path) -> None:
    records = shaped_records()[shape]
    texts = [as_json(record) for record in records]
    assert [item.text for item in read("jsonl", tmp_path / "a", b"\n".join(texts)).items] == texts
    indented = [as_json(record, 2) for record in records]
    assert [
        item.text for item in read("json", tmp_path / "a", b"[" + b" ,\n".join(indented) + b"]").items
    ] == indented


def test_odd_numbers_escapes_and_spaces_stay(tmp_path: Path) -> None:
    text = b'{"a" : 1e400, "b":NaN,"c":"\\ud800 \\/", "d": ' + b"9" * 5000 + b"}"
    found = read("jsonl", tmp_path / "a", b"\xef\xbb\xbf \r\n\n" + text + b" \r\n\r\n" + text)
    assert [(item.text, item.place) for item in found.items] == [(text, "line 3"), (text, "line 5")]
    assert read("json", tmp_path / "a", b"\xef\xbb\xbf[ " + text + b"\n]").items[0].text == text


def test_a_bad_line_is_told_and_the_next_is_read(tmp_path: Path) -> None:
    bad = [b'{"a": "x" "b"}', b"[1]", b'{"a": "\xff"}', b"\xe9", b'{"a":' * 600 + b"1" + b"}" * 600]
    found = read("jsonl", tmp_path / "a", b"\n".join([b"{}", *bad, b'{"z": 1}']))
    assert [item.text for item in found.items] == [b"{}", b'{"z": 1}']
    assert found.places == [
        "line 2, column 11",
        "line 3, column 1",
        "line 4, column 8",
        "line 5, column 1",
        "line 6",
    ]
    assert found.reasons == [
        "not JSON (expecting ',' delimiter)",
        "a record must be a JSON object, and this is an array",
        "byte 0xff is not UTF-8 text",
        "byte 0xe9 is not UTF-8 text",
        "objects and arrays are nested more than 512 levels deep",
    ]
    assert found.rejects[0].text == '{"a": "x" "b"}'


def test_text_in_utf_16_is_refused_with_what_to_do(tmp_path: Path) -> None:
    for kind in ("jsonl", "json"):
        with pytest.raises(InputError, match="the file is UTF-16") as caught:
            read(kind, tmp_path / "a", '{"a": 1}'.encode("utf-16"))
        assert "UTF-8" in (caught.value.hint or "")


def test_bad_elements_are_told_and_the_others_are_read(tmp_path: Path) -> None:
    found = read("json", tmp_path / "a", b'[{"a": 1},\n 3, {"b" 1},, {"c": "]},{"}\n,]')
    assert [(item.text, item.place) for item in found.items] == [
        (b'{"a": 1}', "item 1"),
        (b'{"c": "]},{"}', "item 5"),
    ]
    assert list(zip(found.places, found.reasons, strict=True)) == [
        ("item 2, line 2, column 2", "a record must be a JSON object, and this is a number"),
        ("item 3, line 2, column 10", "not JSON (expecting ':' delimiter)"),
        ("item 4, line 2", "there is nothing between two commas"),
        ("line 3", "a comma with nothing after it"),
    ]


@pytest.mark.parametrize("cut", [1, 2, 20, 60])
def test_of_a_damaged_tail_what_came_before_is_read(cut: int, tmp_path: Path) -> None:
    records = [{"messages": turns(f"question {number}", "x" * 40)} for number in range(3)]
    found = read("json", tmp_path / "a", as_json(records)[:-cut])
    assert found.records == records[: len(found.items)]
    assert len(found.items) == (3 if cut == 1 else 2)
    assert found.reasons[-1] == "the file ends before its array does"


def test_a_list_in_an_object_is_read_and_what_is_beside_it_is_told(tmp_path: Path) -> None:
    records = shaped_records()["alpaca"]
    found = read("json", tmp_path / "a", as_json({"version": 2, "data": records, "licence": "CC0"}))
    assert found.records == records
    assert found.places == ["member version", "member licence"]
    around = as_json({"conversations": shaped_records()["sharegpt"]})
    assert read("json", tmp_path / "a", around).records == shaped_records()["sharegpt"]


@pytest.mark.parametrize("shape", shaped_records())
def test_one_object_is_one_record(shape: str, tmp_path: Path) -> None:
    text = as_json(shaped_records()[shape][0], 2)
    assert [item.text for item in read("json", tmp_path / "a", text + b"\n").items] == [text]


def test_a_damaged_object_around_records_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    data = as_json({"meta": {"a": [1]}, "tools": [{"type": "x"}], "data": shaped_records()["alpaca"]})
    found = read("json", tmp_path / "a", data[:-40])
    assert found.records == shaped_records()["alpaca"][:1]
    assert found.places[:2] == ["member meta", "member tools"]
    assert "the file ends before its object does" in found.reasons


@pytest.mark.parametrize(
    "data", [b"", b" \n", b"{", b'{"a": ', b"null", b"hello", b'{"a": 1} {"b": 2}', b"\xff\xff"]
)
def test_what_is_no_json_at_all_is_an_error_with_its_place(data: bytes, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"a:1:\d+"):
        read("json", tmp_path / "a", data)


@given(st.lists(st.binary(max_size=30), max_size=8), st.integers(1, 40), st.integers(1, 7))
def test_lines_are_the_same_however_they_come_in(texts: list[bytes], limit: int, step: int) -> None:
    data = b"\n".join(texts)
    pieces = [data[at : at + step] for at in range(0, len(data), step)]
    found = list(lines(pieces, limit))
    expected = data.split(b"\n") if data else []
    expected = expected[:-1] if expected and not expected[-1] else expected
    assert [(line.number, line.size) for line in found] == [
        (n, len(text)) for n, text in enumerate(expected, 1)
    ]
    for line, text in zip(found, expected, strict=True):
        assert line.text == text if len(text) <= limit else text.startswith(line.text)
        assert line.is_whole == (len(text) <= limit) or len(line.text) == line.size


@given(
    st.lists(st.sampled_from([b'"a\\"],{"', b"[1, {}]", b"{}", b'"\\\\"', b" 12 ", b"{\n}"]), max_size=6),
    st.integers(1, 5),
)
def test_elements_are_found_however_they_come_in(elements: list[bytes], step: int) -> None:
    data = b",".join(elements) + b"]"
    scanner = Scanner(data[at : at + step] for at in range(0, len(data), step))
    found = []
    while scanner.peek() not in (b"", b"]"):
        found.append(scanner.value(b",]").text)
        scanner.skip_if(b",")
    assert found == [element.strip() for element in elements]
    assert scanner.line == 1 + data.count(b"\n")


_MEASURED = """
import resource, sys
from rtstore.formats.sources.base import Options, Reject
from rtstore.formats.sources.registry import source_named
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
rejects = count = 0
for found in source_named(sys.argv[1]).read(sys.argv[2], Options()):
    count += 1
    rejects += isinstance(found, Reject)
print(rejects, count, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def measured(kind: str, path: Path) -> tuple[int, int, int]:
    """Read a file in another process; return its rejects, all that was found, and how its memory grew in KiB."""
    command = [sys.executable, "-c", _MEASURED, kind, str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    rejects, count, grown = map(int, done.stdout.split())
    return rejects, count, grown


def write_large(path: Path, head: bytes, tail: bytes, size: int) -> None:
    """Write a file with a text of a size in it."""
    with open(path, "wb") as file:
        file.write(head)
        for _ in range(size >> 20):
            file.write(b"x" * (1 << 20))
        file.write(tail)


LARGE = {
    "jsonl": (b'{"a": 1}\n{"a": "', b'"}\n{"a": 2}\n'),
    "json": (b'[{"a": 1}, {"a": "', b'"}, {"a": 2}]'),
    "csv": (b"prompt,response\na,b\nc,", b"\nd,e\n"),
    "chatml-text": (
        b"<|im_start|>user\na<|im_end|>\n\n<|im_start|>user\n",
        b"<|im_end|>\n\n<|im_start|>user\nb<|im_end|>\n",
    ),
}


@pytest.mark.parametrize("kind", LARGE)
def test_what_is_larger_than_a_record_is_passed_over(kind: str, tmp_path: Path) -> None:
    write_large(tmp_path / "a", *LARGE[kind], size=80 << 20)
    assert measured(kind, tmp_path / "a")[:2] == (1, 3)


@pytest.mark.slow
@pytest.mark.parametrize("kind", LARGE)
def test_a_line_of_two_gigabytes_takes_little_memory(kind: str, tmp_path: Path) -> None:
    write_large(tmp_path / "a", *LARGE[kind], size=2 << 30)
    rejects, count, grown = measured(kind, tmp_path / "a")
    assert (rejects, count) == (1, 3)
    assert grown < 300 * 1024


@pytest.mark.slow
def test_a_large_array_is_read_element_by_element(tmp_path: Path) -> None:
    record = as_lines({"messages": turns("x" * 1000, "y" * 1000)}).strip()
    with open(tmp_path / "a", "wb") as file:
        file.write(b"[" + record)
        for _ in range(300):
            file.write((b"," + record) * 500)
        file.write(b"]")
    rejects, count, grown = measured("json", tmp_path / "a")
    assert (rejects, count) == (0, 150_001)
    assert grown < 50 * 1024
