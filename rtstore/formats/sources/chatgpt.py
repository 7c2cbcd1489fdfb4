"""``chatgpt``: the conversations of a ChatGPT account, as its export has them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from rtstore.formats.sources.archive import conversations
from rtstore.formats.sources.base import Found, Item, Options, Reject, Sample
from rtstore.formats.sources.branches import path_to, with_shown
from rtstore.formats.sources.chatgpt_messages import Branch
from rtstore.formats.sources.looking import outline
from rtstore.formats.sources.records import Record, item, shown

_KEPT: Final = ("title", "create_time", "update_time", "default_model_slug", "gizmo_id")


class ChatGPT:
    """``conversations.json`` of a ChatGPT export, or the archive it came in.

    An entry is what was shown last of a conversation: the branch that ends in ``current_node``; with ``branches``
    every branch. Calls of tools are ``tool_calls``, what they answer turns of the role tool; thoughts are the
    ``reasoning_content`` of the answer after them; pictures are typed parts with the name that the export has for
    them. The record has title, times, model and id of its conversation; those of single messages are not kept.
    Messages that were hidden are rejects if they say something.
    """

    name = "chatgpt"
    title = "ChatGPT account export"

    def recognises(self, sample: Sample) -> bool:
        found = outline(sample)
        return found.members.get("mapping", b"").startswith(b"{") and any(
            found.has(name) for name in ("title", "create_time", "current_node", "conversation_id")
        )

    def read(self, path: str, options: Options) -> Iterator[Found]:
        for record in conversations(path):
            if isinstance(record, Reject):
                yield record
            elif isinstance(record.value.get("mapping"), dict):
                yield from _Tree(record).found(options.branches)
            else:
                yield Reject(
                    record.place, "no conversation: it has no mapping of messages", shown(record.text)
                )


class _Tree:
    """The messages of one conversation."""

    def __init__(self, record: Record) -> None:
        self._record, self._place = record.value, record.place
        mapping: dict[str, Any] = record.value["mapping"]
        self._nodes = {id: node for id, node in mapping.items() if isinstance(node, dict)}
        self._parents = {id: _text(node.get("parent")) for id, node in self._nodes.items()}
        self._broken = len(mapping) - len(self._nodes)

    def found(self, all_branches: bool) -> Iterator[Found]:
        """Yield the branches that are wanted, and what of them has no place."""
        if self._broken:
            yield Reject(self._place, "a message that is no object")
        last = self._last()
        if last is None:
            yield Reject(self._place, "a conversation without messages", self._title())
            return
        wanted, more = with_shown(last, self._parents, all_branches)
        told: set[str] = set()
        made: set[bytes] = set()
        for number, leaf in enumerate(wanted, 1):
            place = self._place if number == 1 else f"{self._place}, branch {number}"
            for one in self._branch(leaf, place, told):
                if isinstance(one, Reject):
                    yield one
                elif one.text not in made:  # hidden messages make leaves of their own
                    made.add(one.text)
                    yield one
        if more:
            yield Reject(self._place, f"{more:,} branches more than are read")

    def _branch(self, leaf: str, place: str, told: set[str]) -> Iterator[Item | Reject]:
        path, problem = path_to(leaf, self._parents)
        if problem is not None:
            yield Reject(place, f"the conversation begins in its middle: {problem}", self._title())
        branch = Branch()
        for id in path:
            for reason, text in branch.take(self._nodes[id].get("message")):
                if id not in told:
                    yield Reject(place, reason, text)
            told.add(id)
        for reason, text in branch.finish():
            yield Reject(place, reason, text)
        if branch.messages:
            yield item({"messages": branch.messages, **self._members(branch)}, place)
        else:
            yield Reject(place, "a conversation in which nothing is said", self._title())

    def _last(self) -> str | None:
        """Return the last message of what was shown: where the file does not say it, the newest."""
        current = self._record.get("current_node")
        if isinstance(current, str) and current in self._nodes:
            return current
        return max(self._nodes, key=self._time, default=None)

    def _time(self, id: str) -> float:
        message = self._nodes[id].get("message")
        time = message.get("create_time") if isinstance(message, dict) else None
        return time if isinstance(time, int | float) else float("-inf")

    def _title(self) -> str:
        return _text(self._record.get("title")) or ""

    def _members(self, branch: Branch) -> dict[str, Any]:
        found = {key: self._record[key] for key in _KEPT if self._record.get(key) not in (None, "")}
        model = found.pop("default_model_slug", None) or branch.model
        id = self._record.get("conversation_id") or self._record.get("id")
        return (
            found
            | ({"model": model} if model else {})
            | ({"conversation_id": id} if isinstance(id, str) else {})
        )


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
