"""SillyTavern chats: what was shown, who said it, and with branches what else was answered."""

from __future__ import annotations

from pathlib import Path

from source_samples import Read, as_lines, read, tavern_chat, tavern_header, tavern_line


def chat(tmp_path: Path, *lines: object, branches: bool = False) -> Read:
    return read("sillytavern", tmp_path / "a.jsonl", as_lines(*lines), branches=branches)


def test_a_chat_is_a_conversation_as_it_was(tmp_path: Path) -> None:
    found = read("sillytavern", tmp_path / "a", tavern_chat())
    assert found.said == [
        [("assistant", "*The door creaks.* Come in."), ("user", "Is it warm?"), ("assistant", "Warm enough.")]
    ]
    record = found.records[0]
    assert (record["create_date"], record["character_name"]) == ("2024-03-01@20h15m", "Mara")
    assert found.items[0].speakers == ((0, "Mara"), (1, "Ilse"), (2, "Mara"))
    assert [character.name for character in found.characters] == ["Mara", "Ilse"]
    assert found.rejects == []


def test_swipes_are_branches(tmp_path: Path) -> None:
    found = read("sillytavern", tmp_path / "a", tavern_chat(), branches=True)
    assert [talk[-1][1] for talk in found.said] == ["Warm enough.", "Very.", "No."]
    assert [item.place for item in found.items] == ["line 1", "line 4, swipe 2", "line 4, swipe 3"]


def test_a_swipe_in_the_middle_ends_its_conversation(tmp_path: Path) -> None:
    lines = [
        tavern_line("Mara", "Hi.", swipes=["Yo.", "Hi.", "Hi.", "", None], swipe_id=1),
        tavern_line("Ilse", "Hm.", True),
    ]
    assert chat(tmp_path, *lines, branches=True).said == [
        [("assistant", "Hi."), ("user", "Hm.")],
        [("assistant", "Yo.")],
    ]


def test_what_the_model_did_not_see_is_told(tmp_path: Path) -> None:
    found = chat(
        tmp_path,
        tavern_header(),
        tavern_line("Mara", "Hi."),
        tavern_line("Ilse", "a note", True, is_system=True),
        tavern_line("Ilse", "Look.", True, extra={"image": "/user/images/a.png", "inline_image": True}),
        {"what": "is this"},
    )
    assert found.said == [[("assistant", "Hi."), ("user", "Look.")]]
    assert list(zip(found.places, found.reasons, strict=True)) == [
        ("line 3", "hidden from the model"),
        ("line 4", "a picture or file beside a message"),
        ("line 5", "neither a message nor the header of a chat"),
    ]


def test_several_characters_speak_one_after_the_other(tmp_path: Path) -> None:
    lines = [tavern_line(name, name.lower()) for name in ("Mara", "Jo", "Mara")]
    found = chat(tmp_path, tavern_header(user_name="unused", character_name="unused"), *lines)
    assert found.items[0].speakers == ((0, "Mara"), (1, "Jo"), (2, "Mara"))
    assert [role for role, _ in found.said[0]] == ["assistant"] * 3
    assert "user_name" not in found.records[0]


def test_reasoning_tools_and_narration_have_their_places(tmp_path: Path) -> None:
    call = {"id": "c1", "name": "Roll", "parameters": '{"sides": 6}', "result": "4"}
    found = chat(
        tmp_path,
        tavern_line("Narrator", "Night falls.", extra={"type": "narrator"}),
        tavern_line("SillyTavern System", "", is_system=True, extra={"tool_invocations": [call, {"x": 1}]}),
        tavern_line("Mara", "Four.", extra={"reasoning": "I rolled."}),
    )
    system, asks, answer, last = found.records[0]["messages"]
    assert system == {"role": "system", "content": "Night falls."}
    assert asks["tool_calls"][0]["function"] == {"name": "Roll", "arguments": {"sides": 6}}
    assert answer == {"role": "tool", "content": "4", "name": "Roll", "tool_call_id": "c1"}
    assert last["reasoning_content"] == "I rolled."
    assert found.items[0].speakers == ((3, "Mara"),)
    assert found.reasons == ["a tool call without a name"]


def test_nobody_is_called_you_or_user(tmp_path: Path) -> None:
    found = chat(
        tmp_path, tavern_line("You", "a", True), tavern_line("User", "b", True), tavern_line("Assistant", "c")
    )
    assert (found.items[0].speakers, found.characters) == ((), [])


def test_each_header_begins_a_chat(tmp_path: Path) -> None:
    lines = [
        tavern_header(),
        tavern_line("Mara", "One."),
        tavern_header(create_date="later"),
        tavern_line("Mara", "Two."),
    ]
    assert [record["create_date"] for record in chat(tmp_path, *lines).records] == [
        "2024-03-01@20h15m",
        "later",
    ]


def test_values_of_other_types_are_no_harm(tmp_path: Path) -> None:
    odd = [None, 5, [], {}, "x"]
    lines = [{"mes": "hi", "name": one, "is_user": one, "extra": one, "swipes": one} for one in odd]
    found = chat(tmp_path, *lines, {"mes": 3, "is_user": True}, branches=True)
    assert found.said == [[("assistant", "hi")] * 5]
    assert found.reasons == ["a message that is no text"]
