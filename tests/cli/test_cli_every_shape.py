"""A file of every shape goes all the way: in, looked at, compared, checked, out, and in again without loss."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from cli_helpers import ok, run

from rtstore.model.shapes import shape_of

TOOLS = [{"name": "ferry_times", "description": "When ferries go", "parameters": {"type": "object"}}]
CALL = '{"name": "ferry_times", "arguments": {"to": "Rhea"}}'
ASKED = {"role": "user", "content": "When does the ferry go to Rhea?"}
ANSWER = {"role": "assistant", "content": "At six, if the wind holds."}
SAMPLES: dict[str, tuple[dict[str, Any], str]] = {
    "messages": (
        {"messages": [{"role": "system", "content": "You are Mara."}, ASKED, ANSWER], "id": 1},
        "messages",
    ),
    "images": (
        {"messages": [{"role": "user", "content": "<image>When?"}, ANSWER], "images": ["a.jpg"]},
        "messages",
    ),
    "kto": ({"messages": [ASKED, ANSWER], "label": True}, "messages"),
    "parts": (
        {
            "messages": [
                {
                    "role": "user",
                    "content": [{"type": "text", "value": ASKED["content"]}],
                    "loss_weight": 0.0,
                },
                {
                    "role": "assistant",
                    "content": [
                        {"type": "reasoning", "value": "There is a tool."},
                        {"type": "tool_call", "value": CALL},
                    ],
                    "loss_weight": 1.0,
                },
                {"role": "tool", "content": [{"type": "text", "value": "six"}]},
                {"role": "assistant", "content": [{"type": "text", "value": ANSWER["content"]}]},
            ],
            "tools": json.dumps(TOOLS),
        },
        "messages",
    ),
    "sharegpt": (
        {
            "conversations": [
                {"from": "human", "value": ASKED["content"]},
                {"from": "function_call", "value": CALL},
                {"from": "observation", "value": '{"times": ["18:00"]}'},
                {"from": "gpt", "value": ANSWER["content"]},
            ],
            "tools": json.dumps(TOOLS),
        },
        "sharegpt",
    ),
    "alpaca": ({"instruction": "Greet the guest.", "input": "Kai", "output": "Good evening, Kai."}, "alpaca"),
    "pair": (
        {
            "conversations": [{"from": "human", "value": ASKED["content"]}],
            "chosen": {"from": "gpt", "value": ANSWER["content"]},
            "rejected": {"from": "gpt", "value": "No idea."},
        },
        "sharegpt",
    ),
    "prompt": ({"prompt": [ASKED], "completion": [ANSWER], "source": "diary"}, "prompt-completion"),
}


@pytest.mark.parametrize("name", SAMPLES)
def test_a_shape_goes_all_the_way(empty: Path, name: str) -> None:
    record, format = SAMPLES[name]
    source = empty.parent / f"{name}.json"
    source.write_text(json.dumps([record, record | {"n": 2}]), encoding="utf-8")
    ok("import", str(source), "--into", "in.jsonl")
    ok("commit", "-m", "In")
    assert run("show", "HEAD:in.jsonl#1", "--json").json["record"] == record
    assert run("validate", "in.jsonl").code == 0
    edited = Path("in.jsonl").read_text().replace("six", "seven").replace("Good evening", "Good day")
    Path("in.jsonl").write_text(edited, encoding="utf-8")
    assert "2 edited" in ok("diff", "--stat")
    ok("restore", "in.jsonl")
    ok("export", "in.jsonl", "-o", "out.jsonl", "--format", format)
    assert [json.loads(line) for line in Path("out.jsonl").read_text().splitlines()] == [
        record,
        record | {"n": 2},
    ]
    ok("export", "in.jsonl", "-o", "out.parquet", "--format", "parquet")
    ok("import", "out.parquet", "--into", "back.jsonl")
    back = json.loads(Path("back.jsonl").read_text().splitlines()[0])
    assert said(back) == said(record)


def said(record: dict[str, Any]) -> Any:
    shape = shape_of(record)
    assert shape is not None
    return shape.read(record)
