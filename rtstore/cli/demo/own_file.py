"""The story of the user's own file, on a copy of it."""

from __future__ import annotations

import shutil
from pathlib import Path

from rtstore.cli.demo.backup import tell_of_backup
from rtstore.cli.demo.edits import Texts
from rtstore.cli.demo.narrator import Narrator
from rtstore.formats.sidecar_name import sidecar_path

#: Fewer records are not enough for removing one and moving another.
_ENOUGH = 4


def tell_with(narrator: Narrator, source: str) -> None:
    """Tell the story of a copy of ``source``.

    Raises:
        StepFailed: a command failed, as it does for a file that is no dataset.
    """
    name = Path(source).name
    _first_commit(narrator, source, name)
    _a_session(narrator, name)
    _two_accidents(narrator, name)


def _first_commit(narrator: Narrator, source: str, name: str) -> None:
    narrator.say(f"A copy of {name} goes into a directory of its own. Your file is not touched.")
    for path in (source, sidecar_path(source)):
        if Path(path).exists():
            shutil.copy2(path, narrator.directory)
    narrator.run("init")
    narrator.run("config", "user.name", "Demo")
    narrator.run("config", "user.email", "demo@example.org")
    narrator.run("add", name)
    narrator.run("commit", "-m", "The file as it is")


def _a_session(narrator: Narrator, name: str) -> None:
    narrator.say("A script plays an evening of work. rtstore says what was done, by conversation.")
    path = narrator.path(name)
    texts = Texts.parse(path.read_bytes(), path.suffix)
    for line in _edit(texts):
        narrator.act(line)
    path.write_bytes(texts.content())
    narrator.run("status")
    narrator.run("diff", "--stat")
    narrator.run("commit", "-m", "An evening of work")
    narrator.run("log")


def _edit(texts: Texts) -> list[str]:
    """Make plausible edits; return what was done, in words."""
    count = len(texts.records)
    if not count:
        return []
    done = [_reword(texts, 0)]
    if count >= _ENOUGH:
        texts.swap_with_next(count - 2)
        texts.remove(1)
        done += [f"the last two entries, {count - 1} and {count}, change places", "entry 2 is removed"]
    return done


def _reword(texts: Texts, index: int) -> str:
    turn = texts.last_reply(index)
    texts.reword(index, f"{turn.content} And that was that." if turn else "Looked at in the demo.")
    return f"the last reply of entry {index + 1} gets another sentence" if turn else "entry 1 gets a note"


def _two_accidents(narrator: Narrator, name: str) -> None:
    narrator.say("The file gets lost, and comes back byte for byte.")
    narrator.act(f"somebody deletes {name}")
    narrator.path(name).unlink()
    narrator.run("restore", name)
    narrator.say("The first version comes back over the second, and undo takes that back.")
    narrator.run("restore", "--source", "HEAD~1", name)
    narrator.run("undo")
    narrator.run("status")
    narrator.run("op", "log", "-n", "4")
    narrator.run("fsck")
    tell_of_backup(narrator, [name])
