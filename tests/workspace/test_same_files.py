"""Two versions that differ in what the files do not say make the same files, and nothing is written for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace
from workspaces import AUTHOR, NAME, Desk, lines, talk

from rtstore.model.ids import Kind
from rtstore.model.objects import Annotation, Dataset, encode
from rtstore.model.partitions import WHOLE, Partition
from rtstore.workspace.annotate import with_annotations
from rtstore.workspace.files.unchanged import makes_the_same_files

#: Enough for a tree of some pages.
COUNT = 900


@pytest.fixture
def mara(desk: Desk) -> Desk:
    desk.commit_file(lines(*(talk(n, id=f"e{n}") for n in range(COUNT))))
    return desk


def alike(desk: Desk, old: Dataset, new: Dataset) -> bool:
    return makes_the_same_files(desk.store._workspace.objects, old, new)


def annotated(desk: Desk, annotations: dict[int, Annotation]) -> Dataset:
    """Return the dataset of HEAD with other annotations."""
    with desk.store._workspace.transaction() as transaction:
        new = with_annotations(transaction, desk.store["HEAD"][NAME], annotations)
        transaction.add(Kind.DATASET, encode(new))
        transaction.finish()
    return new


def edited(desk: Desk, change: Callable[[Any], object]) -> Dataset:
    """Return the dataset of HEAD with something done to it."""
    with desk.store.edit("main", "an edit", AUTHOR) as edit:
        change(edit[NAME])
    return desk.dataset()


def test_notes_and_sides_are_not_in_the_files(mara: Desk) -> None:
    old = mara.dataset()
    new = annotated(mara, {at: Annotation(rating=3, note="So so.") for at in (0, 5, 400, COUNT - 1)})
    assert new.root != old.root
    assert alike(mara, old, new) and alike(mara, new, old)
    divided = replace(new.settings, partition=Partition((("all", WHOLE),)))
    assert alike(mara, old, replace(new, settings=divided))


def test_mappings_are(mara: Desk) -> None:
    plain = mara.dataset()
    one, other = (annotated(mara, {7: Annotation(text)}) for text in (b'{"a": 1}', b'{"a": 2}'))
    assert not alike(mara, plain, one)
    assert not alike(mara, one, other)


@pytest.mark.parametrize(
    "change",
    [
        lambda draft: draft[450].set("id", "other"),
        lambda draft: draft.append(talk(5000)),
        lambda draft: draft.__delitem__(3),
        lambda draft: (draft.insert(3, talk(5000)), draft.__delitem__(4)),
    ],
)
def test_words_and_entries_are(mara: Desk, change: Callable[[Any], object]) -> None:
    old = mara.dataset()
    assert not alike(mara, old, edited(mara, change))


def test_what_is_around_the_records_is(mara: Desk) -> None:
    old = mara.dataset()
    assert not alike(mara, old, replace(old, framing=replace(old.framing, mode=0o600)))
    assert not alike(mara, old, replace(old, stamps=bytes(32)))
    assert not alike(mara, old, replace(old, registry=bytes(32)))
    assert not alike(mara, old, replace(old, settings=replace(old.settings, volatile=())))
