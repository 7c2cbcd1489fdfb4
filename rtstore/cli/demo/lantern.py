"""The story of the packaged dataset: two sessions on a role-play file, a variant, and two accidents."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

import rtstore
from rtstore.cli.demo.edits import Texts
from rtstore.cli.demo.narrator import Narrator
from rtstore.errors import WorkspaceError

_FOLDER: Final = "lantern"
_FILE: Final = "lantern/lantern.jsonl"
_NOIR: Final = (
    "“So they say.” Osk did not look round. Rain ran off the brim of his hat. “The man who told me that is "
    "still down there. Keep your hands inside the boat.”"
)
_LINE: Final = '"He does. He says seven was only sulking." *Nell blots the page.* "I have let him think so."'


def tell(narrator: Narrator) -> None:
    """Tell the whole story.

    Raises:
        StepFailed: a command failed.
        WorkspaceError: the example dataset is not where it should be.
    """
    _first_commit(narrator)
    _a_session(narrator)
    _a_variant(narrator)
    _a_lost_file(narrator)
    _an_unlucky_restore(narrator)
    _the_end(narrator)


def fixtures() -> Path:
    """Return the directory of the example dataset, in an installed package or beside it in a checkout.

    Raises:
        WorkspaceError: it is at neither place.
    """
    package = Path(rtstore.__file__).resolve().parent
    for place in (package / "fixtures", package.parent / "fixtures"):
        if (place / "1-first-draft").is_dir():
            return place
    raise WorkspaceError(
        "the example dataset is missing from this installation",
        hint="Run it on a file of yours: `rtstore demo FILE.jsonl`.",
    )


def _put(narrator: Narrator, version: str) -> None:
    shutil.copytree(fixtures() / version / _FOLDER, narrator.path(_FOLDER), dirs_exist_ok=True)


def _first_commit(narrator: Narrator) -> None:
    narrator.say(
        "The Lantern is a small role-play dataset: 44 conversations in one JSONL file, with the sidecar that "
        "RoleThread keeps beside it. Here is a folder with both."
    )
    _put(narrator, "1-first-draft")
    narrator.run("init")
    narrator.run("config", "user.name", "Mara Lind")
    narrator.run("config", "user.email", "mara@example.org")
    narrator.say("Track what is in the folder, and record it as the first version.")
    narrator.run("add", _FOLDER)
    narrator.run("commit", "-m", "First draft")


def _a_session(narrator: Narrator) -> None:
    narrator.say(
        "An evening of review in RoleThread. Its save writes a new time stamp into every single line, so to "
        "a line-based tool all of the file has changed. rtstore sees what was really done."
    )
    narrator.act("RoleThread saves the reviewed dataset")
    _put(narrator, "2-after-review")
    narrator.run("status")
    narrator.run("diff", "--stat")
    narrator.run("commit", "-m", "Review: typos, weak replies, one duplicate")
    narrator.run("log")


def _a_variant(narrator: Narrator) -> None:
    narrator.say("A darker variant for a second LoRA gets a branch of its own. A script rewrites one reply.")
    narrator.run("switch", "-c", "lora-noir")
    _reword(narrator, 8, _NOIR)
    narrator.run("status")
    narrator.run("commit", "-m", "Noir: the Patience")
    narrator.run("show", f"HEAD:{_FILE}#9")
    narrator.say("Back on main the file is as it was; both branches stay.")
    narrator.run("switch", "main")
    narrator.run("branch", "-v")
    narrator.run("log", "--oneline", "--graph", "main", "lora-noir")


def _a_lost_file(narrator: Narrator) -> None:
    narrator.say("A file gets lost. It comes back byte for byte, time stamps and all.")
    narrator.act(f"somebody deletes {_FILE}")
    narrator.path(_FILE).unlink()
    narrator.run("status")
    narrator.run("restore", _FILE)
    narrator.run("status")


def _an_unlucky_restore(narrator: Narrator) -> None:
    narrator.say(
        "A new line for Nell is in the file, not committed yet, when someone restores the file too quickly. "
        "The line is overwritten. Or is it?"
    )
    _reword(narrator, 7, _LINE)
    narrator.run("status")
    narrator.run("restore", _FILE)
    narrator.run("status")
    narrator.say("Nothing is destroyed: undo takes back any operation, and with it what the files held.")
    narrator.run("undo")
    narrator.run("status")
    narrator.run("commit", "-m", "Nell: a better end for number seven")
    narrator.say("Every command that changed something is in the operation log.")
    narrator.run("op", "log", "-n", "5")


def _the_end(narrator: Narrator) -> None:
    narrator.say("Name the version that goes to the trainer, tidy up, and check every stored byte.")
    narrator.run("tag", "sent-to-trainer")
    narrator.run("gc")
    narrator.run("fsck")


def _reword(narrator: Narrator, index: int, reply: str) -> None:
    path = narrator.path(_FILE)
    texts = Texts.parse(path.read_bytes(), ".jsonl")
    texts.reword(index, reply)
    narrator.act(f"a script rewrites the last reply of entry {index + 1}")
    path.write_bytes(texts.content())
