"""What each command prints with ``--json``, by example: the documentation shows them, a test compares them.

Keys are never removed or given another meaning; new ones may come.
"""

from __future__ import annotations

from typing import Any, Final

_ID: Final = "3fa81c22d0aa9b5e" * 4
_PARENT: Final = "77b0e4c19f21d3a6" * 4
_ENTRY: Final = "208c841847a34d0c9a1e5b7dd7f1c2ab"
_TIME: Final = "2026-11-20T19:32:05+01:00"
_BESIDE: Final = {
    "mapping": "",
    "lineage": [],
    "note": "",
    "rating": 0,
    "review": "",
    "partition": "",
    "separator": None,
    "stamps": ['"1.0.0"', '"2026-11-20T18:32:05Z"'],
}
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
    "renamed_from": None,
    "partition_changed": False,
}
_COMMIT: Final = {
    "id": _ID,
    "parents": [_PARENT],
    "author": "Mara Lind <mara@example.org>",
    "time": _TIME,
    "message": "Session 12",
}
_COUNTED: Final = {"path": "mara.jsonl", "counts": _COUNTS, "renamed_from": None}
_FINGERPRINT: Final = "5f1c-09ab-d2e4-7788-0f3b-61c5-aa90-4e17"
_MOVED: Final = {"name": "main", "before": _PARENT, "after": _ID}
_REMOTE: Final = {
    "name": "backup",
    "url": "git@example.org:mara/lora-data.git",
    "branch": "main",
    "fingerprint": _FINGERPRINT,
}
_KNOWN: Final = {"pushes": 9, "branches": {"main": _ID}, "tags": {"sent-to-trainer": _ID}}
_OPERATION: Final = {
    "id": _ID,
    "time": _TIME,
    "kind": "command",
    "command": "commit: Session 12",
    "target": None,
}
_CONFLICT: Final = {
    "id": _ENTRY,
    "dataset": "mara.jsonl",
    "position": 1,
    "kind": "edited",
    "path": None,
    "base": {"messages": [{"role": "user", "content": "Is this seat taken?"}]},
    "ours": {"messages": [{"role": "user", "content": "Is that seat taken?"}]},
    "theirs": {"messages": [{"role": "user", "content": "Is this seat free?"}]},
    "clashes": [
        {
            "kind": "turn",
            "path": "messages[0].content",
            "base": "Is this seat taken?",
            "ours": "Is that seat taken?",
            "theirs": "Is this seat free?",
        }
    ],
    "missing": None,
}
_MERGED: Final = {
    "outcome": "conflicts",
    "head": _PARENT,
    "commits": [],
    "datasets": [_CHANGE],
    "conflicts": [_CONFLICT],
    "files": ["mara.jsonl"],
    "notices": [],
    "bytes_added": 2841,
}
_PUBLIC_KEY: Final = "age1hzgrwrum99hx34u8amrcxc8jm6yzhknymlg9xedf8qmjl66kzamsg5mu6p"
_KEY_FILE: Final = "/home/mara/.config/rtstore/identity"
_UNDO: Final = {
    "operation": _ID,
    "command": "restore mara.jsonl",
    "files": ["mara.jsonl"],
    "removed": [],
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
        "merging": None,
        "remotes": [{"remote": "backup", "branch": "main", "ahead": 2, "behind": 0}],
    },
    "commit": {**_COMMIT, "datasets": [_CHANGE], "bytes_added": 2841},
    "apply": {"datasets": [_CHANGE]},
    "import": {
        "path": "mara.jsonl",
        "kind": "jsonl",
        "added": 12,
        "duplicates": 3,
        "tagged": 1,
        "made": False,
        "characters": 2,
        "prompts": 0,
        "rejected": 1,
        "reasons": [{"reason": "no conversation is found in the record", "count": 1}],
        "examples": [{"place": "line 7", "reason": "no conversation is found in the record", "text": "{}"}],
        "rejects": "more.rejects.jsonl",
        "warnings": [],
    },
    "export": {
        "dataset": "mara.jsonl",
        "commit": _ID,
        "entries": 120,
        "files": [
            {"path": "train.jsonl", "side": None, "rows": 118, "bytes": 61200, "blake3": "9f" * 32},
        ],
        "recipe": None,
        "warnings": [],
        "deselected": 1,
        "unassigned": 0,
        "too_long": 0,
        "skipped": [{"position": 12, "id": _ENTRY, "reason": "the conversation has no answer"}],
    },
    "export --verify": {
        "path": "train.jsonl",
        "matches": True,
        "problem": None,
        "commit": _ID,
        "known": True,
        "names": ["HEAD -> main", "tag: v1"],
        "dataset": "mara.jsonl",
        "side": None,
        "rows": 118,
        "options": {"format": "sharegpt", "clean": True},
    },
    "partition": {
        "path": "mara.jsonl",
        "sides": [{"name": "train", "fraction": 0.9, "entries": 40}],
        "seed": "",
        "group_by": None,
        "stratify": None,
        "fresh": 0,
        "torn": [
            {"position": 12, "side": "val", "other_position": 3, "other_side": "train", "why": "duplicate"}
        ],
        "settled": 44,
        "pinned": 2,
        "moved": 0,
        "changed": True,
    },
    "log": [{**_COMMIT, "datasets": [_COUNTED]}],
    "log DATASET#ENTRY": [
        {
            **_COMMIT,
            "datasets": [_COUNTED],
            "entry": {
                "id": _ENTRY,
                "path": "mara.jsonl",
                "old_path": None,
                "change": "edited",
                "old_position": 4,
                "new_position": 4,
                "moved": False,
                "turns": [{"change": "edited", "old_index": 2, "new_index": 2}],
                "fields": ["tags"],
                "sources": [],
            },
        }
    ],
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
        "note": "",
        "rating": 4,
        "review": "approved",
        "partition": "train",
        "record": {"messages": [{"role": "user", "content": "Is this seat taken?"}]},
    },
    "diff": {
        "from": _ID,
        "to": "worktree",
        "datasets": [
            {
                "path": "mara.jsonl",
                "change": "edited",
                "renamed_from": None,
                "counts": _COUNTS,
                "registry": [{"path": "tags/approved", "old": None, "new": {}}],
                "file": [],
                "entries": [
                    {
                        "change": "edited",
                        "id": "208c841847a34d0c9a1e5b7dd7f1c2ab",
                        "old_position": 4,
                        "new_position": 4,
                        "moved": False,
                        "after": None,
                        "turns": [
                            {
                                "change": "edited",
                                "old_index": 2,
                                "new_index": 2,
                                "role": "assistant",
                                "old": "Sit.",
                                "new": "Sit down.",
                            }
                        ],
                        "fields": [{"path": "tags", "old": [], "new": ["approved"]}],
                        "old_text": '{"messages": [...], "tags": []}',
                        "new_text": '{"messages": [...], "tags": ["approved"]}',
                        "old_beside": _BESIDE,
                        "new_beside": _BESIDE,
                    }
                ],
            }
        ],
    },
    "diff --stat": {"old": "HEAD", "new": None, "datasets": [_CHANGE]},
    "grep": [
        {
            "revision": "HEAD",
            "commit": _ID,
            "path": "mara.jsonl",
            "position": 1,
            "id": _ENTRY,
            "turn": 2,
            "role": "assistant",
            "text": "By the green lantern? It is taken.",
            "matches": [[7, 20]],
        }
    ],
    "validate": {
        "datasets": [{"path": "mara.jsonl", "commit": None, "entries": 45, "invalid": 1}],
        "findings": [
            {
                "path": "mara.jsonl",
                "commit": None,
                "position": 12,
                "id": _ENTRY,
                "turn": 3,
                "code": "wrong-role",
                "level": "error",
                "message": "the role is 'user' where 'assistant' is due",
            }
        ],
        "warnings": [],
    },
    "blame": {
        "path": "mara.jsonl",
        "id": _ENTRY,
        "position": 1,
        "turns": [
            {
                "index": 2,
                "role": "assistant",
                "text": "By the green lantern? It is taken.",
                "commit": _ID,
                "author": "Mara Lind <mara@example.org>",
                "time": _TIME,
                "session": None,
                "message": "Session 12",
            }
        ],
    },
    "branch": [{"name": "main", "commit": _ID, "current": True}],
    "switch": {"branch": "lora-noir", "head": _ID, "written": ["mara.jsonl"], "removed": [], "carried": []},
    "tag": [{"name": "sent-to-trainer", "commit": _ID}],
    "merge": _MERGED,
    "conflicts": [_CONFLICT],
    "resolve": {"resolved": ["mara.jsonl#1 208c8418"], "left": [_CONFLICT]},
    "cherry-pick": _MERGED,
    "revert": _MERGED,
    "restore": {"files": ["mara.jsonl"], "entries": 0, "removed": 0},
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
    "key show": {"public_key": _PUBLIC_KEY, "path": _KEY_FILE, "made": False},
    "key export": {"public_key": _PUBLIC_KEY, "path": "laptop.key", "locked": True},
    "key import": {"public_key": _PUBLIC_KEY, "path": _KEY_FILE, "changed": True, "kept": f"{_KEY_FILE}.1"},
    "remote add": {
        **_REMOTE,
        "recipients": [_PUBLIC_KEY],
        "passphrase": False,
        "new": True,
        "identity": _KEY_FILE,
    },
    "remote list": [{**_REMOTE, **_KNOWN}],
    "remote show": {**_REMOTE, **_KNOWN},
    "remote remove": {**_REMOTE, **_KNOWN},
    "remote rename": {**_REMOTE, **_KNOWN},
    "remote recipients": {
        "fingerprint": _FINGERPRINT,
        "recipients": [{"key": _PUBLIC_KEY, "comment": "laptop"}],
        "passphrase": False,
        "generation": 1,
    },
    "remote verify": {
        "parts": 12,
        "bytes": 3120411,
        "stray": 0,
        "commits": 31,
        "datasets": 31,
        "entries": 4120,
        "number": 9,
        "fingerprint": _FINGERPRINT,
    },
    "remote compact": {"before": 12, "after": 7, "sent": 2890112, "without_history": True},
    "push": {"remote": "backup", "branches": [_MOVED], "tags": [_MOVED], "commits": 1, "bytes": 128804},
    "fetch": {"remote": "backup", "branches": [_MOVED], "tags": [_MOVED], "parts": 1, "bytes": 127402},
    "pull": {
        "remote": "backup",
        "branches": [_MOVED],
        "tags": [_MOVED],
        "parts": 1,
        "bytes": 127402,
        "merge": _MERGED,
    },
    "clone": {
        "directory": "/home/mara/lora-data",
        "remote": "backup",
        "branch": "main",
        "fingerprint": _FINGERPRINT,
        "datasets": ["mara.jsonl"],
    },
    "config --list": [{"key": "user.name", "value": "Mara Lind", "origin": "user"}],
    "config KEY": {"key": "user.name", "value": "Mara Lind", "origin": "user"},
}
