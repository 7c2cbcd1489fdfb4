"""Names: many are judged at once as each is alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtstore.model.names import bad_dataset, bad_ref, dataset_problem, owner_of, ref_problem

PIECES = [
    *"/. ~:\n\x00\x1b\\|*@-#{",
    "a",
    "con",
    "CON.txt",
    "com1",
    "lpt9.x",
    "cone",
    ".git",
    ".GIT",
    "git~1",
    "x~1",
    ".rtstore",
    ".rt\u017ftore",
    "HEAD",
    ".lock",
    "f" * 64,
    "\u202e",
    "\udc80",
    "\u00e9",
    "mara.jsonl",
]
NAMES = st.lists(st.lists(st.sampled_from(PIECES), max_size=4).map("".join), max_size=4)


@given(NAMES)
def test_of_many_names_the_first_that_no_dataset_can_have_is_found(names: list[str]) -> None:
    assert bad_dataset(names) == next((name for name in names if dataset_problem(name)), None)


@given(NAMES)
def test_of_many_names_the_first_that_no_branch_can_have_is_found(names: list[str]) -> None:
    assert bad_ref(names) == next((name for name in names if ref_problem(name)), None)


@pytest.mark.parametrize("name", [".git", ".Git", "git~1", "GIT~1", ".rtstore", "RTSTOR~1", ".rt\u017ftore"])
def test_a_directory_belongs_to_a_program_however_a_file_system_may_spell_it(name: str) -> None:
    assert owner_of(name) in ("git", "rtstore")
    assert dataset_problem(f"x/{name}/mara.jsonl") is not None


@pytest.mark.parametrize("name", [".github", "git", "rtstore", ".git.jsonl", "git~2"])
def test_other_directories_belong_to_none(name: str) -> None:
    assert owner_of(name) is None
    assert dataset_problem(f"{name}/mara.jsonl") is None
