"""A backup is written anew, also where the server does not let go of its git history."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from unittest.mock import patch

import pytest
from backups import Office, check_sound, history
from workspaces import Desk, lines, talk

from rtstore.remote.git.path import PathRepository
from rtstore.remote.git.repository import GitObject, Progress


@pytest.fixture
def ann(office: Office) -> Desk:
    ann = office.owner()
    for number in range(3):
        ann.commit_file(lines(*map(talk, range(number * 10, number * 10 + 200))))
        ann.store.push()
    return ann


def compacted(office: Office, ann: Desk) -> list[int]:
    """Compact the backup; return the bytes of each push that this took, refused ones too."""
    sizes = []
    real = PathRepository.push

    def push(
        self: PathRepository,
        branch: str,
        old: str | None,
        new: str,
        objects: Sequence[GitObject],
        progress: Progress,
    ) -> None:
        sizes.append(sum(len(each.data) for each in objects))
        real(self, branch, old, new, objects, progress)

    with patch.object(PathRepository, "push", push):
        ann.store.compact_remote()
    return sizes


@pytest.mark.parametrize("refused", [False, True])
def test_parts_are_sent_once_whatever_the_server_says(office: Office, ann: Desk, refused: bool) -> None:
    if refused:
        git = ["git", "-C", str(office.bare.path), "config", "receive.denyNonFastForwards", "true"]
        subprocess.run(git, check=True)
    sizes = compacted(office, ann)
    assert len(sizes) == 2 + refused
    assert len(office.bare.parts()) == 1
    assert sizes[0] > sum(map(len, office.bare.parts().values()))
    assert max(sizes[1:]) < 20_000
    assert len(office.bare.commits()) == (5 if refused else 1)
    bob = office.clone()
    assert history(bob) == history(ann)
    check_sound(bob)
