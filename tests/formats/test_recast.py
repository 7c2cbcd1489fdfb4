"""Roles of messages become those of training; who spoke under a name is told."""

from __future__ import annotations

import json

import pytest

from rtstore.formats.recast import recast
from rtstore.model.slugs import slug_of


def chat(*roles: str) -> bytes:
    return json.dumps(
        {"messages": [{"content": f"\u00e9 {role}", "role": role} for role in roles], "n": 1}
    ).encode()


@pytest.mark.parametrize(
    ("roles", "trained", "named"),
    [
        (("system", "user", "assistant", "tool"), None, ()),
        (("sys", "Human", "gpt"), ("system", "user", "assistant"), ()),
        (
            ("user", "Mara", "user", "Osk"),
            ("user", "assistant", "user", "assistant"),
            ((1, "Mara"), (3, "Osk")),
        ),
        (("Kai", "Mara", "Kai"), ("user", "assistant", "user"), ((0, "Kai"), (1, "Mara"), (2, "Kai"))),
        (("user", "tool_call", "observation"), ("user", "tool_call", "tool"), ()),
        (('"}, {"role": "x', "assistant"), ("user", "assistant"), ((0, '"}, {"role": "x'),)),
    ],
)
def test_roles(roles: tuple[str, ...], trained: tuple[str, ...] | None, named: object) -> None:
    text = chat(*roles)
    made = recast(text)
    assert made.speakers == named
    assert [turn["role"] for turn in json.loads(made.text)["messages"]] == list(trained or roles)
    assert (made.text is text) == (trained is None)


def test_all_else_stays_as_it_is_spelled() -> None:
    text = b'{ "n":1.0e2, "messages" : [{"role": "bot", "content":"\\u00e9"},"odd", {"x": 1}, {"role": 3}] }'
    assert recast(text).text == text.replace(b'"bot"', b'"assistant"')


@pytest.mark.parametrize("text", [b'{"messages": 3}', b"{}", b"[]"])
def test_what_has_no_messages_stays_as_it_is(text: bytes) -> None:
    assert recast(text) == (text, ())


@pytest.mark.parametrize(
    ("name", "slug"),
    [
        ("Mara", "mara"),
        ("  Black & White! ", "black_white"),
        ("Dr. Osk-7", "dr_osk_7"),
        ("é語", ""),
        ("A__b", "a_b"),
    ],
)
def test_slugs_are_as_rolethread_makes_them(name: str, slug: str) -> None:
    assert slug_of(name) == slug
