"""Traces of agents: one conversation a session, with its tools, whoever wrote the trace."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from source_samples import (
    Read,
    anthropic_log,
    as_json,
    as_lines,
    claude_code_line,
    langchain_messages,
    read,
    responses_log,
    span,
    turns,
)


def trace(tmp_path: Path, *lines: Any, **options: Any) -> Read:
    return read("agent-trace", tmp_path / "a.jsonl", as_lines(*lines), **options)


CLOCK = {"name": "clock", "arguments": {"zone": "UTC"}}


def check_clock(messages: list[dict[str, Any]]) -> None:
    """Check that messages are the conversation about the time, which all logs tell."""
    system, question, *calls, answer, last = messages
    assert (system, question) == (
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "What time is it?"},
    )
    assert [call["role"] for call in calls] == ["assistant"]
    assert calls[0]["tool_calls"][0]["function"] == CLOCK
    assert (answer["role"], answer["content"]) == ("tool", "noon")
    assert answer["tool_call_id"] == calls[0]["tool_calls"][0]["id"]
    assert last == {"role": "assistant", "content": "Noon."}


def test_requests_to_anthropic(tmp_path: Path) -> None:
    found = trace(tmp_path, anthropic_log())
    check_clock(found.records[0]["messages"])
    assert found.records[0]["messages"][2]["reasoning_content"] == "Ask the clock."
    assert (found.records[0]["model"], found.rejects) == ("claude-x", [])
    assert found.records[0]["tools"] == [
        {
            "type": "function",
            "function": {"name": "clock", "description": "Tells the time.", "parameters": {"type": "object"}},
        }
    ]


def test_a_request_beside_its_response(tmp_path: Path) -> None:
    request = anthropic_log()
    answer = request["messages"].pop()
    found = trace(tmp_path, {"id": 7, "request": request | {"max_tokens": 9}, "response": answer})
    check_clock(found.records[0]["messages"])
    assert (found.records[0]["id"], found.records[0]["request"]) == (
        7,
        {"model": "claude-x", "max_tokens": 9},
    )


def test_the_responses_api(tmp_path: Path) -> None:
    found = trace(tmp_path, responses_log())
    check_clock(found.records[0]["messages"])
    assert found.records[0]["messages"][2]["reasoning_content"] == "Ask the clock."
    assert (found.records[0]["id"], found.records[0]["model"]) == ("resp_1", "gpt-x")


def test_chat_completions(tmp_path: Path) -> None:
    messages = turns("hi")
    choices = [
        {"index": n, "message": {"role": "assistant", "content": text}} for n, text in enumerate(("a", "b"))
    ]
    log = {"model": "m", "messages": messages, "choices": choices}
    assert trace(tmp_path, log).said == [[("user", "hi"), ("assistant", "a")]]
    assert [talk[-1][1] for talk in trace(tmp_path, log, branches=True).said] == ["a", "b"]
    apart = {"request": {"model": "m", "messages": messages}, "response": {"id": "r", "choices": choices[1:]}}
    assert (trace(tmp_path, apart).said[0][-1], trace(tmp_path, apart).records[0]["model"]) == (
        ("assistant", "b"),
        "m",
    )


def test_a_list_of_messages_is_a_conversation(tmp_path: Path) -> None:
    assert read("agent-trace", tmp_path / "a", as_json(turns("hi", "hello"))).records == [
        {"messages": turns("hi", "hello")}
    ]


def serialised(message: dict[str, Any]) -> dict[str, Any]:
    """Return a message as LangChain serialises it."""
    names = {"human": "HumanMessage", "ai": "AIMessage", "system": "SystemMessage", "tool": "ToolMessage"}
    return {
        "lc": 1,
        "type": "constructor",
        "id": ["langchain", "schema", names[message["type"]]],
        "kwargs": message,
    }


def with_data(message: dict[str, Any]) -> dict[str, Any]:
    return {"type": message["type"], "data": message}


@pytest.mark.parametrize("form", [dict, serialised, with_data])
def test_messages_of_langchain(form: Any, tmp_path: Path) -> None:
    messages = [form(message) for message in langchain_messages()]
    check_clock(read("agent-trace", tmp_path / "a", as_json(messages)).records[0]["messages"])
    found = trace(tmp_path, {"run_id": "r1", "messages": messages}, {"output": {"messages": messages}})
    for record in found.records:
        check_clock(record["messages"])
    assert [record.get("run_id") for record in found.records] == ["r1", None]


def test_a_session_of_claude_code_is_a_conversation(tmp_path: Path) -> None:
    answer = {"id": "m1", "model": "claude-x"}
    found = trace(
        tmp_path,
        {"type": "file-history-snapshot", "messageId": "x", "snapshot": {}},
        claude_code_line("1", None, "user", "Run both."),
        claude_code_line(
            "2", "1", "assistant", [{"type": "thinking", "thinking": "Two calls."}], message=answer
        ),
        claude_code_line(
            "3",
            "2",
            "assistant",
            [{"type": "tool_use", "id": "a", "name": "Bash", "input": {"c": "ls"}}],
            message=answer,
        ),
        claude_code_line(
            "4",
            "3",
            "assistant",
            [{"type": "tool_use", "id": "b", "name": "Bash", "input": {"c": "pwd"}}],
            message=answer,
        ),
        claude_code_line("5", "3", "user", [{"type": "tool_result", "tool_use_id": "a", "content": "a.py"}]),
        claude_code_line(
            "6", "4", "user", [{"type": "tool_result", "tool_use_id": "b", "content": "/", "is_error": True}]
        ),
        {"type": "system", "uuid": "7", "parentUuid": "6", "sessionId": "s1", "content": "hook ran"},
        claude_code_line(
            "8",
            "7",
            "assistant",
            [{"type": "text", "text": "Done."}],
            message={"id": "m2", "model": "claude-x"},
        ),
    )
    question, calls, first, second, last = found.records[0]["messages"]
    assert question == {"role": "user", "content": "Run both."}
    assert [call["id"] for call in calls["tool_calls"]] == ["a", "b"]
    assert calls["reasoning_content"] == "Two calls."
    assert (first["tool_call_id"], second["tool_call_id"], second["is_error"]) == ("a", "b", True)
    assert last == {"role": "assistant", "content": "Done."}
    assert found.records[0]["conversation_id"] == "s1"
    assert found.records[0]["model"] == "claude-x"
    assert found.reasons == [
        "what the program keeps for itself (file-history-snapshot)",
        "what the program keeps for itself (system)",
    ]


def test_sessions_agents_and_branches_of_claude_code_are_told_apart(tmp_path: Path) -> None:
    lines = [
        claude_code_line("1", None, "user", "hi"),
        claude_code_line("2", "1", "assistant", "old"),
        claude_code_line("x", None, "user", "find it", isSidechain=True),
        claude_code_line("3", "1", "assistant", "new"),
        claude_code_line("y", "x", "assistant", "found", isSidechain=True),
        claude_code_line("1", None, "user", "other", sessionId="s2"),
    ]
    found = trace(tmp_path, *lines)
    assert [[text for _, text in talk] for talk in found.said] == [
        ["hi", "new"],
        ["find it", "found"],
        ["other"],
    ]
    assert [record.get("is_sidechain") for record in found.records] == [None, True, None]
    assert [talk[-1][1] for talk in trace(tmp_path, *lines, branches=True).said] == [
        "old",
        "new",
        "found",
        "other",
    ]


def test_a_session_of_codex_is_a_conversation(tmp_path: Path) -> None:
    log = responses_log()
    user = {"type": "message", "role": "user", "content": [{"type": "input_text", "text": log["input"]}]}
    found = trace(
        tmp_path,
        {"type": "session_meta", "payload": {"id": "c1", "cwd": "/project", "instructions": "Be brief."}},
        {"type": "turn_context", "payload": {"model": "gpt-x"}},
        *({"type": "response_item", "payload": item} for item in (user, *log["output"])),
        {"type": "event_msg", "payload": {"type": "agent_message", "message": "Noon."}},
        {"type": "response_item", "payload": {"type": "ghost_snapshot"}},
    )
    check_clock(found.records[0]["messages"])
    assert (found.records[0]["conversation_id"], found.records[0]["model"]) == ("c1", "gpt-x")
    assert found.reasons == ["an item of the type ghost_snapshot"]


def test_spans_that_others_continue_are_left_out(tmp_path: Path) -> None:
    first = span(("user", "hi"), answer="hello")
    second = span(("user", "hi"), ("assistant", "hello"), ("user", "bye"), answer="ciao")
    other = span(("user", "hi"), answer="no")
    found = trace(
        tmp_path,
        second,
        first,
        other,
        span(("user", "x"), answer="y", trace="t2"),
        {"attributes": {"gen_ai.system": "z"}},
    )
    assert [[text for _, text in talk] for talk in found.said] == [
        ["hi", "hello", "bye", "ciao"],
        ["hi", "no"],
        ["x", "y"],
    ]
    assert [record["conversation_id"] for record in found.records] == ["t1", "t1", "t2"]
    assert (found.records[0]["model"], found.reasons[0]) == ("m", "a span in which nothing is said")


def otlp(attributes: dict[str, str]) -> dict[str, Any]:
    listed = [{"key": key, "value": {"stringValue": value}} for key, value in attributes.items()]
    return {
        "resourceSpans": [
            {"scopeSpans": [{"spans": [{"traceId": "t", "name": "chat", "attributes": listed}]}]}
        ]
    }


def test_spans_as_otlp_nests_them(tmp_path: Path) -> None:
    call = {"type": "tool_call", "id": "c1", "name": "clock", "arguments": {"zone": "UTC"}}
    answer = {"type": "tool_call_response", "id": "c1", "response": "noon"}
    messages = [
        {"role": "user", "parts": [{"type": "text", "content": "What time is it?"}]},
        {"role": "assistant", "parts": [call]},
        {"role": "tool", "parts": [answer]},
    ]
    attributes = {
        "gen_ai.system_instructions": json.dumps([{"type": "text", "content": "Be brief."}]),
        "gen_ai.input.messages": json.dumps(messages),
        "gen_ai.output.messages": json.dumps(
            [{"role": "assistant", "parts": [{"type": "text", "content": "Noon."}]}]
        ),
    }
    check_clock(read("agent-trace", tmp_path / "a", as_json(otlp(attributes), 2)).records[0]["messages"])


def test_numbered_prompts_and_events(tmp_path: Path) -> None:
    numbered = {
        "gen_ai.prompt.0.role": "user",
        "gen_ai.prompt.0.content": "hi",
        "gen_ai.completion.0.content": "hello",
    }
    assert read("agent-trace", tmp_path / "a", as_json(otlp(numbered))).said == [
        [("user", "hi"), ("assistant", "hello")]
    ]
    events = [
        {"event.name": "gen_ai.user.message", "trace_id": "t", "body": {"content": "hi"}},
        {
            "event.name": "gen_ai.choice",
            "trace_id": "t",
            "body": {"index": 0, "message": {"content": "hello"}},
        },
    ]
    assert trace(tmp_path, *events).said == [[("user", "hi"), ("assistant", "hello")]]


def test_what_is_in_no_trace_is_told(tmp_path: Path) -> None:
    found = trace(tmp_path, {"a": 1}, {"messages": "x"}, [1])
    assert (found.items, len(found.rejects)) == ([], 3)


def keys_in(value: Any) -> set[str]:
    if isinstance(value, dict):
        return set(value) | {key for each in value.values() for key in keys_in(each)}
    return {key for each in value for key in keys_in(each)} if isinstance(value, list) else set()


def replaced(value: Any, key: str, new: Any) -> Any:
    """Return a value whose members of a name are another."""
    if isinstance(value, dict):
        return {name: new if name == key else replaced(each, key, new) for name, each in value.items()}
    return [replaced(each, key, new) for each in value] if isinstance(value, list) else value


LOGS = {
    "anthropic": [anthropic_log()],
    "responses": [responses_log()],
    "langchain": [{"messages": langchain_messages()}],
    "serialised": [serialised(message) for message in langchain_messages()],
    "claude code": [
        claude_code_line("1", None, "user", "a"),
        claude_code_line("2", "1", "assistant", [{"type": "text", "text": "b"}]),
    ],
    "codex": [{"type": "response_item", "payload": item} for item in responses_log()["output"]],
    "spans": [span(("user", "hi"), answer="hello"), otlp({"gen_ai.prompt.0.content": "x"})],
}


@pytest.mark.parametrize("name", LOGS)
def test_values_of_other_types_are_no_harm(name: str, tmp_path: Path) -> None:
    for key in sorted(keys_in(LOGS[name])):
        for odd in (None, 5, "x", [], {}, [5], [None], {"a": 5}, [{"a": [{}]}]):
            trace(tmp_path, *(replaced(line, key, odd) for line in LOGS[name]), branches=True)
