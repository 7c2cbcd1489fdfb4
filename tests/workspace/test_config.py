"""Configuration files, settings and authors."""

from __future__ import annotations

import configparser
import os
import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rtstore.errors import RevisionError, RtstoreError, StorageError, UsageError
from rtstore.storage.files import Files
from rtstore.workspace.author import Identity, format_author, parse_author
from rtstore.workspace.config import KNOWN, Config, Setting
from rtstore.workspace.inifile import IniFile
from tests.faults import every_fault

HAND_WRITTEN = b"""\
# who I am
[user]
name = Mara Lind
; not my real one
email=mara@example.org

[remote.backup]
url = git@host:mara.git
"""


def config_in(tmp_path: Path, files: Files | None = None) -> Config:
    workspace, user = tmp_path / "ws" / "config", tmp_path / "home" / "config"
    workspace.parent.mkdir(exist_ok=True)
    return Config(files or Files(), workspace=str(workspace), user=str(user))


def test_without_files_there_are_the_defaults(tmp_path: Path) -> None:
    config = config_in(tmp_path)
    assert config.get("ui.color") == "auto"
    assert config.number("gc.retention-days") == 30
    assert config.get("user.name") is None
    assert config.get("unheard.of") is None
    assert {setting.origin for setting in config.settings()} == {"default"}


def test_every_default_is_a_value_its_key_can_have(tmp_path: Path) -> None:
    for key, known in KNOWN.items():
        if known.default is not None:
            config_in(tmp_path).set(key, known.default)


def test_a_set_value_is_got_also_by_the_next_command(tmp_path: Path) -> None:
    config = config_in(tmp_path)
    config.set("user.name", "Mara", where="user")
    config.set("gc.retention-days", "7")
    for reader in (config, config_in(tmp_path)):
        assert reader.get("user.name") == "Mara"
        assert reader.number("gc.retention-days") == 7


def test_the_workspace_goes_before_the_user_and_the_origin_is_told(tmp_path: Path) -> None:
    config = config_in(tmp_path)
    config.set("user.name", "Everywhere", where="user")
    config.set("remote.backup.url", "somewhere", where="user")
    assert config.setting("user.name") == Setting("user.name", "Everywhere", "user")
    config.set("user.name", "Here")
    assert config.setting("user.name") == Setting("user.name", "Here", "workspace")
    origins = {setting.key: setting.origin for setting in config.settings()}
    assert origins["user.name"] == "workspace"
    assert origins["remote.backup.url"] == "user"
    assert origins["ui.color"] == "default"
    config.unset("user.name")
    assert config.get("user.name") == "Everywhere"


def test_unsetting_what_is_not_set_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(RevisionError, match=r"user\.name is not set in the workspace configuration"):
        config_in(tmp_path).unset("user.name")


@pytest.mark.parametrize(
    "key", ["name", "user.", ".name", "user name.x", "user..name", "user.na=me", "", "a]b.c", "ü.x"]
)
def test_what_can_be_no_key_is_refused(tmp_path: Path, key: str) -> None:
    for use in (config_in(tmp_path).get, config_in(tmp_path).unset):
        with pytest.raises(UsageError, match="is not a configuration key"):
            use(key)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("ui.color", "sometimes"),
        ("gc.retention-days", "many"),
        ("gc.retention-days", "-1"),
        ("gc.retention-days", "99999"),
        ("gc.retention-days", "9" * 5000),
        ("gc.level", "0"),
        ("gc.level", "²"),
        ("any.thing", "two\nlines"),
        ("any.thing", " space"),
        ("any.thing", ""),
    ],
)
def test_an_impossible_value_is_refused_and_nothing_is_written(tmp_path: Path, key: str, value: str) -> None:
    config = config_in(tmp_path)
    with pytest.raises(UsageError) as raised:
        config.set(key, value)
    assert raised.value.hint
    assert not (tmp_path / "ws" / "config").exists()


def test_an_impossible_value_in_a_file_is_told_with_its_place(tmp_path: Path) -> None:
    config = config_in(tmp_path)
    path = tmp_path / "ws" / "config"
    path.write_text("\n[ui]\ncolor = blue\n")
    with pytest.raises(UsageError, match=r"config:3: ui\.color cannot be 'blue'"):
        config.get("ui.color")


@pytest.mark.parametrize(
    ("content", "place"),
    [
        (b"[user]\nname\n", "config:2: 'name'"),
        (b"name = x\n", "config:1: 'name = x'"),
        (b"[user\n", "config:1:"),
        (b"[user]\nname = \xff\n", "config:2: not UTF-8"),
    ],
)
def test_a_line_that_makes_no_sense_is_told_with_its_place(
    tmp_path: Path, content: bytes, place: str
) -> None:
    config = config_in(tmp_path)
    (tmp_path / "ws" / "config").write_bytes(content)
    with pytest.raises(UsageError, match=place):
        config.get("user.name")


def test_outside_a_workspace_there_is_only_the_user(tmp_path: Path) -> None:
    config = Config(Files(), user=str(tmp_path / "config"))
    config.set("user.name", "Mara", where="user")
    assert config.get("user.name") == "Mara"
    with pytest.raises(UsageError, match="there is no workspace configuration to write to"):
        config.set("user.name", "Mara")


@pytest.mark.skipif(os.name == "nt", reason="Windows has no permission bits")
def test_only_the_user_can_read_the_file_of_the_user(tmp_path: Path) -> None:
    config_in(tmp_path).set("user.name", "Mara", where="user")
    assert stat.S_IMODE((tmp_path / "home" / "config").stat().st_mode) == 0o600


def test_a_linked_file_stays_a_link(tmp_path: Path) -> None:
    (tmp_path / "home").mkdir()
    (tmp_path / "dotfile").write_bytes(HAND_WRITTEN)
    (tmp_path / "home" / "config").symlink_to(tmp_path / "dotfile")
    config_in(tmp_path).set("user.name", "Noir", where="user")
    assert (tmp_path / "home" / "config").is_symlink()
    assert b"name = Noir\n" in (tmp_path / "dotfile").read_bytes()


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    path = tmp_path / "ws" / "config"
    config_in(tmp_path)
    for files in every_fault():
        path.write_bytes(HAND_WRITTEN)
        config = config_in(tmp_path, files)
        try:
            config.set("user.name", "Noir")
        except StorageError:
            assert config_in(tmp_path).get("user.name") in ("Mara Lind", "Noir")
    assert config_in(tmp_path).get("user.name") == "Noir"


def test_the_identity_is_that_of_user_name_and_email(tmp_path: Path) -> None:
    config = config_in(tmp_path)
    assert config.identity() is None
    config.set("user.name", "Mara Lind")
    assert config.identity() == Identity("Mara Lind", "")
    config.set("user.email", "m@x", where="user")
    assert config.identity() == Identity("Mara Lind", "m@x")


def test_setting_a_value_changes_one_line() -> None:
    file = IniFile(HAND_WRITTEN, "config")
    assert file.with_value("user.name", "Noir") == HAND_WRITTEN.replace(b"Mara Lind", b"Noir")


def test_a_new_name_goes_to_the_end_of_its_section() -> None:
    file = IniFile(HAND_WRITTEN, "config")
    expected = HAND_WRITTEN.replace(b"example.org\n", b"example.org\npronoun = she\n")
    assert file.with_value("user.pronoun", "she") == expected


def test_a_new_section_goes_to_the_end_of_the_file() -> None:
    assert (
        IniFile(HAND_WRITTEN, "x").with_value("ui.color", "never")
        == HAND_WRITTEN + b"\n[ui]\ncolor = never\n"
    )
    assert IniFile(b"", "x").with_value("ui.color", "never") == b"[ui]\ncolor = never\n"


def test_a_removed_value_is_gone_however_often_it_was_set() -> None:
    file = IniFile(b"[a]\nx = 1\ny = 2\n[b]\nx = 3\n[a]\nx = 4\n", "config")
    assert file.values == {"a.x": "4", "a.y": "2", "b.x": "3"}
    assert file.without("a.x") == b"[a]\ny = 2\n[b]\nx = 3\n[a]\n"


def test_a_byte_order_mark_and_windows_line_ends_are_understood() -> None:
    assert IniFile(b"\xef\xbb\xbf[user]\r\nname = Mara\r\n", "config").values == {"user.name": "Mara"}


KEYS = st.from_regex(r"\A[a-z]{1,3}(\.[A-Za-z0-9_-]{1,3}){1,2}\Z")
VALUES = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1)


@given(st.lists(st.tuples(KEYS, VALUES)), st.data())
def test_any_settings_are_read_back(pairs: list[tuple[str, str]], data: st.DataObject) -> None:
    content = b""
    expected: dict[str, str] = {}
    for key, value in pairs:
        content = IniFile(content, "x").with_value(key, value)
        expected[key] = value
    if expected:
        removed = data.draw(st.sampled_from(sorted(expected)))
        content = IniFile(content, "x").without(removed)
        del expected[removed]
    assert IniFile(content, "x").values == expected


def test_the_standard_library_reads_the_same() -> None:
    parser = configparser.ConfigParser(interpolation=None)
    parser.read_string(IniFile(HAND_WRITTEN, "x").with_value("ui.color", "never").decode())
    assert parser["user"]["name"] == "Mara Lind"
    assert parser["remote.backup"]["url"] == "git@host:mara.git"
    assert parser["ui"]["color"] == "never"


@pytest.mark.parametrize(
    ("text", "identity"),
    [
        ("Mara Lind <mara@x.org>", Identity("Mara Lind", "mara@x.org")),
        ("  Mara   <  mara@x.org > ", Identity("Mara", "mara@x.org")),
        ("Mara <>", Identity("Mara", "")),
        ("Å. 李 <a>", Identity("Å. 李", "a")),
    ],
)
def test_authors_are_read(text: str, identity: Identity) -> None:
    assert parse_author(text) == identity


@pytest.mark.parametrize(
    "text", ["", "Mara", "<m@x>", "Mara <m@x", "Mara <m<x>", "Ma>ra <m@x>", "Ma\nra <m@x>", "M <m\0>"]
)
def test_what_is_no_author_is_refused(text: str) -> None:
    with pytest.raises(UsageError) as raised:
        parse_author(text)
    assert raised.value.hint


@given(st.text(), st.text())
def test_a_written_author_is_read_back(name: str, email: str) -> None:
    try:
        text = format_author(Identity(name, email))
    except RtstoreError:
        return
    assert parse_author(text) == Identity(name, email)
