"""Git objects: made as git makes them, taken apart only where they are sound."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

import pytest
from git_servers import bare, git
from hypothesis import given
from hypothesis import strategies as st

from rtstore.errors import TamperError
from rtstore.remote.git import objects
from rtstore.remote.git.objects import DIRECTORY, FILE, TreeEntry


def test_ids_are_those_of_git(tmp_path: Path) -> None:
    repository = bare(tmp_path / "r.git")
    (tmp_path / "file").write_bytes(b"content\n")
    id = git("-C", repository, "hash-object", "-w", tmp_path / "file").strip()
    assert objects.blob(b"content\n").id == id
    made = objects.tree(
        [TreeEntry("a0", FILE, id), TreeEntry("a", DIRECTORY, _empty()), TreeEntry("a.b", FILE, id)]
    )
    (tmp_path / "tree").write_bytes(made.data)
    assert git("-C", repository, "hash-object", "-t", "tree", tmp_path / "tree").strip() == made.id
    assert [each.name for each in objects.parse_tree(made.data)] == ["a.b", "a", "a0"]


def test_a_commit_tells_nothing_of_who_made_it_and_when() -> None:
    made = objects.commit(_empty(), ["1" * 40])
    assert b"rtstore <rtstore@localhost> 0 +0000" in made.data
    assert made == objects.commit(_empty(), ["1" * 40])
    assert objects.parse_commit(made.data) == (_empty(), ("1" * 40,))


@given(
    st.dictionaries(
        st.text("abc.-é", min_size=1, max_size=5).filter(lambda name: name not in (".", "..")), st.booleans()
    )
)
def test_a_tree_is_read_as_it_was_made(names: dict[str, bool]) -> None:
    entries = [
        TreeEntry(name, DIRECTORY if directory else FILE, "1" * 40) for name, directory in names.items()
    ]
    assert sorted(objects.parse_tree(objects.tree(entries).data)) == sorted(entries)


@pytest.mark.parametrize(
    "data",
    [
        b"100644 a\0" + b"1" * 19,
        b"100644 a",
        b"100644\0" + b"1" * 20,
        b"x a\0" + b"1" * 20,
        b"999 a\0" + b"1" * 20,
        b"100644 \0" + b"1" * 20,
        b"100644 ../x\0" + b"1" * 20,
        b"100644 ..\0" + b"1" * 20,
        b"100644 .\0" + b"1" * 20,
        (b"100644 a\0" + b"1" * 20) * 2,
    ],
)
def test_a_tree_that_is_none_is_refused(data: bytes) -> None:
    with pytest.raises(TamperError):
        objects.parse_tree(data)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"tree 123\n\n",
        b"tree " + b"g" * 40 + b"\n\n",
        (b"tree " + b"1" * 40 + b"\n") * 2,
        b"tree " + b"1" * 40 + b"\nparent x\n\n",
        b"\xff" * 100,
    ],
)
def test_a_commit_that_is_none_is_refused(data: bytes) -> None:
    with pytest.raises(TamperError):
        objects.parse_commit(data)


@given(st.binary(max_size=200))
def test_garbage_is_refused_or_read_but_never_a_surprise(data: bytes) -> None:
    for parse in (objects.parse_tree, objects.parse_commit):
        with suppress(TamperError):
            parse(data)


def _empty() -> str:
    return objects.tree([]).id
