"""Pushes, pulls, compactions, changes of members and collections in any order: two clones stay the same."""

from __future__ import annotations

from random import Random

import pytest
from backups import Office, check_sound, history
from workspaces import AUTHOR, Desk, lines, talk

from rtstore.remote.keys import age

TASKS = ["push", "push", "pull", "compact", "add", "remove", "clone", "verify", "gc"]


def mix(office: Office, seed: int, steps: int) -> None:
    chance = Random(seed)
    ann = office.owner()
    ann.commit_file(lines(*map(talk, range(50))))
    ann.store.push()
    desks = [ann, office.clone()]
    members: list[str] = []
    for step in range(steps):
        number = chance.randrange(2)
        do(office, desks[number], f"{number}.jsonl", chance.choice(TASKS), members, step)
        check_sound(desks[number])
    for desk in (*desks, ann):
        desk.store.pull(author=AUTHOR)
        desk.store.push()
    last = office.clone("last")
    assert history(last) == history(ann) == history(desks[1])
    assert last.store.verify_remote().stray == 0


def do(office: Office, desk: Desk, name: str, task: str, members: list[str], step: int) -> None:
    store = desk.store
    if task == "push":
        store.pull(author=AUTHOR)
        desk.commit_file(lines(*map(talk, range(step * 10, step * 10 + 20))), name)
        store.push()
    elif task == "pull":
        store.pull(author=AUTHOR)
    elif task == "compact":
        store.compact_remote()
    elif task == "add":
        member = age.generate().recipient
        store.add_recipients("backup", [member])
        members.append(member.key)
    elif task == "remove" and members:
        store.remove_recipients("backup", [members.pop()])
    elif task == "clone":
        check_sound(office.clone(f"clone-{step}"))
    elif task == "verify":
        store.verify_remote()
    elif task == "gc":
        store.gc(retention_days=0)


@pytest.mark.parametrize("seed", range(2))
def test_two_clones_stay_the_same(office: Office, seed: int) -> None:
    mix(office, seed, 20)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(100, 103))
def test_two_clones_stay_the_same_for_long(office: Office, seed: int) -> None:
    mix(office, seed, 60)
