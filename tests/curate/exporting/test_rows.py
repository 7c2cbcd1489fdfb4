"""Rows made from the bytes of a record are what decoding it makes, however it is spelled; errors are the same."""

from __future__ import annotations

import json
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rtstore.curate.exporting.options import ExportOptions
from rtstore.curate.exporting.rows import Rows
from rtstore.formats.reshape import Reshaper
from rtstore.model.conversation import ConversionError
from rtstore.model.jsontext import loads

ID = bytes(16)
FORMATS = ["messages", "sharegpt", "alpaca", "prompt-completion", "preference", "rolethread"]


def spelled_text(value: str) -> st.SearchStrategy[str]:
    """Spell a text: as it is, or with some characters or all of them escaped."""
    escaped = "".join(f"\\u{ord(one):04x}" if ord(one) < 0x10000 else one for one in value)
    half = escaped[:6] + json.dumps(value[1:], ensure_ascii=False)[1:-1] if escaped[:1] == "\\" else escaped
    plain = json.dumps(value, ensure_ascii=False)
    return st.sampled_from([plain, plain, plain, json.dumps(value), f'"{half}"', f'"{escaped}"'])


@st.composite
def spelled(draw: st.DrawFn, value: Any, usual: bool = False) -> str:
    """Spell a value as JSON, most often in one way throughout; members may be there twice, the last as it is to be."""
    if usual:
        return json.dumps(
            value, ensure_ascii=False, **draw(st.sampled_from([{}, {"separators": (",", ":")}]))
        )
    space = st.sampled_from(["", "", " ", "\n ", "\t"])
    if isinstance(value, str):
        return draw(spelled_text(value))
    if isinstance(value, list):
        parts = [draw(spelled(each)) for each in value]
    elif isinstance(value, dict):
        members = list(value.items())
        if members and draw(st.integers(0, 7)) == 0:
            members.insert(0, (draw(st.sampled_from(members))[0], draw(st.sampled_from([None, [], "", 1]))))
        parts = [
            f"{draw(spelled_text(key))}{draw(space)}:{draw(space)}{draw(spelled(each))}"
            for key, each in members
        ]
    else:
        return json.dumps(value)
    ends = "[]" if isinstance(value, list) else "{}"
    return ends[0] + draw(space) + f"{draw(space)},{draw(space)}".join(parts) + draw(space) + ends[1]


texts = st.sampled_from(["Hi", "Hi", "Hello.", "", " ", 'a "b"', "é🜁", "\\", '"}], "', "\n"])
parts = st.sampled_from(
    [
        [{"type": "text", "text": "Hi"}],
        [{"type": "text", "text": "Hi", "cache_control": {"type": "ephemeral"}}],
        [{"type": "image", "url": "a.png"}],
        [{"role": "assistant", "content": "Hi"}],
        [],
        None,
        5,
        {"a": 1},
    ]
)
extras = st.sampled_from(
    [
        {"weight": 0},
        {"weight": None},
        {"weight": 1.0},
        {"train": False},
        {"name": "Kai"},
        {"value": "other"},
        {"from": "gpt"},
        {"role": None},
        {"role": 5},
        {"to": {"role": "assistant", "content": "Hi"}},
        {"tool_calls": [{"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}]},
        {"tool_calls": [{"name": "f", "arguments": {"a": 1}}]},
        {"tool_calls": 5},
    ]
)
SPEAKERS = {
    "messages": ("role", "content", ["system", "user", "assistant", "assistant", "tool", "bot", "Mara"]),
    "conversations": (
        "from",
        "value",
        ["system", "human", "gpt", "gpt", "observation", "function_call", "Osk"],
    ),
}
others = st.dictionaries(
    st.sampled_from(
        [
            *("tags", "id", "system", "tools", "images", "label", "chosen", "rejected", "chosen_messages"),
            *("rejected_messages", "messages", "conversations", "prompt", "instruction", "output", "history"),
        ]
    ),
    st.sampled_from(
        ["x", "", True, False, None, [], ["calm"], [{"role": "assistant", "content": "Hi"}], 1.5]
    ),
    max_size=2,
)


@st.composite
def records(draw: st.DrawFn) -> Any:
    """Draw a record of one list of turns, plain or with something odd here and there."""
    member = draw(st.sampled_from(list(SPEAKERS)))
    speaker, said, roles = SPEAKERS[member]
    odd = draw(st.booleans())
    turns: list[Any] = []
    for role in draw(st.lists(st.sampled_from(roles if odd else roles[:4]), max_size=4)):
        turn = {speaker: role, said: draw(parts if odd and draw(st.integers(0, 4)) == 0 else texts)}
        turns.append({**turn, **draw(extras)} if odd and draw(st.integers(0, 4)) == 0 else turn)
    if odd and draw(st.integers(0, 9)) == 0:
        turns.append(draw(st.sampled_from([5, "Hi", None, []])))
    before = draw(others) if draw(st.integers(0, 3)) == 0 else {}
    return {**before, member: turns, **draw(others)}


def told(made: bytes | ConversionError) -> str:
    return made.message if isinstance(made, ConversionError) else ""


@settings(max_examples=300, deadline=None)
@given(records(), st.data(), st.sampled_from(FORMATS), st.booleans())
def test_rows_are_what_decoding_makes(record: Any, data: st.DataObject, format: str, clean: bool) -> None:
    text = data.draw(spelled(record, data.draw(st.booleans()))).encode("utf-8", "surrogatepass")
    options = ExportOptions(format=format, clean=clean)
    (made,) = Rows(options).many([text], [ID], False)
    with (
        patch("rtstore.curate.exporting.rows.is_fit", lambda _: False),
        patch.object(Reshaper, "plainly", lambda *_: None),
    ):
        (slow,) = Rows(options).many([text], [ID], False)
    assert told(made) == told(slow)
    if isinstance(made, bytes) and isinstance(slow, bytes):
        assert loads(made) == loads(slow)
        assert b"\n" not in made
        # Once a page is known to be fit, its rows are the same to the byte.
        assert Rows(options).many([text], [ID], True) == [made]


def row(text: str, format: str = "messages", **options: Any) -> str:
    return Rows(ExportOptions(format=format, **options)).row(text.encode(), ID).decode()


SAID = '[{"role": "user", "content": "Hi"},\n  {"role": "assistant", "content": "Yes"}]'


@pytest.mark.parametrize("clean", [False, True])
def test_a_record_on_several_lines_becomes_a_row_on_one(clean: bool) -> None:
    text = f'{{"messages": {SAID},\n "more": {{\n "n": 1.50,\n "big": {"9" * 5000}}}}}'
    made = row(text, clean=clean)
    assert "\n" not in made
    assert clean or made.endswith(f', "more": {{"n": 1.50, "big": {"9" * 5000}}}}}')


@pytest.mark.parametrize("format", FORMATS[:4])
def test_what_belongs_to_no_turn_keeps_its_spelling(format: str) -> None:
    other = ', "n": 1.50e2, "large": 1e400, "long": 0.12345678901234567890123, "x": [ 1,2 ]}'
    assert row(f'{{"messages": {SAID}{other}', format).endswith(other)


def test_what_kto_lays_out_as_prompt_and_completion_is_no_row_of_messages_yet() -> None:
    made = json.loads(row('{"prompt": "Hi", "completion": "Yes", "label": true}'))
    assert [turn["content"] for turn in made.pop("messages")] == ["Hi", "Yes"]
    assert made == {"label": True}
    as_it_is = f'{{"label": true, "messages": {SAID}}}'.replace("\n ", "")
    assert row(as_it_is) == as_it_is


@pytest.mark.parametrize("format", ["chatml-text", "parquet"])
def test_half_a_character_has_no_place_outside_of_json(format: str) -> None:
    text = '{"messages": [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "a\\ud800"}]}'
    with pytest.raises(ConversionError, match="half of a character"):
        row(text, format)
    assert row(text) == text


def test_a_text_has_no_place_for_tools() -> None:
    with pytest.raises(ConversionError, match="tools, for which plain text has no place"):
        row(f'{{"messages": {SAID}, "tools": [{{"name": "ferry"}}]}}', "chatml-text")


@pytest.mark.parametrize("more", ['"tags": "calm"', '"_rolethread": 5'])
def test_members_that_rolethread_has_otherwise_are_not_dropped(more: str) -> None:
    text = f'{{"messages": [{{"role": "system", "content": "Be."}}, {SAID[1:]}, {more}}}'
    with pytest.raises(ConversionError, match="is not what RoleThread Lite has there"):
        row(text, "rolethread")


@pytest.mark.parametrize("format", ["alpaca", "prompt-completion"])
@pytest.mark.parametrize(("last", "problem"), [({"content": " "}, "no text"), ({"weight": 0}, "weight 0")])
def test_where_one_answer_is_trained_it_must_say_something(
    format: str, last: dict[str, Any], problem: str
) -> None:
    turns = [{"role": role, "content": "Hi"} for role in ("user", "assistant", "user", "assistant")]
    turns[-1] |= last
    text = json.dumps({"messages": turns})
    with pytest.raises(ConversionError, match=f"the last answer has .*{problem}"):
        row(text, format)
    assert row(text) == text


def test_an_alpaca_record_with_a_history_and_no_output_trains_nothing() -> None:
    record = {"instruction": "a", "input": "", "output": "", "history": [["b", "c"]]}
    with pytest.raises(ConversionError, match="the last answer has no text"):
        row(json.dumps(record), "alpaca")
    (made,) = Rows(ExportOptions(format="alpaca")).many(
        [json.dumps({**record, "output": "d"}).encode()], [ID], False
    )
    assert made == json.dumps({**record, "output": "d"}).encode()
