"""A merged record is spelled as ours; records that cannot be taken apart merge whole."""

from __future__ import annotations

import pytest
from merge_samples import SHAPES, changed, line, reword, said, set_to

from rtstore.compare.difference import MISSING
from rtstore.compare.merge.records import MergedRecord, merge_records
from rtstore.errors import UsageError
from rtstore.model.jsontext import loads

NESTED = 400


def merged(base: str, ours: str, theirs: str, choose: str | None = None) -> str:
    result = merge_records(base.encode(), ours.encode(), theirs.encode(), choose)
    assert result.clashes == ()
    return result.text.decode()


def test_what_theirs_changed_is_put_into_ours_as_ours_is_spelled() -> None:
    base = '{"id":1.50, "t":"a", "u" : [1E+2], "w":{"k":1}}'
    ours = '{"t" :"b",  "u" : [1E+2], "w":{ "k":1 }, "id":1.50}'
    theirs = '{"id":1.50, "t":"a", "u" : [1e2, 5], "w":{"k":2.0, "l":[true]}, "x":"\\u00e9"}'
    expected = '{"t" :"b",  "u" : [1e2, 5],  "w":{ "k":2.0, "l":[true] },  "x" :"\\u00e9", "id":1.50}'
    assert loads(merged(base, ours, theirs).encode()) == loads(expected.encode())
    assert merged('{"a":1,"b":2}', '{ "a" : 1.0 , "b":2}', '{"a":1,"b":3}') == '{ "a" : 1.0 , "b":3}'


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "expected"),
    [
        ('{"a": 1}', '{"a": 1, "b": 2}', '{"a": 1, "c": 3}', '{"a": 1, "b": 2, "c": 3}'),
        ('{"a":1}', '{"a":1,"b":2}', '{"c": 3, "a": 1}', '{"c":3,"a":1,"b":2}'),
        ('{"a": 1, "b": 2}', '{"b": 2}', '{"a": 1, "b": 3}', '{"b": 3}'),
        ('{"a": 1}', '{"a": 2}', '{"a": 1, "b": {"c": [1, {}]}}', '{"a": 2, "b": {"c": [1, {}]}}'),
        (
            '{"a":1}',
            '{\n  "a": 2\n}',
            '{"a":1,"b":{"c":[1,{},[]]}}',
            '{\n  "a": 2,\n  "b": {\n    "c": [\n      1,\n      {},\n      []\n    ]\n  }\n}',
        ),
        ('{"a":1}', '{"a":2}', '{\n  "a": 1,\n  "b": [\n    1\n  ]\n}', '{"a":2,"b":[1]}'),
        ('{"a": "x"}', '{"a": "\\u00e9"}', '{"a": "x", "b": "ü"}', '{"a": "\\u00e9", "b": "\\u00fc"}'),
        ('{"a": "x"}', '{"a": "é"}', '{"a": "x", "b": "\\u00fc"}', '{"a": "é", "b": "ü"}'),
        ('{"t": []}', '{"t": ["a"]}', '{"t": ["b"]}', '{"t": ["a", "b"]}'),
        ('{"t": ["a", "b"]}', '{"t": ["b"]}', '{"t": ["a"]}', '{"t": []}'),
        ('{"t":[ "a","b" ]}', '{"t":[ "b","a" ]}', '{"t":["a","b","c"]}', '{"t":[ "b","a","c" ]}'),
        ('{"m": {}}', '{"m": {"tags": ["a"]}}', '{"m": {"tags": ["b"]}}', '{"m": {"tags": ["a", "b"]}}'),
        ('{"tags": [1, 2]}', '{"tags": [1, 3]}', '{"tags": [1, 2, 4]}', '{"tags": [1, 3, 4]}'),
        (' {"a": 1}\r', ' {"a": 2}\r', '{"a": 1, "b": 1}', ' {"a": 2, "b": 1}\r'),
    ],
)
def test_members_and_tags_of_both_sides_look_as_in_ours(
    base: str, ours: str, theirs: str, expected: str
) -> None:
    assert merged(base, ours, theirs) == expected


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "paths"),
    [
        ('{"a": 1}', '{"a": 2}', '{"a": 3}', ["a"]),
        ('{"a": 1}', '{"a": 2}', "{}", ["a"]),
        ('{"a": {"b": 1}}', "{}", '{"a": {"b": 2}}', ["a"]),
        ('{"a": {}}', '{"a": {"b": 1}}', '{"a": {"b": 2}}', ["a.b"]),
        ('{"v": [0.1, 0.2]}', '{"v": [0.1, 0.3]}', '{"v": [0.4, 0.2]}', ["v"]),
        ('{"i": ["a", "a"]}', '{"i": ["a"]}', '{"i": ["a", "a", "b"]}', ["i"]),
        ('{"a": 1}', '{"a": true}', '{"a": 1.0}', ["a"]),
        ('{"a": [], "b": 1}', '{"a": {}, "b": 2}', '{"a": "", "b": 3}', ["a", "b"]),
        ('{"a": 1, "a": 2}', '{"a": 1, "a": 3}', '{"a": 0, "a": 2}', [""]),
        ('{"a": {"b": 1, "b": 2}}', '{"a": {"b": 1}}', '{"a": {"b": 2}}', ["a"]),
    ],
)
def test_what_both_changed_differently_is_as_in_ours_and_clashes(
    base: str, ours: str, theirs: str, paths: list[str]
) -> None:
    versions = base.encode(), ours.encode(), theirs.encode()
    result = merge_records(*versions)
    assert [clash.path for clash in result.clashes] == paths
    assert loads(result.text) == loads(versions[1])
    assert merge_records(*versions, "ours")[:2] == (result.text, ())
    for side, text in (("theirs", versions[2]), ("base", versions[0])):
        decided = merge_records(*versions, side)
        assert (loads(decided.text), decided.clashes) == (loads(text), ())
        assert decided.decided == result.clashes


def test_a_side_that_there_is_not_cannot_decide() -> None:
    with pytest.raises(UsageError, match="not for 'mine'"):
        merge_records(b'{"a": 1}', b'{"a": 2}', b'{"a": 3}', "mine")


def test_records_without_a_base_clash_as_a_whole() -> None:
    result = merge_records(b"", b'{"a": 1}', b'{"a": 2}')
    assert [tuple(clash) for clash in result.clashes] == [("record", "", MISSING, {"a": 1}, {"a": 2})]
    assert merge_records(b"", b'{"a": 1}', b'{"a":1}') == MergedRecord(b'{"a": 1}')


@pytest.mark.parametrize(
    "odd",
    ["NaN", "-Infinity", '"\\ud800"', "9" * 5000, "1e999", '"\\u0000\\/"', "-0", "[" * NESTED + "]" * NESTED],
    ids=["nan", "infinity", "surrogate", "huge", "exponent", "escapes", "zero", "deep"],
)
def test_odd_values_are_kept_as_they_are_spelled(odd: str) -> None:
    base, ours, theirs = (f'{{"a": {a}, "odd": {odd}, "b": {b}}}' for a, b in ((1, 1), (2, 1), (1, 2)))
    assert merged(base, ours, theirs) == f'{{"a": 2, "odd": {odd}, "b": 2}}'
    assert merged('{"a": 1}', '{"a": 2}', f'{{"a": 1, "odd": {odd}}}') == f'{{"a": 2, "odd": {odd}}}'


def test_changes_deeper_than_can_be_gone_down_to_clash_as_a_whole() -> None:
    ours, theirs, base = ('{"a":' * 900 + number + "}" * 900 for number in "123")
    result = merge_records(*(f'{{"n": {text}}}'.encode() for text in (base, ours, theirs)))
    assert [clash.kind for clash in result.clashes] == ["record"]
    assert result.text == f'{{"n": {ours}}}'.encode()


def test_words_next_to_lone_surrogates_and_odd_escapes_merge() -> None:
    text = '{{"messages": [{{"role": "user", "content": "{0} \\ud800 and the old \\/ pier was {1}"}}]}}'
    texts = (text.format(*words) for words in (("Fog", "lit"), ("Rain", "lit"), ("Fog", "dark")))
    result = merged(*texts)
    assert loads(result.encode()) == loads(text.format("Rain", "dark").encode())


def test_a_turn_of_a_megabyte_merges_by_its_words() -> None:
    words = [said(number) for number in range(14000)]
    base, ours, theirs = words, ["Now.", *words[1:]], [*words[:-1], "Then."]
    record = [
        line({"messages": [{"role": "user", "content": " ".join(text)}]}) for text in (base, ours, theirs)
    ]
    expected = " ".join(["Now.", *words[1:-1], "Then."])
    assert len(record[0]) > 1_000_000
    assert merge_records(*record) == MergedRecord(line({"messages": [{"role": "user", "content": expected}]}))


def test_a_conversation_of_5000_turns_merges_turn_by_turn() -> None:
    turns = [{"role": ("user", "assistant")[number % 2], "content": said(number)} for number in range(5000)]
    ours = [{**turn, "content": turn["content"].replace("Early", "Late")} for turn in turns[:2500]] + turns[
        2500:
    ]
    theirs = turns[:2500] + [{**turn, "name": "Kai"} for turn in turns[2500:]] + turns[:10]
    result = merge_records(*(line({"messages": version}) for version in (turns, ours, theirs)))
    assert result == MergedRecord(line({"messages": ours[:2500] + theirs[2500:]}))


def test_an_entry_whose_shape_one_side_changed_keeps_no_turn_that_nobody_looks_at() -> None:
    base = SHAPES["alpaca"]
    ours = {
        "messages": [{"role": "user", "content": said(0)}],
        "tags": ["calm", "sea"],
        "metadata": base["metadata"],
    }
    theirs = changed(base, set_to("history", [[said(3), said(4)]]))
    result = merge_records(line(base), line(ours), line(theirs))
    assert [clash.kind for clash in result.clashes] == ["record"]
    assert result.text == line(ours)


def test_the_same_change_of_shape_on_both_sides_goes_with_other_changes() -> None:
    base = SHAPES["sharegpt"]
    other = {name: value for name, value in base.items() if name != "conversations"}
    other["messages"] = [{"role": "user", "content": said(0)}]
    ours, theirs = changed(other, set_to("tags", ["sea"])), changed(other, set_to("metadata.by", "kai"))
    result = merge_records(line(base), line(ours), line(theirs))
    assert result.clashes == ()
    assert loads(result.text) == changed(ours, set_to("metadata.by", "kai"))
    theirs = changed(theirs, reword(0, "Early", "Late"))
    assert [clash.kind for clash in merge_records(line(base), line(ours), line(theirs)).clashes] == ["record"]
