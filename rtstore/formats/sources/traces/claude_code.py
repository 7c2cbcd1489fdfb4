"""Sessions of Claude Code: a line a message, each with the one before it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from rtstore.formats.sources.base import Found, Reject
from rtstore.formats.sources.branches import MAX_BRANCHES, contracted, leaves, path_to, roots
from rtstore.formats.sources.looking import Outline
from rtstore.formats.sources.members import object_in, objects_in
from rtstore.formats.sources.parts import Parts
from rtstore.formats.sources.records import Record, shown
from rtstore.formats.sources.traces.base import Reader, Told
from rtstore.formats.sources.traces.sessions import Sessions
from rtstore.model.conversation import text_of

_SAID: Final = ("user", "assistant")
_MEMBERS: Final = {
    "sessionId": "conversation_id",
    "timestamp": "create_time",
    "cwd": "cwd",
    "gitBranch": "git_branch",
}


class ClaudeCode:
    """``{"type": "user", "message": {...}, "uuid", "parentUuid", "sessionId"}``.

    A session is a conversation; so is each that an agent in it had, and what came after it was shortened. Of a
    conversation that was taken up again from its middle the newest branch counts, or all are wanted. What the program
    keeps for itself is a reject.
    """

    def recognises(self, outline: Outline) -> bool:
        return outline.has("sessionId", "type") and not outline.is_array

    def matches(self, value: dict[str, Any]) -> bool:
        return isinstance(value.get("type"), str) and (
            "sessionId" in value or "leafUuid" in value or value["type"] == "file-history-snapshot"
        )

    def reader(self, all_branches: bool) -> Reader:
        return Sessions(_session_of, lambda _, records: _Session(records).found(all_branches))


def _session_of(record: Record) -> str:
    return text_of(record.value.get("sessionId"))


class _Session:
    """The lines of one session."""

    def __init__(self, records: list[Record]) -> None:
        self._records = records
        self._said = {_uuid(one): one for one in records if _is_said(one)}
        self._parents = contracted({_uuid(one): _parent(one) for one in records}, self._said)
        self._results = {id for id in self._said if self._is_result(id)}
        self._order = {id: number for number, id in enumerate(self._said)}

    def found(self, all_branches: bool) -> Iterator[Found]:
        """Yield its conversations, and what is none."""
        for record in self._records:
            if not _is_said(record):
                yield Reject(
                    record.place, f"what the program keeps for itself ({_kind(record)})", shown(record.text)
                )
        told: set[str] = set()
        for leaf in self._leaves(all_branches):
            path, problem = path_to(leaf, self._parents)
            if problem is not None:
                yield Reject(self._said[leaf].place, f"the conversation begins in its middle: {problem}")
            if path:
                yield from self._conversation(self._with_results(path), told)

    def _leaves(self, all_branches: bool) -> list[str]:
        """Return the last messages of the conversations that are wanted: of each first message, the newest."""
        # Answers of tools that were called at once hang beside the branch that goes on.
        every = list(leaves(self._parents)) or list(self._said)[-1:]
        ends = [id for id in every if id not in self._results] or every
        if all_branches:
            return ends[:MAX_BRANCHES]
        first = roots(self._parents)
        return list({first[id]: id for id in ends}.values())

    def _with_results(self, path: list[str]) -> list[str]:
        """Return a branch with the answers of tools that were called in it, in the order of the file."""
        on_path = {*path}
        beside = [id for id in self._results if id not in on_path and self._parents[id] in on_path]
        return sorted((*path, *beside), key=self._order.__getitem__)

    def _is_result(self, id: str) -> bool:
        content = object_in(self._said[id].value, "message").get("content")
        return any(part.get("type") == "tool_result" for part in objects_in(content))

    def _conversation(self, path: list[str], told: set[str]) -> Iterator[Found]:
        conversation = Told([], self._members(path), [])
        for ids in _together(path, self._said):
            contents = [_content(self._said[id]) for id in ids]
            parts = Parts(_kind(self._said[ids[0]]), [part for content in contents for part in content])
            conversation.messages += parts.messages
            if not told.issuperset(ids):
                conversation.left += parts.left
            told.update(ids)
        yield from conversation.found(self._said[path[0]].place)

    def _members(self, path: list[str]) -> dict[str, Any]:
        first = self._said[path[0]].value
        found: dict[str, Any] = {
            new: first[key] for key, new in _MEMBERS.items() if isinstance(first.get(key), str)
        }
        models = [object_in(self._said[id].value, "message").get("model") for id in path]
        model = next((one for one in reversed(models) if isinstance(one, str)), None)
        found |= {"model": model} if model else {}
        return found | ({"is_sidechain": True} if first.get("isSidechain") is True else {})


def _together(path: list[str], said: dict[str, Record]) -> list[list[str]]:
    """Return the lines that are one message each: an answer of the model is on several lines."""
    groups: dict[str, list[str]] = {}
    for id in path:
        answer = object_in(said[id].value, "message").get("id") if _kind(said[id]) == "assistant" else None
        groups.setdefault(f"answer {answer}" if isinstance(answer, str) else f"line {id}", []).append(id)
    return list(groups.values())


def _content(record: Record) -> list[Any]:
    content = object_in(record.value, "message").get("content")
    return content if isinstance(content, list) else [content]


def _is_said(record: Record) -> bool:
    value = record.value
    is_error = value.get("isApiErrorMessage") is True
    return value.get("type") in _SAID and isinstance(value.get("message"), dict) and not is_error


def _kind(record: Record) -> str:
    return text_of(record.value.get("type"))[:40]


def _uuid(record: Record) -> str:
    uuid = record.value.get("uuid")
    return uuid if isinstance(uuid, str) else record.place


def _parent(record: Record) -> str | None:
    parent = record.value.get("parentUuid")
    return parent if isinstance(parent, str) else None
