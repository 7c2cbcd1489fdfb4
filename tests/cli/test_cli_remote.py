"""``rtstore remote``, ``push``, ``fetch``, ``pull``, ``clone``, and commits that are pushed at once."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_helpers import entry, make_host, masked, ok, run, write


@pytest.fixture
def host(work: Path) -> Path:
    return make_host(work.parent / "host.git")


@pytest.fixture
def pushed(work: Path, host: Path) -> Path:
    """A workspace that was pushed once."""
    ok("remote", "add", "backup", str(host))
    ok("push")
    return work


def said(text: str) -> str:
    """Return output with what differs from run to run replaced, fingerprints and keys too."""
    text = re.sub(r"\b[0-9a-f]{4}(-[0-9a-f]{4}){7}\b", "FINGERPRINT", masked(text))
    return re.sub(r"\bage1[0-9a-z]{50,}", "AGE", text)


def fingerprint() -> str:
    return str(run("remote", "show", "backup", "--json").json["fingerprint"])


def test_adding_says_what_must_be_kept(work: Path, host: Path) -> None:
    key = work.parent / "configuration/identity"
    assert said(ok("remote", "add", "backup", "../host.git")) == (
        f"Added backup, new, at {host}, branch master\n"
        "Fingerprint: FINGERPRINT\n"
        "\n"
        "Keep two things apart from this machine, on paper or on a stick:\n"
        "- the fingerprint above: by it you know the backup as yours when you get it back\n"
        "- a copy of this machine's key, just made (`rtstore key export FILE`):\n"
        f"  {key}\n"
        "Nobody can open the backup without a key, and nobody can make a new one for you.\n"
        "hint: `rtstore push backup` sends the first backup\n"
    )
    assert key.stat().st_mode & 0o777 == 0o600
    assert not list((host / "refs/heads").iterdir())


def test_a_push_says_what_was_sent(work: Path, host: Path) -> None:
    ok("remote", "add", "backup", str(host))
    assert masked(ok("push")) == "  main (new branch) at ID\n1 commit sent to backup, SIZE encrypted\n"
    assert ok("push") == "backup is up to date\n"
    write(work / "osk.jsonl", entry(1))
    ok("commit", "-m", "Second")
    ok("tag", "v1")
    assert masked(ok("push", "backup", "--all", "--tags")) == (
        "  main ID..ID\n  v1 (new tag) at ID\n1 commit sent to backup, SIZE encrypted\n"
    )


def test_a_clone_has_the_files(pushed: Path) -> None:
    ok("clone", "../host.git", "../clone")
    assert Path("../clone/osk.jsonl").read_bytes() == Path("osk.jsonl").read_bytes()
    assert ok("log", "--oneline", cwd="../clone") == ok("log", "--oneline")
    assert "nothing to commit" in ok("status", cwd="../clone")


def test_a_clone_goes_into_a_directory_of_the_repositorys_name(pushed: Path, tmp_path: Path) -> None:
    ok("clone", str(tmp_path / "host.git"), cwd="..")
    assert Path("../host/osk.jsonl").exists()


def test_a_clone_with_another_fingerprint_leaves_nothing(pushed: Path) -> None:
    result = run("clone", "../host.git", "../clone", "--fingerprint", "1111-2222")
    assert result.code == 13
    assert fingerprint() in result.stderr
    assert not Path("../clone").exists()
    ok("clone", "../host.git", "../clone", "--fingerprint", fingerprint().upper().replace("-", " "))


def test_a_clone_without_the_key_leaves_nothing(pushed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RTSTORE_CONFIG_DIR", str(pushed.parent / "stranger"))
    result = run("clone", "../host.git", "../clone")
    assert result.code == 14
    assert not Path("../clone").exists()


def test_another_machine_pulls_what_was_pushed(pushed: Path) -> None:
    ok("clone", "../host.git", "../clone")
    write(pushed / "osk.jsonl", *map(entry, range(1, 6)))
    ok("commit", "-m", "Second")
    assert "1 commit not in backup/main yet: `rtstore push backup`" in ok("status")
    ok("push")
    assert masked(ok("fetch", cwd="../clone")) == "  backup/main ID..ID\nSIZE received\n"
    assert "1 commit of backup/main not here yet: `rtstore pull backup`" in ok("status", cwd="../clone")
    assert "backup/main" in ok("log", "--oneline", "backup/main", cwd="../clone").splitlines()[0]
    assert "Fast-forward" in ok("pull", cwd="../clone")
    assert Path("../clone/osk.jsonl").read_bytes() == Path("osk.jsonl").read_bytes()
    assert ok("fetch", cwd="../clone") == "Nothing new in backup\n"


def test_commits_of_both_sides_are_merged(pushed: Path) -> None:
    ok("clone", "../host.git", "../clone")
    write(pushed / "osk.jsonl", entry(1, "Here."), *map(entry, range(2, 5)))
    ok("commit", "-m", "Here")
    ok("push")
    write(Path("../clone/osk.jsonl"), *map(entry, range(1, 4)), entry(4, "There."))
    ok("commit", "-m", "There", cwd="../clone")
    refused = run("push", cwd="../clone")
    assert refused.code == 12
    assert "has commits that are not in yours" in refused.stderr
    assert "rtstore pull backup main" in refused.stderr
    ok("pull", cwd="../clone")
    ok("push", cwd="../clone")
    ok("pull")
    assert "Here." in Path("osk.jsonl").read_text()
    assert "There." in Path("osk.jsonl").read_text()


def test_a_push_with_lease_replaces_what_was_seen(pushed: Path) -> None:
    ok("clone", "../host.git", "../clone")
    ok("undo")
    write(pushed / "osk.jsonl", entry(7))
    ok("commit", "-m", "Another first")
    assert run("push").code == 12
    ok("push", "--force-with-lease")
    assert "Another first" in ok("log", "backup/main")


def test_a_repository_with_code_keeps_it(work: Path, host: Path) -> None:
    git = ["git", "-c", "user.name=A", "-c", "user.email=a@b", "-C", str(work.parent / "code")]
    subprocess.run(["git", "init", "-q", "-b", "main", str(work.parent / "code")], check=True)
    (work.parent / "code/program.py").write_text("print()")
    subprocess.run([*git, "add", "."], check=True)
    subprocess.run([*git, "commit", "-q", "-m", "code"], check=True)
    subprocess.run([*git, "push", "-q", str(host), "main"], check=True)
    before = (host / "refs/heads/main").read_text()
    assert ", branch rtstore\n" in ok("remote", "add", "backup", str(host))
    ok("push")
    ok("clone", str(host), "../clone")
    assert (host / "refs/heads/main").read_text() == before
    refused = run("remote", "add", "wrong", str(host), "--branch", "main")
    assert refused.code == 12
    assert "something else than an rtstore backup" in refused.stderr


def test_recipients_come_and_go(pushed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = str(tmp_path / "configuration")
    theirs = str(tmp_path / "friend")
    monkeypatch.setenv("RTSTORE_CONFIG_DIR", theirs)
    key = run("key", "show", "--create", "--json").json["public_key"]
    assert run("clone", "../host.git", "../friends").code == 14
    monkeypatch.setenv("RTSTORE_CONFIG_DIR", mine)
    ok("remote", "recipients", "backup", "add", key)
    assert key in ok("remote", "recipients", "backup")
    monkeypatch.setenv("RTSTORE_CONFIG_DIR", theirs)
    ok("clone", "../host.git", "../friends")
    monkeypatch.setenv("RTSTORE_CONFIG_DIR", mine)
    assert "can still be read" in ok("remote", "recipients", "backup", "remove", key)
    write(pushed / "osk.jsonl", entry(1))
    ok("commit", "-m", "Secret")
    ok("push")
    monkeypatch.setenv("RTSTORE_CONFIG_DIR", theirs)
    refused = run("fetch", cwd="../friends")
    assert refused.code == 14
    assert "none of the keys at hand" in refused.stderr


def test_a_backup_with_a_passphrase_needs_no_file(
    work: Path, host: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RTSTORE_PASSPHRASE", "a dog called Patience")
    out = ok("remote", "add", "backup", str(host), "--passphrase")
    assert "- the passphrase\n" in out
    ok("push")
    monkeypatch.setenv("RTSTORE_CONFIG_DIR", str(tmp_path / "new machine"))
    monkeypatch.setenv("RTSTORE_PASSPHRASE", "a dog called Patience")
    ok("clone", str(host), "../clone")
    assert Path("../clone/osk.jsonl").exists()
    monkeypatch.setenv("RTSTORE_PASSPHRASE", "a dog called Patience")
    ok("key", "show", "--create")
    ok("clone", str(host), "../again", "--passphrase")
    ok("fetch", cwd="../again")


def test_verify_counts_what_is_there(pushed: Path) -> None:
    assert said(ok("remote", "verify")) == (
        "All of it is there and sound: 1 part, SIZE\n"
        "  1 commit, 1 version of datasets, 4 records\n"
        "  push 1, fingerprint FINGERPRINT\n"
    )


def test_compacting_makes_one_part_and_one_git_commit(pushed: Path, host: Path) -> None:
    for number in range(3):
        write(pushed / "osk.jsonl", entry(number))
        ok("commit", "-m", f"Number {number}")
        ok("push")
    assert masked(ok("remote", "compact")) == "Wrote the backup anew: 1 part instead of 4, SIZE sent\n"
    count = ["git", "-C", str(host), "rev-list", "--count", "--all"]
    assert subprocess.run(count, capture_output=True, check=True).stdout == b"1\n"
    ok("clone", str(host), "../clone")
    assert len(ok("log", "--oneline", cwd="../clone").splitlines()) == 4


def test_remotes_are_listed_renamed_and_forgotten(pushed: Path, host: Path) -> None:
    assert ok("remote", "list") == f"backup  {host}  (master)\n"
    ok("remote", "rename", "backup", "home")
    assert ok("push", "home") == "home is up to date\n"
    ok("log", "home/main")
    assert "stays there" in ok("remote", "remove", "home")
    assert ok("remote", "list") == "hint: `rtstore remote add backup URL` adds one\n"
    assert run("push").code == 1
    assert run("remote", "show", "home").code == 5


def test_a_forgotten_backup_is_added_again_by_its_fingerprint(pushed: Path, host: Path) -> None:
    known = fingerprint()
    ok("remote", "remove", "backup")
    assert run("remote", "add", "backup", str(host), "--fingerprint", "ffff").code == 13
    assert ok("remote", "list").startswith("hint")
    assert f"Fingerprint: {known}\n" in ok("remote", "add", "backup", str(host), "--fingerprint", known)
    assert ok("push") == "backup is up to date\n"


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("remote", "add", "a/b", "host.git"), 2, "not a valid name"),
        (("remote", "add", "backup", "https://me:secret@example.org/x.git"), 2, "password"),
        (("remote", "add", "backup", "nowhere.git"), 12, "no git repository"),
        (("remote", "add", "backup", "git@-oProxyCommand=x:y"), 2, "host"),
        (("push",), 1, "no remote yet"),
        (("fetch", "nobody"), 5, "not found"),
        (("clone", "../host.git", "."), 2, "not empty"),
        (("remote", "recipients", "nobody", "add"), 2, "who"),
    ],
)
def test_mistakes_are_explained(
    work: Path, host: Path, arguments: tuple[str, ...], code: int, words: str
) -> None:
    result = run(*arguments)
    assert result.code == code, result
    assert words in result.stderr
    assert "secret" not in result.stderr


def test_a_commit_is_pushed_at_once_where_that_is_wished(pushed: Path, host: Path) -> None:
    ok("config", "backup.auto", "on-commit")
    write(pushed / "osk.jsonl", entry(1))
    result = run("commit", "-m", "Second")
    assert (result.code, masked(result.stderr)) == (0, "backed up to backup, SIZE\n")
    assert ok("push") == "backup is up to date\n"


def test_a_commit_is_made_also_where_it_cannot_be_pushed(pushed: Path, host: Path) -> None:
    ok("config", "backup.auto", "on-commit")
    host.rename(host.with_name("gone"))
    write(pushed / "osk.jsonl", entry(1))
    result = run("commit", "-m", "Second")
    assert result.code == 0
    assert result.stderr.startswith("warning: the commit was not backed up: ")
    assert "Second" in ok("log", "-n", "1")


def test_branches_of_a_backup_are_pointed_at(pushed: Path) -> None:
    ok("branch", "lora/storm")
    ok("push", "backup", "lora/storm")
    ok("clone", "../host.git", "../clone")
    refused = run("switch", "lora/storm", cwd="../clone")
    assert refused.code == 5
    assert "rtstore switch -c lora/storm backup/lora/storm" in refused.stderr
    ok("switch", "-c", "lora/storm", "backup/lora/storm", cwd="../clone")
    assert "`rtstore branch` lists" in run("switch", "nowhere", cwd="../clone").stderr


def test_a_merge_names_the_branch_of_the_backup(pushed: Path) -> None:
    ok("clone", "../host.git", "../clone")
    ok("commit", "--allow-empty", "-m", "Here")
    ok("push")
    ok("commit", "--allow-empty", "-m", "There", cwd="../clone")
    ok("pull", cwd="../clone")
    assert "Merge branch 'main' of backup" in ok("log", "-n", "1", cwd="../clone")


def test_a_pull_into_nothing_says_where_it_starts(pushed: Path) -> None:
    Path("../other").mkdir()
    ok("init", cwd="../other")
    ok("remote", "add", "backup", "../host.git", cwd="../other")
    assert masked(ok("pull", cwd="../other")).startswith("Starting at ID\n  added ")


def test_a_branch_that_git_does_not_allow_is_refused_at_once(work: Path, host: Path) -> None:
    refused = run("remote", "add", "backup", "../host.git", "--branch", "bad..name")
    assert refused.code == 2
    assert "git allows no branch of the name 'bad..name'" in refused.stderr
    assert "nothing was changed" in refused.stderr


def test_a_clone_tells_a_branch_that_is_not_there_from_an_empty_backup(pushed: Path, tmp_path: Path) -> None:
    refused = run("clone", "../host.git", "../clone", "--branch", "nowhere")
    assert refused.code == 12
    assert "has no branch 'nowhere'\nhint: It has master; --branch" in refused.stderr
    make_host(tmp_path / "empty.git")
    refused = run("clone", "../empty.git", "../clone")
    assert "no rtstore backup in that repository\nhint: It is empty" in refused.stderr
    assert not Path("../clone").exists()


def test_what_a_killed_clone_left_is_said(pushed: Path) -> None:
    Path("../clone").mkdir()
    Path("../clone/.rtstore").mkdir()
    assert "A clone that was killed leaves" in run("clone", "../host.git", "../clone").stderr


def test_a_clone_without_a_key_says_where_to_get_one(pushed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("RTSTORE_CONFIG_DIR", str(pushed.parent / "stranger"))
    hint = run("clone", "../host.git", "../clone").stderr
    assert "rtstore key import FILE" in hint
    assert "--passphrase" not in hint
    assert ok("key", "show", "--create").startswith("Public key:")


def test_members_of_a_new_backup_are_no_members_of_one_that_is_there(pushed: Path) -> None:
    key = run("key", "show", "--json").json["public_key"]
    added = run("remote", "add", "again", "../host.git", "--recipient", key)
    assert added.code == 0
    assert "`rtstore remote recipients again add KEY` lets somebody in" in added.stderr


def test_recipients_are_removed_by_the_file_that_added_them(pushed: Path) -> None:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "osk", "-f", "../osk"], check=True)
    assert "ssh-ed25519" in ok("remote", "recipients", "backup", "add", "../osk.pub")
    assert "ssh-ed25519" not in ok("remote", "recipients", "backup", "remove", "../osk.pub")


def test_an_ssh_key_that_opens_a_backup_is_named(work: Path, host: Path) -> None:
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", "../osk"], check=True)
    said = ok("remote", "add", "backup", "../host.git", "--ssh-key", "../osk")
    assert "- a copy of the key in ../osk\n" in said


def test_a_backup_with_a_passphrase_alone_says_so(
    work: Path, host: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RTSTORE_PASSPHRASE", "lantern")
    ok("remote", "add", "backup", "../host.git", "--passphrase")
    assert ok("remote", "recipients", "backup") == "whoever knows the passphrase\n"


@pytest.mark.skipif(os.name == "nt", reason="there are no such signals")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_clone_that_is_ended_leaves_nothing(work: Path, number: signal.Signals) -> None:
    clone = work.parent / "clone"
    command = [sys.executable, "-m", "rtstore", "clone", "ssh://example.invalid/host.git", str(clone)]
    environment = {**os.environ, "GIT_SSH_COMMAND": "sh -c 'exec sleep 60' --"}
    with subprocess.Popen(
        command,
        cwd=work.parent,
        env=environment,
        stderr=subprocess.PIPE,
        # Who runs the tests may have told them to ignore it.
        preexec_fn=lambda: signal.signal(number, signal.SIG_DFL),
    ) as process:
        wait_until(clone.exists)
        time.sleep(0.2)
        process.send_signal(number)
        assert process.wait(20) == 128 + number
    assert not clone.exists()


def wait_until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 20
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_who_opened_a_backup_with_a_key_that_is_away_again_goes_on_until_there_are_new_keys(
    pushed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    mine, theirs = str(tmp_path / "configuration"), str(tmp_path / "theirs")
    key = str(Path(mine) / "identity")
    monkeypatch.setenv("RTSTORE_CONFIG_DIR", str(tmp_path / "friend"))
    friend = run("key", "show", "--create", "--json").json["public_key"]
    monkeypatch.setenv("RTSTORE_CONFIG_DIR", theirs)
    ok("clone", "../host.git", "../clone", "--identity", key)
    monkeypatch.setenv("RTSTORE_CONFIG_DIR", mine)
    ok("remote", "recipients", "backup", "add", friend)
    monkeypatch.setenv("RTSTORE_CONFIG_DIR", theirs)
    ok("fetch", cwd="../clone")
    monkeypatch.setenv("RTSTORE_CONFIG_DIR", mine)
    ok("remote", "recipients", "backup", "remove", friend)
    monkeypatch.setenv("RTSTORE_CONFIG_DIR", theirs)
    refused = run("fetch", cwd="../clone")
    assert refused.code == 14
    assert "the members of the backup have changed" in refused.stderr
    ok("fetch", "--identity", key, cwd="../clone")
    ok("fetch", cwd="../clone")
