"""A push, a fetch or a clone is killed at random moments: nothing is lost, and the next one works."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path
from random import Random

import pytest
from backups import Office, check_sound, history
from workspaces import Desk, lines, talk

WORKER = Path(__file__).with_name("travel_worker.py")


def kill_one(office: Office, task: str, root: Path, seed: str, life: float) -> list[str]:
    """Start a worker, kill it after a while, and return what it said."""
    arguments = [sys.executable, str(WORKER), task, str(root), office.config, office.url, seed]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None and process.stderr is not None
        assert process.stdout.readline() == "ready\n", process.stderr.read()
        time.sleep(life)
        alive = process.poll() is None
        process.kill()
        assert alive, process.stderr.read()
        return process.stdout.read().splitlines(keepends=True)


def kill_over_and_over(office: Office, rounds: int) -> None:
    chance = Random(rounds)
    ann = office.owner()
    ann.commit_file(lines(*map(talk, range(300))))
    ann.store.push()
    bob = office.clone()
    (office.directory / "clones").mkdir()
    for number in range(rounds):
        life = chance.random() * 0.5
        said = kill_one(office, "push", Path(ann.root), f"push {number}", life)
        check_pushed(office, ann, [line.strip() for line in said if line.endswith("\n")])
        kill_one(office, "fetch", Path(bob.root), f"fetch {number}", life)
        check_fetched(office, ann, bob)
        kill_one(office, "clone", office.directory / "clones", f"clone {number}", life)
    carol = office.clone("carol")
    assert history(carol) == history(ann)
    check_sound(carol)


def check_pushed(office: Office, ann: Desk, acknowledged: list[str]) -> None:
    """All that the worker was told to be pushed is on the remote, and the rest can be pushed now."""
    check_sound(ann)
    eve = office.clone("eve")
    assert set(acknowledged) <= {id.hex() for id in history(eve)}
    check_sound(eve)
    subprocess.run(["rm", "-r", eve.root], check=True)
    office.reopened(ann).store.push()
    git = ["git", "-C", office.url, "fsck", "--strict", "--no-dangling"]
    done = subprocess.run(git, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def check_fetched(office: Office, ann: Desk, bob: Desk) -> None:
    check_sound(bob)
    again = office.reopened(bob)
    again.store.pull(author="Nell <nell@example.org>")
    assert history(again) == history(office.reopened(ann))


def test_a_few_kills_lose_nothing(office: Office) -> None:
    kill_over_and_over(office, 1)


@pytest.mark.slow
def test_many_kills_lose_nothing(office: Office) -> None:
    kill_over_and_over(office, 12)
