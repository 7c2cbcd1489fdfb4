"""Whoever has lost everything but a key gets the newest files of every branch back, byte for byte, without rtstore."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from remote.keys.key_samples import age_keygen, age_tool, ssh_key
from remote.recovery.rescue import AUTHOR, Files, Rescue, files_below, run_script, type_passphrase

from rtstore.remote.format.part import Sent
from rtstore.remote.keys.age import generate
from rtstore.remote.keys.recipients import read_recipients
from rtstore.remote.sending.recovery import Object, described
from rtstore.remote.setup import Members
from rtstore.storage.objects import ObjectStore

pytestmark = pytest.mark.tools

FIXTURES = Path(__file__).resolve().parents[3] / "fixtures"
UUID = "0f6c2a51-93b4-4f0e-8d0a-1b2c3d4e5f60"


@pytest.fixture
def rescue(tmp_path: Path) -> Rescue:
    """A workspace with an empty backup that this machine's key opens."""
    return Rescue(tmp_path)


def talk(number: int, reply: str = "Very well.", **more: object) -> bytes:
    """Return a conversation."""
    turns = [{"role": "user", "content": f"Question {number}?"}, {"role": "assistant", "content": reply}]
    return json.dumps({**more, "messages": turns}, ensure_ascii=False).encode()


def talks(numbers: range, ending: bytes = b"\n") -> bytes:
    """Return a file of conversations."""
    return b"".join(talk(number) + ending for number in numbers)


def stamped(number: int, when: str, reply: str = "Aye.", version: str = "1") -> bytes:
    """Return a conversation as RoleThread writes it, with the stamps of its last save."""
    own = {"entry_uuid": str(number).zfill(32), "validated_at": when, "version": version, "native": True}
    return talk(number, reply, _rolethread=own)


def version(name: str) -> Files:
    """Return a version of the example dataset."""
    return files_below(FIXTURES / name)


def on_main(files: Files) -> Files:
    """Return files as they are restored of the branch ``main``."""
    return {f"main/{name}": content for name, content in files.items()}


ODD_FILES = {
    "windows.jsonl": talks(range(4), b"\r\n"),
    "bom.jsonl": b"\xef\xbb\xbf" + talks(range(3)),
    "no-newline.jsonl": talks(range(3)).rstrip(b"\n"),
    "blank-lines.jsonl": b"\n \t\n" + talk(1) + b"\n\n\n" + talk(2) + b"\r\n\n" + talk(3) + b"\n \n",
    "mixed.jsonl": talk(1) + b"\n" + talk(2) + b"\r\n" + talk(3) + b"\n" + talk(4) + b"\r\n" + talk(5),
    "empty.jsonl": b"",
    "only-blank.jsonl": b"\r\n\n",
    "twice.jsonl": (talk(1) + b"\n") * 5 + talk(2) + b"\n" + talk(1) + b"\n",
    "surrogates.jsonl": b'{"messages": [], "said": "\\ud83d alone \\udc00 \\ud83d\\ude00"}\n',
    "numbers.jsonl": b'{"messages": [], "n": [1.0, 1e400, NaN, -0, 10000000000000000000000]}\n',
    "unicode/\u00e9t\u00e9 \u6a39.jsonl": talk(1, "\u2028 \u00e9 \u6a39 \x7f") + b"\n",
    "compact.json": b"[" + talk(1) + b"," + talk(2) + b"," + talk(3) + b"]",
    "indented.json": b"[\n  " + talk(1) + b",\n  " + talk(2) + b" ,\n\n  " + talk(3) + b"\n]\n",
    "spread.json": json.dumps([{"messages": [], "n": n} for n in range(4)], indent=4).encode(),
    "windows.json": b"\xef\xbb\xbf[\r\n" + talk(1) + b",\r\n" + talk(2) + b"\r\n]\r\n",
    "empty.json": b" [ ]\n",
    "looks-cut.jsonl": b'{"messages": [], "said": "\\"validated_at\\": , \\"version\\":}"}\n',
}


def odd_sidecar(exported: str) -> bytes:
    """Return a sidecar with names, mappings and texts that are hard to keep."""
    mapped = ["nobody", "osk", "nobody", UUID, "somebody"]
    metadata = {"kind": "rolethread.tag_registry", "schema_version": 1, "exported_at": exported}
    content = {
        "metadata": metadata,
        "dataset": {"dataset_uuid": UUID, "entry_count": 7, "tag_usage_counts": {"\u00e9": 1}},
        "tags": [{"slug": "quay"}, {"slug": "quay", "name": "again"}, {"name": "no slug \u2028"}],
        "entry_character_mappings": [{"entry_uuid": uuid, "turns": [n]} for n, uuid in enumerate(mapped)],
        '"quoted': {'"x': 1e5, "\ud800": "\udc00 \u6a39"},
        "notes": ["any", 1, None],
        "characters": [],
    }
    text = json.dumps(content, indent=2, ensure_ascii=False)
    return text.encode("utf-8", "backslashreplace") + b"\n"


def test_the_example_and_its_sidecar_come_back_after_each_of_three_pushes(rescue: Rescue) -> None:
    for name in ("1-first-draft", "2-after-review", "3-ready-to-train"):
        rescue.commit(version(name))
        rescue.store.push()
        assert rescue.restored() == on_main(version(name))


def test_files_of_every_layout_come_back(rescue: Rescue) -> None:
    rescue.commit(ODD_FILES)
    rescue.store.push()
    assert rescue.restored() == on_main(ODD_FILES)


def test_a_sidecar_with_odd_names_and_mappings_comes_back(rescue: Rescue) -> None:
    entries = b"".join(talk(n, id=id) + b"\n" for n, id in enumerate((UUID, "osk", "nell")))
    rescue.path("mara.jsonl").write_bytes(entries)
    rescue.path("mara.registry.json").write_bytes(odd_sidecar("2026-01-01"))
    rescue.store.add([str(rescue.path("mara.jsonl"))], id_field="id")
    rescue.commit({})
    rescue.store.push()
    assert rescue.restored()["main/mara.registry.json"] == odd_sidecar("2026-01-01")
    rescue.commit({"mara.registry.json": odd_sidecar("2026-01-02"), "mara.jsonl": entries + talk(9) + b"\n"})
    rescue.store.push()
    assert rescue.restored() == {
        "main/mara.jsonl": entries + talk(9) + b"\n",
        "main/mara.registry.json": odd_sidecar("2026-01-02"),
    }


def test_every_branch_comes_back_those_with_a_slash_too(rescue: Rescue) -> None:
    rescue.commit({"mara.jsonl": talks(range(40)), "osk.jsonl": talks(range(3))})
    for branch in ("lora/noir", "lora/noir-2", "idle"):
        rescue.store.create_branch(branch)
    rescue.store.switch("lora/noir")
    rescue.commit({"mara.jsonl": talks(range(5, 40)), "new/nell.jsonl": talks(range(7))})
    rescue.store.switch("lora/noir-2")
    rescue.commit({"mara.jsonl": b"".join(talk(n, "No.") + b"\n" for n in range(40))})
    rescue.store.push(all=True)
    found = rescue.restored()
    assert found == rescue.expected("idle", "lora/noir", "lora/noir-2", "main")
    assert len(found) == 9


def test_a_branch_that_is_put_at_an_older_commit_comes_back(rescue: Rescue) -> None:
    rescue.commit({"mara.jsonl": talks(range(9))})
    rescue.commit({"mara.jsonl": talks(range(3, 12))})
    rescue.store.push()
    rescue.store.create_branch("older", "main^")
    rescue.store.push(branches=["older"])
    assert rescue.restored() == rescue.expected("main", "older")


def test_a_merge_comes_back(rescue: Rescue) -> None:
    rescue.commit(version("1-first-draft"))
    rescue.store.create_branch("theirs")
    rescue.store.push(all=True)
    rescue.commit(version("2-after-review"))
    rescue.store.push()
    rescue.store.switch("theirs")
    rescue.commit({"osk.jsonl": talks(range(5))})
    rescue.store.push()
    rescue.store.switch("main")
    rescue.store.merge("theirs", author=AUTHOR)
    rescue.store.push()
    found = rescue.restored()
    assert found == rescue.expected("main", "theirs")
    assert found["main/osk.jsonl"] == talks(range(5))


def test_a_dataset_that_goes_back_to_what_it_was_comes_back(rescue: Rescue) -> None:
    first, second = talks(range(9)), talks(range(3, 12))
    for content in (first, second, first, talks(range(2, 14)), second, first):
        rescue.commit({"mara.jsonl": content})
        rescue.store.push()
        assert rescue.restored() == {"main/mara.jsonl": content}


def test_a_dataset_under_another_name_comes_back(rescue: Rescue) -> None:
    rescue.commit(version("1-first-draft"))
    rescue.store.push()
    rescue.store.move("lantern/lantern.jsonl", "inn.jsonl")
    rescue.commit({})
    rescue.store.push()
    draft = version("1-first-draft")
    assert rescue.restored() == {
        "main/inn.jsonl": draft["lantern/lantern.jsonl"],
        "main/inn.registry.json": draft["lantern/lantern.registry.json"],
    }


def test_many_sessions_of_edits_moves_and_removals_come_back(rescue: Rescue) -> None:
    rng = random.Random(7)
    lines = [stamped(number, "2026-01-01") for number in range(300)]
    for session in range(12):
        lines[100:110] = rng.sample(lines[100:110], 10)
        for place in rng.sample(range(len(lines)), 8):
            lines[place] = stamped(1000 * session + place, f"2026-02-{session:02}", f"Session {session}.")
        del lines[rng.randrange(len(lines))]
        if session % 3 == 0:
            lines = [line.replace(b'"2026', f'"2{session:03}'.encode()) for line in lines]
        lines.insert(rng.randrange(len(lines)), talk(9000 + session))
        rescue.commit({"mara.jsonl": b"\n".join(lines)})
        if session % 2:
            rescue.store.push()
    assert rescue.restored() == {"main/mara.jsonl": b"\n".join(lines)}


def test_a_dataset_that_travels_in_several_pieces_comes_back(rescue: Rescue) -> None:
    rescue.commit({"mara.jsonl": talks(range(9000))})
    rescue.store.push()
    rescue.commit({"mara.jsonl": talks(range(4000, 18000))})
    rescue.store.push()
    assert rescue.restored() == {"main/mara.jsonl": talks(range(4000, 18000))}


def test_stamps_come_back_however_they_are_spelled(rescue: Rescue) -> None:
    lines = [
        stamped(1, "2026-01-01"),
        stamped(2, "2026-01-02", version="\u00e9t\u00e9"),
        b'{"messages": [], "_rolethread": {"validated_at"  :\t{"a": [1, "}"]} , "version":null  }}',
        b'{"_rolethread": {"version": 3, "validated_at": "x", "version": "\\ud800"}, "messages": []}',
        talk(5),
        b'{"messages": [], "_rolethread": {"other": {"validated_at": "kept"}}}',
    ]
    rescue.commit({"mara.jsonl": b"\n".join(lines)})
    rescue.store.push()
    assert rescue.restored() == {"main/mara.jsonl": b"\n".join(lines)}


@pytest.mark.parametrize("fields", [("meta.at", "saved", "meta.deep.a+b", "\u00e9t\u00e9"), ()])
def test_other_volatile_fields_come_back(rescue: Rescue, fields: tuple[str, ...]) -> None:
    lines = [
        b'{"saved": 1, "meta": {"at": "now", "deep": {"a+b": [1], "saved": 2}}, "messages": []}',
        '{"messages": [], "saved": {"at": 2}, "\u00e9t\u00e9": 3, "_rolethread": {"version": 4}}'.encode(),
    ]
    rescue.path("mara.jsonl").write_bytes(b"\n".join(lines))
    rescue.store.add([str(rescue.path("mara.jsonl"))], volatile=fields)
    rescue.commit({})
    rescue.store.push()
    assert rescue.restored() == {"main/mara.jsonl": b"\n".join(lines)}


def test_a_compacted_backup_comes_back(rescue: Rescue) -> None:
    for name in ("1-first-draft", "2-after-review"):
        rescue.commit(version(name))
        rescue.store.push()
    rescue.store.compact_remote()
    assert rescue.restored() == on_main(version("2-after-review"))
    rescue.commit(version("3-ready-to-train"))
    rescue.store.push()
    assert rescue.restored() == on_main(version("3-ready-to-train"))


def test_what_an_interrupted_push_left_behind_does_no_harm(
    rescue: Rescue, monkeypatch: pytest.MonkeyPatch
) -> None:
    rescue.commit({"mara.jsonl": talks(range(9))})
    rescue.store.push()
    rescue.commit({"mara.jsonl": talks(range(3000))})

    def cut(*arguments: object) -> None:
        raise ConnectionError

    with monkeypatch.context() as patches, pytest.raises(ConnectionError):
        patches.setattr("rtstore.remote.sync.write.BATCH", 1)
        patches.setattr("rtstore.remote.sync.write.Writer.finish", cut)
        rescue.store.push()
    assert rescue.restored() == {"main/mara.jsonl": talks(range(9))}


def test_keys_of_before_and_after_a_removal_open_it(rescue: Rescue, tmp_path: Path) -> None:
    leaver = generate().recipient
    rescue.commit({"mara.jsonl": talks(range(9))})
    rescue.store.push()
    rescue.store.add_recipients("backup", [leaver])
    rescue.store.remove_recipients("backup", [leaver.key])
    rescue.commit({"mara.jsonl": talks(range(4, 20))})
    rescue.store.push()
    assert rescue.restored() == {"main/mara.jsonl": talks(range(4, 20))}


@pytest.mark.parametrize("kind", [("-t", "ed25519"), ("-t", "rsa", "-b", "2048")], ids=["ed25519", "rsa"])
def test_an_ssh_key_opens_it(tmp_path: Path, kind: tuple[str, ...]) -> None:
    key = ssh_key(tmp_path / "id", *kind)
    rescue = Rescue(tmp_path, Members(recipients=read_recipients(f"{key}.pub")))
    rescue.commit({"mara.jsonl": talks(range(9))})
    rescue.store.push()
    assert rescue.restored(key) == {"main/mara.jsonl": talks(range(9))}


def test_a_passphrase_opens_it(tmp_path: Path) -> None:
    rescue = Rescue(tmp_path, Members(passphrase="the lantern is lit at nine"))
    rescue.commit({"mara.jsonl": talks(range(9))})
    rescue.store.push()
    clone = rescue.clone()
    assert type_passphrase(clone, "the lantern is lit at ten", tmp_path / "wrong") != 0
    assert not (tmp_path / "wrong").exists()
    assert type_passphrase(clone, "the lantern is lit at nine", tmp_path / "out") == 0
    assert files_below(tmp_path / "out") == {"main/mara.jsonl": talks(range(9))}


def test_another_key_is_refused_in_words(rescue: Rescue, tmp_path: Path) -> None:
    rescue.commit({"mara.jsonl": talks(range(9))})
    rescue.store.push()
    age_keygen("-o", tmp_path / "other")
    done = run_script(rescue.clone(), tmp_path / "other", tmp_path / "out")
    assert done.returncode == 1
    assert "no identity matched any of the recipients" in done.stderr
    assert done.stderr.endswith(f"failed: age -d -i {tmp_path / 'other'} keys/recipients.age\n")
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()


def test_without_arguments_it_says_how_it_is_used(rescue: Rescue) -> None:
    rescue.commit({"mara.jsonl": talks(range(9))})
    rescue.store.push()
    done = run_script(rescue.clone())
    assert done.returncode == 1
    assert "python3 restore.py IDENTITY_FILE OUTPUT_DIR" in done.stderr


def test_no_secret_is_among_the_arguments_of_the_tools(rescue: Rescue, tmp_path: Path) -> None:
    rescue.commit({"mara.jsonl": talks(range(9))})
    rescue.store.push()
    clone = rescue.clone()
    log = tmp_path / "audit"
    # An audit hook sees every process that the script starts.
    program = (
        "import sys, runpy\n"
        f"log = open({str(log)!r}, 'a')\n"
        "sys.addaudithook(lambda name, args: name == 'subprocess.Popen' and log.write(repr(args) + '\\n'))\n"
        f"sys.argv = ['restore.py', {str(rescue.identity)!r}, {str(tmp_path / 'out')!r}]\n"
        "runpy.run_path('restore.py', run_name='__main__')\n"
    )
    subprocess.run([sys.executable, "-I", "-S", "-c", program], cwd=clone, check=True)
    started = log.read_text()
    ring = json.loads(age_tool("-d", "-i", rescue.identity, clone / "keys" / "recipients.age"))
    assert started.count("'age'") >= 3
    for keys in ring["generations"]:
        assert keys["identity"] not in started
        assert keys["secret"] not in started


@pytest.mark.parametrize("damage", ["cut", "flipped", "swapped", "missing", "forged", "head", "cut head"])
def test_what_somebody_tampered_with_is_refused(rescue: Rescue, tmp_path: Path, damage: str) -> None:
    rescue.commit({"mara.jsonl": talks(range(9))})
    rescue.store.push()
    rescue.commit({"mara.jsonl": talks(range(2, 30))})
    rescue.store.push()
    clone = rescue.clone()
    part, other = sorted((clone / "parts").rglob("*.age"))
    head = clone / "head.age"
    content = bytearray(part.read_bytes())
    content[-40] ^= 1
    if damage == "cut":
        part.write_bytes(part.read_bytes()[:-30])
    elif damage == "flipped":
        part.write_bytes(content)
    elif damage == "swapped":
        part.write_bytes(other.read_bytes())
    elif damage == "missing":
        part.unlink()
    elif damage == "forged":
        recipient = newest_recipient(rescue, clone)
        part.write_bytes(age_tool("-r", recipient, stdin=b"\x28\xb5\x2f\xfd"))
    elif damage == "head":
        head.write_bytes(age_tool("-r", newest_recipient(rescue, clone), stdin=forged_head()))
    else:
        head.write_bytes(head.read_bytes()[:-1])
    done = run_script(clone, rescue.identity, tmp_path / "out")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "out").exists()


def newest_recipient(rescue: Rescue, clone: Path) -> str:
    """Return the public key that parts and head are encrypted to, which only members know."""
    keys = age_tool("-d", "-i", rescue.identity, clone / "keys" / "recipients.age")
    (rescue.directory / "newest").write_text(json.loads(keys)["generations"][-1]["identity"])
    return age_keygen("-y", rescue.directory / "newest").decode().strip()


def forged_head() -> bytes:
    """Return a head that no member signed."""
    text = b"0" * 64 + b"\n" + json.dumps({"branches": {}, "parts": []}).encode()
    return subprocess.run(["zstd", "-c"], input=text, capture_output=True, check=True).stdout


@pytest.mark.parametrize(
    "name", ["../../escaped.jsonl", "/tmp/rtstore-escaped.jsonl", "a/../../../escaped.jsonl"]
)
def test_a_file_is_never_written_outside(rescue: Rescue, tmp_path: Path, name: str) -> None:
    def hostile(store: ObjectStore, tips: Iterable[bytes], known: Iterable[bytes]) -> Iterator[Object]:
        for kind, id, data in described(store, tips, known):
            named = data.replace(b"mara.jsonl", name.encode()) if kind is Sent.FILES else data
            yield kind, id, named

    rescue.commit({"mara.jsonl": talks(range(9))})
    with pytest.MonkeyPatch.context() as patches:
        patches.setattr("rtstore.remote.sync.push.described", hostile)
        rescue.store.push()
    done = run_script(rescue.clone(), rescue.identity, tmp_path / "deep" / "out")
    assert done.returncode == 1
    assert "refused to write" in done.stderr
    assert files_below(tmp_path / "deep") == {}
    assert not list(tmp_path.rglob("escaped.jsonl"))


def test_it_does_not_write_over_a_file_that_is_there(rescue: Rescue, tmp_path: Path) -> None:
    rescue.commit({"mara.jsonl": talks(range(9))})
    rescue.store.push()
    there = tmp_path / "out" / "main" / "mara.jsonl"
    there.parent.mkdir(parents=True)
    there.write_bytes(b"mine")
    assert run_script(rescue.clone(), rescue.identity, tmp_path / "out").returncode == 1
    assert there.read_bytes() == b"mine"


def test_the_commands_of_the_readme_open_it_by_hand(rescue: Rescue) -> None:
    rescue.commit({"mara.jsonl": talks(range(9))})
    rescue.store.push()
    clone = rescue.clone()
    readme = (clone / "README.md").read_text()
    commands = readme[readme.index("    umask 077") : readme.index("## What is here")]
    code = "".join(line[4:] for line in commands.splitlines(keepends=True) if line.startswith("    "))
    part = next((clone / "parts").rglob("*.age")).relative_to(clone)
    code = code.replace("parts/3f/3f0a....age", str(part)).replace("~/my-identity.txt", str(rescue.identity))
    done = subprocess.run(
        ["sh", "-e", "-c", code.replace("| less", "")], cwd=clone, capture_output=True, check=True
    )
    assert b'"branches":{"main":' in done.stdout
    assert talk(3) in done.stdout
    assert done.stdout.endswith(rescue.store.remote("backup").fingerprint.encode() + b"\n")
