"""Annotations as they are stored."""

from __future__ import annotations

import msgspec
import pytest

from rtstore.errors import DamagedError
from rtstore.model.objects import Annotation, decode, encode


def test_what_there_is_nothing_of_is_left_out() -> None:
    assert msgspec.msgpack.decode(encode(Annotation(mapping=b"{}"))) == {"mapping": b"{}"}
    assert msgspec.msgpack.decode(encode(Annotation(lineage=(b"e" * 16,)))) == {"lineage": [b"e" * 16]}
    assert msgspec.msgpack.decode(encode(Annotation(rating=4))) == {"rating": 4}


def test_it_comes_back_as_it_was() -> None:
    annotation = Annotation(b"{}", (b"a" * 16, b"b" * 16), "Too short.", 2, "needs_edit", "val")
    assert decode(encode(annotation), Annotation) == annotation


@pytest.mark.parametrize(
    "annotation",
    [
        Annotation(rating=6),
        Annotation(rating=-1),
        Annotation(review="Needs edit"),
        Annotation(review="_draft"),
        Annotation(note="x" * 70_000),
        Annotation(partition="../val"),
        Annotation(partition="v" * 65),
    ],
)
def test_what_nobody_can_note_is_damage(annotation: Annotation) -> None:
    with pytest.raises(DamagedError, match="annotation contradicts itself"):
        decode(encode(annotation), Annotation)


def test_a_lineage_of_what_is_no_entry_id_is_damage() -> None:
    with pytest.raises(DamagedError, match="annotation contradicts itself"):
        decode(encode(Annotation(lineage=(b"short",))), Annotation)
