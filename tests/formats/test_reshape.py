"""The text of a record in another shape says what the shapes make of it, and keeps what it can as it was spelled."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtstore.errors import InputError, UsageError
from rtstore.formats.reshape import Reshaper, reshaper
from rtstore.model.conversation import ConversionError
from rtstore.model.jsontext import loads
from rtstore.model.shapes import shape_named, shape_of

LISTS = ("messages", "sharegpt")
SHAPES = (*LISTS, "alpaca", "prompt", "preference", "kto")

texts = st.text(st.sampled_from(list('ab"\\\n语🜁 {}[]:,\ud800')), max_size=6)
contents = st.one_of(
    texts,
    texts,
    texts,
    st.none(),
    st.integers(),
    st.lists(texts.map(lambda text: {"type": "text", "text": text}), max_size=2),
    st.just([{"type": "image", "url": "a.png"}]),
)
ROLES = {
    "messages": ("role", "content", ["system", "user", "assistant", "assistant", "tool", "bot", "Mara"]),
    "conversations": (
        "from",
        "value",
        ["system", "human", "gpt", "gpt", "observation", "function_call", "Osk"],
    ),
}
others = st.dictionaries(
    st.sampled_from(
        ["tags", "id", "é", "system", "tools", "images", "label", "chosen", "rejected", "messages"]
    ),
    st.one_of(texts, st.booleans(), st.just(["calm"]), st.just([{"role": "user", "content": "Hi"}])),
    max_size=2,
)


@st.composite
def turns(draw: st.DrawFn, member: str) -> dict[str, Any]:
    speaker, said, roles = ROLES[member]
    turn = {speaker: draw(st.sampled_from(roles)), said: draw(contents)}
    if draw(st.integers(0, 9)) == 0:
        turn |= draw(st.sampled_from([{"name": "Kai"}, {"weight": 0}, {"tool_calls": [{"name": "ferry"}]}]))
    return turn


@st.composite
def conversations(draw: st.DrawFn) -> dict[str, Any]:
    """Draw a record of one list of turns, mostly plain, with other members before and after it."""
    member = draw(st.sampled_from(list(ROLES)))
    plain = draw(st.booleans())
    speaker, said, roles = ROLES[member]
    each = (
        st.fixed_dictionaries({speaker: st.sampled_from(roles[:4]), said: texts}) if plain else turns(member)
    )
    record: dict[str, Any] = draw(others) if draw(st.integers(0, 3)) == 0 else {}
    return {**record, member: draw(st.lists(each, max_size=4)), **draw(others)}


spellings = st.sampled_from([{}, {"separators": (",", ":")}, {"indent": 1}])


def slowly(record: Any, shape: str, clean: bool) -> Any:
    """Return what the shapes make of a record."""
    found = shape_of(record)
    if found is None:
        raise ConversionError("there is no conversation")
    if found.name == shape and not clean:
        return record
    conversation = found.read(record)
    if clean:
        conversation.rest = {}
    return shape_named(shape).write(conversation)


@given(conversations(), spellings, st.sampled_from(SHAPES), st.booleans())
def test_a_text_says_what_the_shapes_make_of_the_record(
    record: Any, spelling: Any, shape: str, clean: bool
) -> None:
    text = json.dumps(record, **spelling).encode()
    reshape = reshaper(shape, clean)
    try:
        expected = slowly(record, shape, clean)
    except ConversionError:
        with pytest.raises(ConversionError):
            reshape(text)
        return
    made = reshape(text)
    assert loads(made) == expected
    assert made == text or made.count(b"\n") <= text.count(b"\n")


def chat(**rest: Any) -> dict[str, Any]:
    said = [("system", "Be Mara."), ("user", "Hi é"), ("assistant", 'Hello, "Osk".')]
    return {"messages": [{"role": role, "content": content} for role, content in said], **rest}


@pytest.mark.parametrize("spelling", [{}, {"separators": (",", ":")}, {"ensure_ascii": False}])
def test_a_plain_conversation_comes_back_byte_for_byte(spelling: Any) -> None:
    text = json.dumps(chat(tags=["calm"], id=7), **spelling).encode()
    there = reshaper("sharegpt")(text)
    assert list(json.loads(there)) == ["conversations", "tags", "id"]
    assert reshaper("messages")(there) == text


@pytest.mark.parametrize("shape", ["sharegpt", "prompt", "alpaca"])
@pytest.mark.parametrize("turn", [{"name": "Kai"}, {}])
def test_other_members_keep_their_spelling(shape: str, turn: Any) -> None:
    record = chat()
    record["messages"][1] |= turn if shape != "alpaca" else {}
    other = b', "n": 1.50e2, "big": ' + b"9" * 5000 + b', "x": [ 1,2 ], "nan": NaN, "e": "\\u00e9"}'
    made = reshaper(shape)(json.dumps(record).encode()[:-1] + other)
    assert made.endswith(other)


def test_compact_records_stay_compact_and_escaped_ones_escaped() -> None:
    record = chat(id=1)
    record["messages"][0]["name"] = "é"
    compact = json.dumps(record, separators=(",", ":")).encode()
    made = reshaper("sharegpt")(compact)
    assert b" " not in made.replace(b"Be Mara", b"").replace(b"Hi \\u", b"").replace(b', \\"', b"")
    assert b'"name":"\\u00e9"' in made


@pytest.mark.parametrize("shape", LISTS)
def test_what_has_the_shape_already_stays_as_it_is(shape: str) -> None:
    text = reshaper(shape)(
        b'{"n": 1.0e2,"messages" :[ {"role":"user","content":"Hi"}, {"role": "bot", "x": 1}]}'
    )
    assert reshaper(shape)(text) is text
    odd = b'{"conversations": [{"from": "Mara", "value": ["parts"]}], "system": "Be."}'
    assert reshaper("sharegpt")(odd) is odd


def test_clean_leaves_the_conversation_alone() -> None:
    text = json.dumps({"id": 1, **chat(tags=["calm"], _rolethread={"native": True})}).encode()
    assert reshaper("messages", clean=True)(text) == json.dumps(chat()).encode()
    with_tools = json.dumps(chat(tools=[{"name": "ferry"}], id=1)).encode()
    assert json.loads(reshaper("messages", clean=True)(with_tools)) == chat(tools=[{"name": "ferry"}])


def test_what_only_looks_like_turns_is_left_alone() -> None:
    lookalike = {"role": "user", "content": '{"role": "user", "content": "Hi"}'}
    record = chat(tags=[lookalike])
    record["messages"].append(lookalike)
    made = json.loads(reshaper("sharegpt")(json.dumps(record).encode()))
    assert made["tags"] == [lookalike]
    assert made["conversations"][-1] == {"from": "human", "value": lookalike["content"]}


def test_the_last_of_two_members_of_one_name_counts() -> None:
    text = b'{"messages": [], "id": 1, "messages": [{"role": "x", "role": "user", "content": "Hi"}], "id": 2}'
    assert json.loads(reshaper("sharegpt")(text)) == {
        "conversations": [{"from": "human", "value": "Hi"}],
        "id": 2,
    }


def test_speakers_with_names_of_their_own_are_told() -> None:
    into = Reshaper("messages")
    made = into.reshape(
        b'{"conversations": [{"from": "human", "value": "a"}, {"from": "Mara", "value": "b"}]}'
    )
    assert made.speakers == ((1, "Mara"),)
    assert json.loads(made.text)["messages"][1] == {"role": "assistant", "content": "b"}
    assert into.reshape(json.dumps(chat()).encode()).speakers == ()


@pytest.mark.parametrize("text", [b'{"a": 1}', b"[]", b"3", b'{"messages": ["a"]}', b'{"messages": 3}'])
def test_what_is_no_conversation_has_no_shape(text: bytes) -> None:
    with pytest.raises(ConversionError, match="no conversation is found in the record"):
        reshaper("messages")(text)


def test_what_is_no_json_is_said_to_be_none() -> None:
    with pytest.raises(InputError, match="not JSON"):
        reshaper("sharegpt")(b'{"messages": [}')


def test_a_shape_that_is_not_known() -> None:
    with pytest.raises(UsageError, match="there is no shape 'alpacca'"):
        reshaper("alpacca")
