"""The story of the packaged dataset: two sessions on a role-play file, a variant, two accidents, and a merge."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Final

import rtstore
from rtstore.cli.demo.backup import tell_of_backup
from rtstore.cli.demo.edits import Texts
from rtstore.cli.demo.narrator import Narrator
from rtstore.errors import WorkspaceError
from rtstore.formats.sidecar_name import sidecar_path

_FOLDER: Final = "lantern"
_FILE: Final = "lantern/lantern.jsonl"
#: What was said, and what a writer makes of it.
Rewording = tuple[str, str]
_NOIR_BOAT: Final = (
    "Nothing happened.” He looked down at the worn planks with something very like affection.",
    "Nothing answered.” Rain ran off the brim of his hat.",
)
_NOIR_FARE: Final = ("I've been meaning to say something", "One of them has been dead, and paying,")
_PLAINER_BOAT: Final = ("with something very like affection", "as others look at an old dog")
_LINE: Final = ("You can only get it to pay for its own room", "You can only let it mind the linen")


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
    _a_merge(narrator)
    _to_the_trainer(narrator)
    _the_end(narrator)
    tell_of_backup(narrator, [_FILE, sidecar_path(_FILE)])


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
    narrator.say(
        "A darker variant for a second LoRA gets a branch of its own. A writer rewords two replies there; "
        "diff shows it word by word."
    )
    narrator.run("switch", "-c", "lora-noir")
    _edit(narrator, 8, _NOIR_BOAT)
    _edit(narrator, 13, _NOIR_FARE)
    narrator.run("commit", "-m", "Noir: the Patience")
    narrator.run("diff", "main..lora-noir")
    narrator.say("Back on main the file is as it was; both branches stay.")
    narrator.run("switch", "main")
    narrator.run("branch", "-v")


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
    _edit(narrator, 7, _LINE)
    narrator.run("status")
    narrator.run("restore", _FILE)
    narrator.run("status")
    narrator.say("Nothing is destroyed: undo takes back any operation, and with it what the files held.")
    narrator.run("undo")
    narrator.run("status")
    narrator.run("commit", "-m", "Nell: a better end for number seven")


def _a_merge(narrator: Narrator) -> None:
    narrator.say(
        "The noir lines are good, and main is to have them. One of these replies has been edited on main as well: "
        "that is a conflict. All else merges, and the file is a valid dataset all the time."
    )
    _edit(narrator, 8, _PLAINER_BOAT)
    narrator.run("commit", "-m", "Osk: an old dog")
    narrator.run("merge", "lora-noir", code=1)
    narrator.say("`rtstore resolve` shows base, ours and theirs, and asks. Or say at once which it is to be.")
    narrator.run("resolve", f"{_FILE}#9", "--theirs")
    narrator.run("merge", "--continue")
    narrator.run("show", "HEAD")
    narrator.run("log", "--oneline", "--graph")


def _to_the_trainer(narrator: Narrator) -> None:
    narrator.say(
        "The dataset is divided for training: which side a conversation is on follows from its id, and stays so. "
        "Then the trainer gets both sides as the ShareGPT it reads; later a file still says where it is from."
    )
    narrator.run("partition", _FILE, "--train", "0.9", "--val", "0.1")
    narrator.run("commit", "-m", "Train and val")
    narrator.run("export", _FILE, "-o", "nell.jsonl", "--split", "--format", "sharegpt")
    narrator.run("export", "--verify", "nell.train.jsonl")
    narrator.say(
        "Replies that were rewritten since the first draft are preference pairs: the better one, and the old."
    )
    narrator.run("export", _FILE, "-o", "pairs.jsonl", "--rejected", "HEAD~5", "--clean")


def _the_end(narrator: Narrator) -> None:
    narrator.say("Every command that changed something is in the operation log.")
    narrator.run("op", "log", "-n", "5")
    narrator.say("Name the version that goes to the trainer, tidy up, and check every stored byte.")
    narrator.run("tag", "sent-to-trainer")
    narrator.run("gc")
    narrator.run("fsck")


def _edit(narrator: Narrator, index: int, rewording: Rewording) -> None:
    """Change words in the last reply of an entry, as somebody would in an editor."""
    old, new = rewording
    path = narrator.path(_FILE)
    texts = Texts.parse(path.read_bytes(), ".jsonl")
    reply = texts.last_reply(index)
    assert reply is not None and old in reply.content
    texts.reword(index, reply.content.replace(old, new))
    narrator.act(f"somebody edits the last reply of entry {index + 1}")
    path.write_bytes(texts.content())
