"""Small files of every kind that conversations come from, as the programs write them, and how tests read them."""

from __future__ import annotations

import base64
import io
import json
import struct
import zipfile
import zlib
from pathlib import Path
from typing import Any

from rtstore.formats.sources.base import SAMPLE_SIZE, Character, Found, Item, Options, Prompt, Reject, Sample
from rtstore.formats.sources.registry import source_named, source_of


def sample(name: str, data: bytes) -> Sample:
    """Return what is looked at of a file to find out what it is."""
    return Sample(name, len(data), data[:SAMPLE_SIZE])


def kind_of(name: str, data: bytes) -> str | None:
    """Return as what a file is recognised."""
    source = source_of(sample(name, data))
    return None if source is None else source.name


class Read:
    """What was found in a file, by kind."""

    def __init__(self, found: list[Found]) -> None:
        self.items = [one for one in found if isinstance(one, Item)]
        self.rejects = [one for one in found if isinstance(one, Reject)]
        self.characters = [one for one in found if isinstance(one, Character)]
        self.prompts = [one for one in found if isinstance(one, Prompt)]

    @property
    def records(self) -> list[dict[str, Any]]:
        return [json.loads(item.text) for item in self.items]

    @property
    def said(self) -> list[list[tuple[str, Any]]]:
        """The role and the content of every message of every conversation."""
        return [[(turn["role"], turn["content"]) for turn in one["messages"]] for one in self.records]

    @property
    def reasons(self) -> list[str]:
        return [reject.reason for reject in self.rejects]

    @property
    def places(self) -> list[str]:
        return [reject.place for reject in self.rejects]


def read(kind: str, path: Path, data: bytes, **options: Any) -> Read:
    """Read a file with some content as one of a kind."""
    path.write_bytes(data)
    return Read(list(source_named(kind).read(str(path), Options(**options))))


def as_json(value: Any, indent: int | None = None) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=indent).encode()


def as_lines(*values: Any) -> bytes:
    return b"".join(as_json(value) + b"\n" for value in values)


def turns(*contents: str) -> list[dict[str, str]]:
    """Return messages of user and assistant in turn."""
    return [
        {"role": "assistant" if index % 2 else "user", "content": text} for index, text in enumerate(contents)
    ]


# Records in the shapes that datasets have


def shaped_records() -> dict[str, list[dict[str, Any]]]:
    """Return records of every shape, two of each."""
    call = {"name": "search", "arguments": {"q": "tea"}}
    return {
        "messages": [{"messages": turns("hi", "hello"), "tags": ["greeting"]} for _ in range(2)],
        "alpaca": [{"instruction": "Say hi.", "input": "", "output": "Hi."} for _ in range(2)],
        "sharegpt": [
            {
                "conversations": [
                    {"from": "human", "value": "tea?"},
                    {"from": "function_call", "value": json.dumps(call)},
                    {"from": "observation", "value": "[]"},
                    {"from": "gpt", "value": "none"},
                ],
                "tools": json.dumps([{"name": "search"}]),
            }
        ]
        * 2,
        "kto": [{"messages": turns("hi", "go away"), "label": False}] * 2,
        "preference": [
            {
                "conversations": [{"from": "human", "value": "hi"}],
                "chosen": {"from": "gpt", "value": "hello"},
                "rejected": {"from": "gpt", "value": "no"},
            }
        ]
        * 2,
        "parts": [
            {
                "messages": [
                    {"role": "user", "content": [{"type": "text", "value": "tea?"}], "loss_weight": 0.0},
                    {
                        "role": "assistant",
                        "content": [
                            {"type": "reasoning", "value": "hm"},
                            {"type": "tool_call", "value": "{}"},
                        ],
                    },
                ]
            }
        ]
        * 2,
        "parts_preference": [{"chosen_messages": turns("a", "b"), "rejected_messages": turns("a", "c")}] * 2,
        "multimodal": [{"messages": turns("<image>Who?", "Kane."), "images": ["1.jpg"]}] * 2,
        "prompt": [{"prompt": "2+2=", "completion": "4"}] * 2,
        "unknown": [{"question": "Which?", "choices": ["a", "b"], "answer": 0, "name": "q1"}] * 2,
    }


# SillyTavern


def tavern_header(**more: Any) -> dict[str, Any]:
    return {
        "user_name": "Ilse",
        "character_name": "Mara",
        "create_date": "2024-03-01@20h15m",
        "chat_metadata": {},
        **more,
    }


def tavern_line(name: str, mes: str, is_user: bool = False, **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "is_user": is_user,
        "is_system": False,
        "send_date": "March 1, 2024 8:16pm",
        "mes": mes,
        "extra": {},
        **more,
    }


def tavern_chat() -> bytes:
    return as_lines(
        tavern_header(),
        tavern_line("Mara", "*The door creaks.* Come in."),
        tavern_line("Ilse", "Is it warm?", True),
        tavern_line("Mara", "Warm enough.", swipes=["Warm enough.", "Very.", "No."], swipe_id=0),
    )


# Character cards


def card_v1(**more: Any) -> dict[str, Any]:
    return {
        "name": "Mara",
        "description": "{{char}} keeps a lighthouse.",
        "personality": "dry",
        "scenario": "{{user}} is stranded.",
        "first_mes": "Mind the step, {{user}}.",
        "mes_example": "<START>\n{{user}}: Cold?\n{{char}}: Always.\nBring a coat.\n"
        "<START>\n{{user}}: Tea?\n{{char}}: Yes.",
        **more,
    }


def card_v2(spec: str = "chara_card_v2", **more: Any) -> dict[str, Any]:
    data = card_v1(
        system_prompt="Write as {{char}}.",
        post_history_instructions="Stay in the lighthouse.",
        alternate_greetings=["You again.", "The lamp is out."],
        creator_notes="For stormy nights.",
        tags=["Slow Burn", "Sea"],
        creator="ilse",
        character_version="1.2",
        extensions={},
        **more,
    )
    return {"spec": spec, "spec_version": "2.0", "data": data}


def png_chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def png(*chunks: bytes) -> bytes:
    """Return a PNG of one pixel with other chunks before its picture."""
    head = png_chunk(b"IHDR", struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0))
    picture = png_chunk(b"IDAT", zlib.compress(b"\0\0"))
    return b"\x89PNG\r\n\x1a\n" + head + b"".join(chunks) + picture + png_chunk(b"IEND", b"")


def png_text(keyword: bytes, text: bytes, kind: bytes = b"tEXt") -> bytes:
    """Return a text chunk of one of the three kinds; the last two compressed."""
    if kind == b"zTXt":
        return png_chunk(kind, keyword + b"\0\0" + zlib.compress(text))
    if kind == b"iTXt":
        return png_chunk(kind, keyword + b"\0\1\0en\0\0" + zlib.compress(text))
    return png_chunk(kind, keyword + b"\0" + text)


def in_base64(value: Any) -> bytes:
    return base64.b64encode(as_json(value))


# Account exports


def gpt_node(
    id: str, parent: str | None, role: str | None = None, content: Any = "", **more: Any
) -> dict[str, Any]:
    """Return a node of a ChatGPT conversation; without a role it has no message."""
    if isinstance(content, str):
        content = {"content_type": "text", "parts": [content]}
    author = {"role": role, "name": more.pop("name", None), "metadata": {}}
    message = {
        "id": id,
        "author": author,
        "create_time": None,
        "content": content,
        "recipient": "all",
        "metadata": {},
    }
    return {"id": id, "message": {**message, **more} if role else None, "parent": parent, "children": []}


def gpt_conversation(*nodes: dict[str, Any], current: str | None = None, **more: Any) -> dict[str, Any]:
    return {
        "title": "Tea",
        "create_time": 1709323200.5,
        "update_time": 1709323300.25,
        "mapping": {node["id"]: node for node in nodes},
        "current_node": current or nodes[-1]["id"],
        "conversation_id": "0b9f6b0e-0000-4000-8000-000000000001",
        **more,
    }


def gpt_tea() -> dict[str, Any]:
    """Return a conversation whose first answer was asked for twice."""
    return gpt_conversation(
        gpt_node("root", None),
        gpt_node("q", "root", "user", "Tea or coffee?"),
        gpt_node("a1", "q", "assistant", "Coffee."),
        gpt_node("a2", "q", "assistant", "Tea.", metadata={"model_slug": "gpt-4o"}),
        gpt_node("q2", "a2", "user", "Why?"),
        gpt_node("a3", "q2", "assistant", "It is late."),
    )


def claude_message(uuid: str, sender: str, text: str, **more: Any) -> dict[str, Any]:
    return {
        "uuid": uuid,
        "text": text,
        "content": [{"type": "text", "text": text}],
        "sender": sender,
        "created_at": "2025-01-01T00:00:00Z",
        "attachments": [],
        "files": [],
        **more,
    }


def claude_conversation(*messages: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "uuid": "5f0c0000-0000-4000-8000-000000000001",
        "name": "Tea",
        "created_at": "2025-01-01T00:00:00Z",
        "updated_at": "2025-01-02T00:00:00Z",
        "account": {"uuid": "x"},
        "chat_messages": list(messages),
        **more,
    }


def claude_tea() -> dict[str, Any]:
    return claude_conversation(
        claude_message("1", "human", "Tea or coffee?"), claude_message("2", "assistant", "Tea.")
    )


def zipped(**files: bytes) -> bytes:
    """Return a ZIP archive; a name has ``__`` for its dot."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name.replace("__", "."), data)
    return out.getvalue()


# Traces of agents


def claude_code_line(uuid: str, parent: str | None, kind: str, content: Any, **more: Any) -> dict[str, Any]:
    message = {"role": kind, "content": content} | more.pop("message", {})
    line = {"parentUuid": parent, "isSidechain": False, "sessionId": "s1", "type": kind, "message": message}
    return {**line, "uuid": uuid, "timestamp": "2025-06-01T10:00:00Z", "cwd": "/project", **more}


def anthropic_log() -> dict[str, Any]:
    return {
        "model": "claude-x",
        "system": "Be brief.",
        "tools": [{"name": "clock", "description": "Tells the time.", "input_schema": {"type": "object"}}],
        "messages": [
            {"role": "user", "content": "What time is it?"},
            {
                "role": "assistant",
                "content": [
                    {"type": "thinking", "thinking": "Ask the clock.", "signature": "c2ln"},
                    {"type": "text", "text": "Let me look."},
                    {"type": "tool_use", "id": "t1", "name": "clock", "input": {"zone": "UTC"}},
                ],
            },
            {
                "role": "user",
                "content": [
                    {
                        "type": "tool_result",
                        "tool_use_id": "t1",
                        "content": [{"type": "text", "text": "noon"}],
                    }
                ],
            },
            {"role": "assistant", "content": "Noon."},
        ],
    }


def responses_log() -> dict[str, Any]:
    return {
        "id": "resp_1",
        "model": "gpt-x",
        "instructions": "Be brief.",
        "input": "What time is it?",
        "output": [
            {"type": "reasoning", "summary": [{"type": "summary_text", "text": "Ask the clock."}]},
            {"type": "function_call", "call_id": "c1", "name": "clock", "arguments": '{"zone": "UTC"}'},
            {"type": "function_call_output", "call_id": "c1", "output": "noon"},
            {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Noon."}]},
        ],
    }


def langchain_messages() -> list[dict[str, Any]]:
    return [
        {"type": "system", "content": "Be brief."},
        {"type": "human", "content": "What time is it?"},
        {"type": "ai", "content": "", "tool_calls": [{"name": "clock", "args": {"zone": "UTC"}, "id": "c1"}]},
        {"type": "tool", "content": "noon", "tool_call_id": "c1"},
        {"type": "ai", "content": "Noon."},
    ]


def span(*messages: tuple[str, str], answer: str, trace: str = "t1") -> dict[str, Any]:
    """Return an OpenTelemetry span of one call of a model."""

    def told(role: str, text: str) -> dict[str, Any]:
        return {"role": role, "parts": [{"type": "text", "content": text}]}

    return {
        "name": "chat",
        "traceId": trace,
        "attributes": {
            "gen_ai.request.model": "m",
            "gen_ai.input.messages": json.dumps([told(*one) for one in messages]),
            "gen_ai.output.messages": json.dumps([told("assistant", answer)]),
        },
    }


def good_samples() -> dict[str, tuple[str, str, bytes]]:
    """Return one good file of every kind: its kind, name and content."""
    lines = as_lines(*shaped_records()["messages"])
    code = [
        claude_code_line("1", None, "user", "hi"),
        claude_code_line("2", "1", "assistant", [{"type": "text", "text": "hello"}]),
    ]
    return {
        "jsonl": ("jsonl", "a.jsonl", lines),
        "text of lines": ("jsonl", "a.txt", lines),
        "lines called json": ("jsonl", "a.json", lines),
        "json": ("json", "a.json", as_json(shaped_records()["sharegpt"], 2)),
        "one object": ("json", "a.json", as_json({"messages": turns("a", "b")}, 2)),
        "list in an object": ("json", "a.json", as_json({"version": 1, "data": shaped_records()["alpaca"]})),
        "csv": ("csv", "a.csv", b"prompt,response\nhi,hello\n"),
        "csv by header": ("csv", "-", b"Question;Answer;Level\nhi;hello;2\n"),
        "tsv": ("tsv", "a.tsv", b"prompt\tresponse\nhi\thello\n"),
        "chatml": (
            "chatml-text",
            "a.txt",
            b"<|im_start|>user\nhi<|im_end|>\n<|im_start|>assistant\nhello<|im_end|>\n",
        ),
        "tavern": ("sillytavern", "Mara - 2024.jsonl", tavern_chat()),
        "card v1": ("character-card", "mara.json", as_json(card_v1())),
        "card v2": ("character-card", "mara.json", as_json(card_v2(), 4)),
        "card png": ("character-card", "mara.png", png(png_text(b"chara", in_base64(card_v2())))),
        "chatgpt": ("chatgpt", "conversations.json", as_json([gpt_tea()])),
        "claude": ("claude", "conversations.json", as_json([claude_tea()], 2)),
        "zip": ("zip", "export.zip", zipped(conversations__json=as_json([gpt_tea()]), user__json=b"{}")),
        "claude code": (
            "agent-trace",
            "s1.jsonl",
            as_lines({"type": "summary", "summary": "Tea", "leafUuid": "2"}, *code),
        ),
        "anthropic": ("agent-trace", "log.jsonl", as_lines(anthropic_log())),
        "responses": ("agent-trace", "log.jsonl", as_lines(responses_log())),
        "langchain": ("agent-trace", "run.json", as_json(langchain_messages(), 2)),
        "telemetry": ("agent-trace", "spans.jsonl", as_lines(span(("user", "hi"), answer="hello"))),
    }
