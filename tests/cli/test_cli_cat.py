from __future__ import annotations

import json
from pathlib import Path

from cli_helpers import entry, ok, run, sidecar, write


def test_a_dataset_is_printed_byte_for_byte(work: Path) -> None:
    path = work / "odd.jsonl"
    content = b'\xef\xbb\xbf{"a" : 1.50, "b":"\\u00e9"}\r\n\r\n{"a":\t2,"b":"\xc3\xa9"}'
    path.write_bytes(content)
    ok("add", "odd.jsonl")
    ok("commit", "-m", "Odd")
    path.unlink()
    assert run("cat", "HEAD:odd.jsonl").raw == content


def test_an_older_version(work: Path) -> None:
    before = (work / "osk.jsonl").read_bytes()
    write(work / "osk.jsonl", entry(1, "No."))
    ok("commit", "-m", "Second")
    assert run("cat", "HEAD~1:osk.jsonl").raw == before


def test_an_entry_is_its_line(work: Path) -> None:
    assert run("cat", "HEAD:osk.jsonl#3").raw == json.dumps(entry(3)).encode() + b"\n"


def test_the_sidecar(work: Path) -> None:
    content = sidecar(work / "osk.jsonl", osk="Osk Berrow").read_bytes()
    ok("commit", "-m", "Sidecar")
    assert run("cat", "--sidecar", "HEAD:osk.jsonl").raw == content


def test_a_sidecar_that_is_not_there(work: Path) -> None:
    result = run("cat", "--sidecar", "HEAD:osk.jsonl")
    assert (result.code, result.stderr) == (5, "error: osk.jsonl has no sidecar in that version\n")


def test_a_dataset_has_to_be_named(work: Path) -> None:
    result = run("cat", "HEAD")
    assert result.code == 2
    assert result.stderr == "error: 'HEAD' names no dataset\nhint: Write it like 'HEAD:mara.jsonl'.\n"
