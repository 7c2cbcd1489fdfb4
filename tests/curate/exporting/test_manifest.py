"""The manifest beside an export, and what ``verify`` tells from it."""

from __future__ import annotations

import json
import os

import pytest
from export_samples import chat, committed, export
from workspaces import lines, new_desk

from rtstore.errors import InputError


def test_a_manifest_says_where_the_file_is_from() -> None:
    with committed(chat(1), {"text": "none"}) as desk:
        result = export(desk, format="sharegpt", clean=True, skip=True)
        manifest = json.loads(desk.read("out.jsonl.manifest.json"))
        assert manifest == {
            "kind": "rtstore.export",
            "version": 1,
            "commit": desk.store.resolve("HEAD").hex(),
            "dataset": "mara.jsonl",
            "side": None,
            "options": {"format": "sharegpt", "clean": True, "skip": True},
            "sources": {},
            "counts": {
                "entries": 2,
                "rows": 1,
                "deselected": 0,
                "unassigned": 0,
                "too_long": 0,
                "skipped": 1,
            },
            "file": "out.jsonl",
            "bytes": len(desk.read("out.jsonl")),
            "blake3": result.files[0].blake3,
        }


def test_verify_tells_the_commit_and_what_leads_to_it() -> None:
    with committed(chat(1)) as desk:
        export(desk, format="sharegpt")
        desk.store.create_tag("v1")
        desk.commit_file(lines(chat(2)))
        verified = desk.store.verify_export(desk.path("out.jsonl"))
        assert (verified.matches, verified.known, verified.names) == (True, True, ("tag: v1",))
        assert (verified.rows, verified.options) == (1, {"format": "sharegpt"})


def test_verify_knows_an_export_of_another_store() -> None:
    with committed(chat(1)) as desk, new_desk() as other:
        export(desk)
        verified = other.store.verify_export(desk.path("out.jsonl"))
        assert (verified.matches, verified.known, verified.names) == (True, False, ())


@pytest.mark.parametrize(
    ("damage", "problem"),
    [(b" ", "has 1 bytes"), (b"\x00" * 200, "bytes, and was written with")],
)
def test_verify_sees_a_change_of_size(damage: bytes, problem: str) -> None:
    with committed(chat(1)) as desk:
        export(desk)
        desk.write(damage, "out.jsonl")
        verified = desk.store.verify_export(desk.path("out.jsonl"))
        assert not verified.matches
        assert problem in str(verified.problem)


def test_verify_sees_a_single_byte_and_another_name() -> None:
    with committed(chat(1)) as desk:
        export(desk)
        data = desk.read("out.jsonl")
        desk.write(data.replace(b"late", b"Late"), "out.jsonl")
        assert (
            desk.store.verify_export(desk.path("out.jsonl")).problem == "its content is not what was written"
        )
        desk.write(data, "other.jsonl")
        os.rename(desk.path("out.jsonl.manifest.json"), desk.path("other.jsonl.manifest.json"))
        assert desk.store.verify_export(desk.path("other.jsonl")).problem == "it was written as out.jsonl"


@pytest.mark.parametrize(
    "text",
    [b"", b"[]", b'{"kind": "other"}', b"\xff", b"[" * 100_000, b'{"kind": "rtstore.export", "version": 2}'],
    ids=["empty", "list", "other kind", "no text", "deep", "newer"],
)
def test_what_is_no_manifest(text: bytes) -> None:
    with committed(chat(1)) as desk:
        export(desk)
        desk.write(text, "out.jsonl.manifest.json")
        with pytest.raises(InputError, match="manifest"):
            desk.store.verify_export(desk.path("out.jsonl"))


def test_a_file_without_a_manifest() -> None:
    with committed(chat(1)) as desk, pytest.raises(InputError, match="has no manifest"):
        desk.store.verify_export(desk.path("mara.jsonl"))
