"""Pipes in the place of files of a store: no command waits for them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from signal import SIGALRM, alarm, signal

import pytest
from workspaces import AUTHOR, Desk, lines, talk

import rtstore
from rtstore.errors import DamagedError

pytestmark = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="pipes have no names here")


@contextmanager
def without_waiting() -> Iterator[None]:
    """Fail instead of waiting for ever."""

    def give_up(*_: object) -> None:
        raise AssertionError("a command waits for a pipe")

    before = signal(SIGALRM, give_up)
    alarm(20)
    try:
        yield
    finally:
        alarm(0)
        signal(SIGALRM, before)


def pipe(desk: Desk, name: str) -> None:
    """Put a pipe in the place of a file of the store."""
    path = desk.path(f".rtstore/{name}")
    if os.path.exists(path):
        os.remove(path)
    os.mkfifo(path)


ACTS: dict[str, Callable[[Desk], object]] = {
    "open": lambda desk: rtstore.open(desk.root).status(),
    "log": lambda desk: list(rtstore.open(desk.root).log()),
    "commit": lambda desk: rtstore.open(desk.root).commit("x", AUTHOR, allow_empty=True),
}


@pytest.mark.parametrize("name", ["head", "format", "intent", "lock"])
@pytest.mark.parametrize("act", ACTS)
def test_no_command_waits_for_a_pipe_in_the_store(desk: Desk, name: str, act: str) -> None:
    desk.commit_file(lines(talk(1)))
    pipe(desk, name)
    with without_waiting():
        try:
            ACTS[act](desk)
        except DamagedError as error:
            assert "not an ordinary file" in error.message
        else:
            assert name == "lock"
            assert act != "commit"


@pytest.mark.parametrize("name", ["head", "format", "intent"])
def test_a_rescue_puts_a_file_in_the_place_of_a_pipe(desk: Desk, name: str) -> None:
    desk.commit_file(lines(talk(1)))
    pipe(desk, name)
    with without_waiting():
        assert "not an ordinary file" in desk.store.fsck().problems[0].what
        assert desk.store.fsck(rescue=True).problems == ()
    desk.reopen()
    assert desk.store.status().clean


def test_a_pipe_named_like_a_pack_is_a_damaged_pack(desk: Desk) -> None:
    desk.commit_file(lines(talk(1)))
    pipe(desk, f"packs/{'0' * 64}.pack")
    with without_waiting():
        desk.reopen()
        assert desk.exported() == lines(talk(1))
        (problem,) = desk.store.fsck().problems
    assert "not an ordinary file" in problem.what


def test_pipes_in_the_cache_and_the_configuration_are_not_waited_for(desk: Desk) -> None:
    desk.commit_file(lines(talk(1)))
    for name in os.listdir(desk.path(".rtstore/cache")):
        pipe(desk, f"cache/{name}")
    pipe(desk, "config")
    with without_waiting():
        desk.reopen()
        assert desk.store.status().clean
        with pytest.raises(DamagedError, match="not an ordinary file"):
            desk.store.config.get("user.name")
