"""What merging does inside an entry, row by row, whatever shape the record has."""

from __future__ import annotations

import json

import pytest
from merge_samples import SHAPES, Edit, changed, line, reword, set_to

from rtstore.compare.merge.records import merge_records

FIRST = reword(0, "Early", "Late")
FIRST_END = reword(0, "hill", "dunes")
LAST = reword(-1, "Early", "Soon")
TAGS = set_to("tags", ["sea", "night"])
MORE_TAGS = set_to("tags", ["calm", "sea", "dawn"])
RATING = set_to("metadata.rating", 5)
AUTHOR = set_to("metadata.by", "kai")
NEW_FIELD = set_to("note", {"seen": True})

#: What ours does, what theirs does, and what the result is as edits of the base.
ROWS: dict[str, tuple[list[Edit], list[Edit], list[Edit]]] = {
    "changed by ours": ([FIRST], [], [FIRST]),
    "changed by theirs": ([], [LAST], [LAST]),
    "the same change on both sides": ([FIRST, RATING], [FIRST, RATING], [FIRST, RATING]),
    "different turns": ([FIRST], [LAST], [FIRST, LAST]),
    "different words of one turn": ([FIRST], [FIRST_END], [FIRST, FIRST_END]),
    "the same words and others": ([FIRST], [FIRST, FIRST_END], [FIRST, FIRST_END]),
    "tags": ([TAGS], [MORE_TAGS], [set_to("tags", ["sea", "night", "dawn"])]),
    "turn and tags": ([FIRST], [TAGS], [FIRST, TAGS]),
    "turn and field": ([LAST], [RATING], [LAST, RATING]),
    "different fields": ([RATING], [AUTHOR], [RATING, AUTHOR]),
    "a new field": ([FIRST], [NEW_FIELD], [FIRST, NEW_FIELD]),
    "a new field on both sides": ([FIRST, NEW_FIELD], [NEW_FIELD], [FIRST, NEW_FIELD]),
}


@pytest.mark.parametrize("row", ROWS)
@pytest.mark.parametrize("shape", SHAPES)
def test_changes_that_do_not_touch_each_other_are_all_in_the_result(shape: str, row: str) -> None:
    base = SHAPES[shape]
    ours, theirs, expected = (changed(base, *edits) for edits in ROWS[row])
    merged = merge_records(line(base), line(ours), line(theirs))
    assert (merged.clashes, merged.notices) == ((), ())
    assert merged.text == line(expected)


@pytest.mark.parametrize("shape", SHAPES)
def test_a_record_reformatted_on_one_side_and_edited_on_the_other_is_both(shape: str) -> None:
    base, edited = SHAPES[shape], changed(SHAPES[shape], FIRST)
    for layout in ({"indent": 2}, {"separators": (",", ":")}):
        reformatted = line(base, **layout)
        assert merge_records(line(base), reformatted, line(edited)).text == line(edited, **layout)
    assert merge_records(line(base), line(edited), reformatted).text == line(edited, separators=(",", ":"))


@pytest.mark.parametrize("shape", SHAPES)
def test_different_edits_of_the_same_words_clash_and_the_text_has_ours(shape: str) -> None:
    base = SHAPES[shape]
    ours = changed(base, FIRST, RATING)
    theirs = changed(base, reword(0, "Early the", "Yesterday a"), LAST)
    merged = merge_records(line(base), line(ours), line(theirs))
    (clash,) = merged.clashes
    assert clash.kind == "turn"
    assert [str(clash.base)[:9], str(clash.ours)[:8], str(clash.theirs)[:11]] == [
        "Early the",
        "Late the",
        "Yesterday a",
    ]
    assert merged.text == line(changed(base, FIRST, RATING, LAST))


@pytest.mark.parametrize("shape", SHAPES)
def test_a_field_set_differently_clashes_by_its_path(shape: str) -> None:
    base = SHAPES[shape]
    merged = merge_records(
        line(base), line(changed(base, RATING)), line(changed(base, set_to("metadata.rating", 2)))
    )
    assert [tuple(clash) for clash in merged.clashes] == [("field", "metadata.rating", 1.5, 5, 2)]
    assert json.loads(merged.text)["metadata"]["rating"] == 5


@pytest.mark.parametrize("shape", SHAPES)
def test_another_shape_on_one_side_and_other_words_on_the_other_clash_as_a_whole(shape: str) -> None:
    base = SHAPES[shape]
    other = {"text": "All of it in one."} | {name: base[name] for name in ("tags", "metadata")}
    for ours, theirs in ((other, changed(base, FIRST)), (changed(base, FIRST), other)):
        merged = merge_records(line(base), line(ours), line(theirs))
        assert [tuple(clash) for clash in merged.clashes] == [("record", "", base, ours, theirs)]
        assert merged.text == line(ours)
        assert merge_records(line(base), line(ours), line(theirs), "theirs").text == line(theirs)


@pytest.mark.parametrize("shape", SHAPES)
def test_another_shape_on_one_side_goes_with_other_fields_on_the_other(shape: str) -> None:
    base = SHAPES[shape]
    other = {"text": "All of it in one.", "tags": base["tags"], "metadata": base["metadata"]}
    merged = merge_records(line(base), line(changed(base, TAGS, RATING)), line(other))
    assert merged.clashes == ()
    assert json.loads(merged.text) == changed(other, TAGS, RATING)
