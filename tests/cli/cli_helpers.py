"""Running the command line in this process, and small datasets to run it on."""

from __future__ import annotations

import io
import json
import re
import subprocess
from collections.abc import Iterator
from contextlib import chdir, contextmanager, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import Any, NamedTuple

from rtstore.cli.run import run as run_command


class Result(NamedTuple):
    """What a command printed, and its exit code. ``raw`` is standard output as bytes."""

    stdout: str
    stderr: str
    code: int
    raw: bytes

    @property
    def json(self) -> Any:
        """Standard output, decoded as JSON."""
        return json.loads(self.stdout)


class Terminal(io.TextIOWrapper):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def run(*arguments: str, cwd: Path | str | None = None, terminal: bool = False) -> Result:
    """Run a command; ``terminal``: let its output be one."""
    kind = Terminal if terminal else io.TextIOWrapper
    out, err = (kind(io.BytesIO(), encoding="utf-8", newline="\n", write_through=True) for _ in range(2))
    with chdir(cwd or "."), redirect_stdout(out), redirect_stderr(err):
        code = run_command(arguments)
    raw = out.buffer.getvalue()  # type: ignore[attr-defined]
    errors = err.buffer.getvalue().decode()  # type: ignore[attr-defined]
    return Result(raw.decode("utf-8", "replace"), errors, code, raw)


def ok(*arguments: str, cwd: Path | str | None = None) -> str:
    """Run a command that must succeed without a word on standard error; return what it printed."""
    result = run(*arguments, cwd=cwd)
    assert (result.code, result.stderr) == (0, ""), result
    return result.stdout


def make_host(path: Path) -> Path:
    """Make an empty git repository, as a host would."""
    subprocess.run(["git", "init", "--quiet", "--bare", str(path)], check=True)
    return path


def masked(text: str) -> str:
    """Return output with what differs from run to run replaced: ids, times, sizes."""
    text = re.sub(r"\b[0-9a-f]{12,64}\b", "ID", text)
    text = re.sub(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d [+-]\d{4}", "DATE", text)
    text = re.sub(r"\b(now|\d+ seconds? ago) {2,}", "AGO ", text)
    return re.sub(r"\b[\d.,]+ (bytes?|[kMG]B)\b", "SIZE", text)


def entry(number: int, reply: str = "Aye.", stamp: str = "2026-11-20T19:00:00") -> dict[str, Any]:
    """Return a record as RoleThread writes it."""
    return {
        "messages": [
            {"role": "system", "content": "You are Osk, ferryman of the Patience."},
            {"role": "user", "content": f"Crossing number {number}?"},
            {"role": "assistant", "content": reply},
        ],
        "tags": ["roleplay"],
        "_rolethread": {
            "version": "1.2",
            "native": True,
            "validated_at": stamp,
            "entry_uuid": f"{number:08x}-0000-4000-8000-00000000beef",
        },
    }


def stranger(number: int) -> dict[str, Any]:
    """Return a record that no other could have been edited into."""
    return {
        "prompt": f"Weather report for day {number} at the Far Tooth light",
        "completion": "Fog until noon, wind backing south-west, two sails seen, lamp trimmed and filled.",
        "_rolethread": entry(number)["_rolethread"],
    }


def write(path: Path, *entries: dict[str, Any]) -> Path:
    """Write a JSONL dataset."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        "".join(json.dumps(item, ensure_ascii=False) + "\n" for item in entries), encoding="utf-8"
    )
    return path


def sidecar(path: Path, **characters: str) -> Path:
    """Write the sidecar of a dataset."""
    target = path.with_name(path.stem + ".registry.json")
    content = {
        "metadata": {"schema_version": 1, "kind": "rolethread.tag_registry", "exported_at": "2026-11-20"},
        "dataset": {"dataset_uuid": "d" * 32, "filename": path.name},
        "characters": [
            {"slug": slug, "display_name": name, "description": None, "is_active": True}
            for slug, name in characters.items()
        ],
    }
    target.write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    return target


@contextmanager
def answering(monkeypatch: Any, *lines: str) -> Iterator[None]:
    """Let a terminal be there, on which a user types ``lines``."""
    stdin = Terminal(io.BytesIO("".join(f"{line}\n" for line in lines).encode()), encoding="utf-8")
    with monkeypatch.context() as patch:
        patch.setattr("sys.stdin", stdin)
        yield
