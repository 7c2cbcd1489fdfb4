"""The git host reads everything, and learns sizes and times."""

from __future__ import annotations

import json
import subprocess
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from backups import Office, head_of, keyring_of, opened_parts
from workspaces import Desk, lines, talk

from rtstore.remote.format.padding import padded_size
from rtstore.remote.keys import age
from rtstore.remote.keys.own import own_identity

SECRETS = (
    b"Zanzibar", b"lighthouse", b"keeper", b"secretset", b"Hildegard", b"hildegard@example.org",
    b"moonlit-branch", b"tag-of-spring", b"first message", b"Captain Sorrow",
)  # fmt: skip
AUTHOR = "Hildegard <hildegard@example.org>"


def sidecar(name: str) -> bytes:
    return json.dumps({"categories": [], "tags": [{"slug": "Captain Sorrow"}], "name": name}).encode()


@pytest.fixture
def ann(office: Office) -> Desk:
    ann = office.owner()
    ann.write(lines(*(talk(number, f"Zanzibar {number}.") for number in range(300))), "secretset.jsonl")
    ann.store.add([ann.root])
    ann.store.commit("first message", AUTHOR)
    ann.store.create_tag("tag-of-spring")
    ann.store.switch("moonlit-branch", create=True)
    ann.write(lines(talk(1, "Zanzibar again.")), "secretset.jsonl")
    ann.store.commit("second message", AUTHOR)
    ann.store.push(all=True, tags=True)
    return ann


def everything(repository: Path) -> Iterator[bytes]:
    """Yield the bytes of all files of a repository, and of all its objects as git gives them."""
    for path in repository.rglob("*"):
        if path.is_file():
            yield path.read_bytes()
            yield str(path).encode()
    git = ["git", "-C", str(repository)]
    listed = subprocess.run(
        [*git, "cat-file", "--batch-all-objects", "--batch"], capture_output=True, check=True
    )
    yield listed.stdout


def inflated(data: bytes) -> Iterator[bytes]:
    """Yield what zlib makes of every place where a stream could begin."""
    at = -1
    while (at := data.find(b"\x78", at + 1)) >= 0:
        try:
            yield zlib.decompressobj().decompress(data[at:], 1 << 20)
        except zlib.error:
            continue


def test_nothing_of_what_was_committed_can_be_read(office: Office, ann: Desk) -> None:
    ids = [*ann.store.branches().values(), *ann.store.tags().values()]
    wanted = [*SECRETS, *ids, *(id.hex().encode() for id in ids)]
    for data in everything(office.bare.path):
        for readable in (data, *inflated(data)):
            assert not [secret for secret in wanted if secret in readable]


def test_no_secret_of_the_keys_can_be_read(office: Office, ann: Desk) -> None:
    keys = keyring_of(ann).current
    own = own_identity(office.config)
    for data in everything(office.bare.path):
        for secret in (
            keys.identity.secret_text.encode(),
            keys.secret,
            keys.secret.hex().encode(),
            own.secret_text.encode(),
        ):
            assert secret not in data


def test_of_authors_dates_and_messages_git_has_constants(office: Office, ann: Desk) -> None:
    form = "%an|%ae|%at|%cn|%ce|%ct|%s|%b"
    git = ["git", "-C", str(office.bare.path), "log", "--all", f"--format={form}"]
    said = set(subprocess.run(git, capture_output=True, check=True, text=True).stdout.split("\n")) - {""}
    assert said == {"rtstore|rtstore@localhost|0|rtstore|rtstore@localhost|0|rtstore backup|"}


def test_the_names_of_files_say_nothing(office: Office, ann: Desk) -> None:
    plain = {path for path in office.bare.files() if not path.startswith("parts/")}
    assert plain == {
        ".gitattributes",
        "README.md",
        "format.json",
        "restore.py",
        "head.age",
        "keys/recipients.age",
    }
    assert len({len(path) for path in office.bare.files() if path.startswith("parts/")}) == 1


def sizes_of(desk: Desk, office: Office) -> set[int]:
    """Return the sizes of the parts as they are before encryption, which adds a header of some bytes to each."""
    identity = keyring_of(desk).current.identity
    return {len(age.decrypt(data, [identity])) for data in office.bare.parts().values()}


def test_sizes_are_padded(office: Office, ann: Desk) -> None:
    assert all(padded_size(size) == size for size in sizes_of(ann, office))


def test_the_same_conversations_with_a_word_more_have_the_same_size(office: Office) -> None:
    sizes = set()
    for number, reply in enumerate(["Yes.", "Yes, Sir.", "Maybe."]):
        other = Office(office.directory / str(number))
        desk = other.owner()
        desk.commit_file(lines(*(talk(n, reply) for n in range(200))))
        desk.store.push()
        sizes |= sizes_of(desk, other)
    assert len(sizes) == 1


def test_equal_content_in_two_backups_is_not_recognised(office: Office, ann: Desk) -> None:
    """Not even where the same workspace is pushed to both, by the same machine."""
    other = Office(office.directory / "other")
    ann.store.add_remote("second", other.url)
    ann.store.push("second", all=True, tags=True)
    assert len(opened_parts(ann, office.bare)) == len(other.bare.parts())
    plain = {".gitattributes", "README.md", "format.json", "restore.py"}
    one, two = office.bare.files(), other.bare.files()
    assert one.keys() & two.keys() == plain | {"head.age", "keys/recipients.age"}
    shared = {path for path, data in one.items() if data in two.values()}
    assert shared == plain


def test_only_what_a_pushed_branch_reaches_is_sent(office: Office, ann: Desk) -> None:
    """Nothing of commits that were undone, of branches that stayed here, of files nobody committed, of operations."""
    ann.write(lines(talk(7, "Undone and never meant.")), "undone.jsonl")
    ann.store.add([ann.root])
    ann.store.commit("undone", AUTHOR)
    ann.store.undo()
    ann.write(lines(talk(8, "Only tracked.")), "tracked.jsonl")
    ann.store.add([ann.path("tracked.jsonl")])
    ann.store.create_branch("stays-here")
    with ann.store.edit("stays-here", "stays", AUTHOR) as edit:
        edit["secretset.jsonl"].append(talk(9, "Stays here."))
    with ann.store.edit("main", "goes", AUTHOR) as edit:
        edit["secretset.jsonl"].append(talk(10, "Goes out."))
    ann.store.push("backup", ["main"])
    sent = b"".join(opened.data for part in opened_parts(ann, office.bare).values() for opened in part)
    assert b"Goes out." in sent
    assert not [
        text for text in (b"Undone", b"undone", b"Only tracked", b"Stays here", b"stays") if text in sent
    ]
    assert set(head_of(ann, office.bare).branches) == {"main", "moonlit-branch"}


def test_git_finds_nothing_wrong(office: Office, ann: Desk) -> None:
    ann.commit_file(lines(talk(1)), "another.jsonl")
    ann.store.push()
    git = ["git", "-C", str(office.bare.path), "fsck", "--strict", "--full"]
    done = subprocess.run(git, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
