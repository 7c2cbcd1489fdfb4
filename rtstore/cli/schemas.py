"""What each command prints with ``--json``, by example: the documentation shows them, a test compares them.

Keys are never removed or given another meaning; new ones may come.
"""

from __future__ import annotations

from typing import Any, Final

_ID: Final = "3fa81c22d0aa9b5e" * 4
_PARENT: Final = "77b0e4c19f21d3a6" * 4
_TIME: Final = "2026-11-20T19:32:05+01:00"
_COUNTS: Final = {"added": 1, "removed": 1, "edited": 3, "moved": 0, "reformatted": 0}
_CHANGE: Final = {
    "path": "mara.jsonl",
    "change": "edited",
    "entries": 45,
    "counts": _COUNTS,
    "stamps_only": False,
    "registry_changed": True,
    "framing_changed": False,
    "warnings": [],
    "problem": None,
}
_COMMIT: Final = {
    "id": _ID,
    "parents": [_PARENT],
    "author": "Mara Lind <mara@example.org>",
    "time": _TIME,
    "message": "Session 12",
}
_OPERATION: Final = {
    "id": _ID,
    "time": _TIME,
    "kind": "command",
    "command": "commit: Session 12",
    "target": None,
}
_UNDO: Final = {
    "operation": _ID,
    "command": "restore mara.jsonl",
    "files": ["mara.jsonl"],
    "branch": "main",
    "head": _PARENT,
}

#: By command, an answer as it may be.
EXAMPLES: Final[dict[str, Any]] = {
    "add": {
        "added": [
            {
                "path": "mara.jsonl",
                "entries": 44,
                "id_field": "_rolethread.entry_uuid",
                "sidecar": True,
                "warnings": [],
            }
        ],
        "known": [],
        "skipped": [{"path": "notes.json", "reason": "not a dataset"}],
        "bytes_added": 61200,
    },
    "rm": {"removed": ["drafts.jsonl"]},
    "mv": {"source": "mara.jsonl", "target": "characters/mara.jsonl"},
    "status": {
        "branch": "main",
        "head": _ID,
        "clean": False,
        "datasets": [_CHANGE],
        "untracked": ["osk.jsonl"],
    },
    "commit": {**_COMMIT, "datasets": [_CHANGE], "bytes_added": 2841},
    "log": [{**_COMMIT, "datasets": [{"path": "mara.jsonl", "counts": _COUNTS}]}],
    "show": {**_COMMIT, "datasets": [_CHANGE]},
    "show REV:DATASET": {
        "path": "mara.jsonl",
        "count": 45,
        "sidecar": True,
        "entries": [{"id": "208c841847a34d0c9a1e5b7dd7f1c2ab", "position": 1}],
    },
    "show REV:DATASET#ENTRY": {
        "id": "208c841847a34d0c9a1e5b7dd7f1c2ab",
        "position": 1,
        "shape": "messages",
        "record": {"messages": [{"role": "user", "content": "Is this seat taken?"}]},
    },
    "diff": {"old": "HEAD", "new": None, "datasets": [_CHANGE]},
    "branch": [{"name": "main", "commit": _ID, "current": True}],
    "switch": {"branch": "lora-noir", "head": _ID, "written": ["mara.jsonl"], "removed": [], "carried": []},
    "tag": [{"name": "sent-to-trainer", "commit": _ID}],
    "restore": {"files": ["mara.jsonl"], "entries": 0},
    "undo": _UNDO,
    "redo": _UNDO,
    "op log": [_OPERATION],
    "op show": {
        **_OPERATION,
        "parent": _PARENT,
        "names": [{"name": "branch main", "before": _PARENT, "after": _ID}],
        "files": [{"path": "mara.jsonl", "change": "file replaced"}],
    },
    "gc": {
        "bytes_before": 250112,
        "bytes_after": 61404,
        "packs_before": 12,
        "packs_after": 1,
        "objects_dropped": 3,
        "operations_dropped": 0,
    },
    "fsck": {
        "ok": False,
        "problems": [{"what": "pack 5d21 is damaged", "affects": ["mara.jsonl#12 in 3fa81c22d0aa"]}],
        "checked": {"packs": 3, "objects": 214},
        "rescued": [],
        "notes": [],
    },
    "config --list": [{"key": "user.name", "value": "Mara Lind", "origin": "user"}],
    "config KEY": {"key": "user.name", "value": "Mara Lind", "origin": "user"},
}

#: What the values mean, where it does not go without saying.
NOTES: Final[dict[str, str]] = {
    "status": (
        "`change` is `added`, `removed`, `edited`, `unchanged`, or `invalid` for a file that is no dataset at the "
        "moment: `problem` says why, else it is null. `stamps_only`: nothing differs but values that an editor "
        "rewrites at every save. `head` is null before the first commit, `branch` with a detached HEAD."
    ),
    "commit": "`datasets` has every dataset the commit looked at, as in `status`.",
    "log": "One array. `parents` is empty for a first commit; `counts` are against the first parent.",
    "diff": "`new` is null for the files as they are.",
    "op log": "`kind` is `command`, `undo` or `redo`; these two name what they took back or did again.",
    "op show": "`names` are HEAD, branches, tags and tracked datasets that changed; null: there was none.",
    "config KEY": "`origin` is `workspace`, `user` or `default`.",
}
