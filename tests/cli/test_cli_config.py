from __future__ import annotations

from pathlib import Path

import pytest
from cli_helpers import ok, run


def test_a_value_is_set_and_shown(empty: Path) -> None:
    assert ok("config", "user.name", "Mara Lind") == ""
    assert ok("config", "user.name") == "Mara Lind\n"


def test_the_workspace_goes_before_the_user(empty: Path) -> None:
    ok("config", "--user", "user.name", "Everywhere")
    assert ok("config", "user.name") == "Everywhere\n"
    ok("config", "user.name", "Here")
    assert "user.name = Here  (workspace)\n" in ok("config", "--list")
    ok("config", "--unset", "user.name")
    assert "user.name = Everywhere  (user)\n" in ok("config", "-l")


def test_the_list_has_the_defaults(empty: Path) -> None:
    assert "ui.color = auto  (default)\n" in ok("config")


def test_the_users_configuration_needs_no_workspace(tmp_path: Path) -> None:
    ok("config", "--user", "user.name", "Mara", cwd=tmp_path)
    assert ok("config", "user.name", cwd=tmp_path) == "Mara\n"
    assert (tmp_path / "configuration" / "config").read_text() == "[user]\nname = Mara\n"


def test_the_workspaces_configuration_needs_one(tmp_path: Path) -> None:
    result = run("config", "user.name", "Mara", cwd=tmp_path)
    assert result.code == 2
    assert result.stderr == (
        "error: there is no workspace configuration to write to\n"
        "hint: Run it in a workspace, or with --user.\n"
        "nothing was changed\n"
    )


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("user.name",), 1, "error: user.name is not set\nhint: `rtstore config user.name VALUE` sets it.\n"),
        (("x.y",), 1, "error: x.y is not set\nhint: `rtstore config --help` lists the keys.\n"),
        (("nodot",), 2, "error: 'nodot' is not a configuration key\n"),
        (
            ("ui.color", "mauve"),
            2,
            "error: ui.color cannot be 'mauve'\nhint: Use one of: auto, always, never.\n",
        ),
        (("gc.level", "99"), 2, "error: gc.level cannot be 99\nhint: Use a number from 1 to 22.\n"),
        (("--unset", "user.name"), 5, "error: user.name is not set in the workspace configuration\n"),
        (("--unset", "user.name", "x"), 2, "error: --unset takes one key and nothing else\n"),
    ],
)
def test_wrong_uses(empty: Path, arguments: tuple[str, ...], code: int, message: str) -> None:
    result = run("config", *arguments)
    assert (result.code, result.stderr.startswith(message)) == (code, True), result


def test_configuration_as_json(empty: Path) -> None:
    ok("config", "user.name", "Mara")
    setting = {"key": "user.name", "value": "Mara", "origin": "workspace"}
    assert run("config", "--json", "user.name").json == setting
    assert setting in run("config", "--list", "--json").json


def test_colours_can_be_configured(work: Path) -> None:
    ok("config", "ui.color", "always")
    assert "\x1b[" in ok("log")
    assert "\x1b[" not in ok("--color", "never", "log")


def test_a_damaged_configuration_is_an_error_with_its_place(empty: Path) -> None:
    (empty / ".rtstore" / "config").write_text("[ui]\nwhat?\n")
    result = run("config", "ui.color")
    assert result.code == 2
    assert "config:2: 'what?' cannot be understood\n" in result.stderr


def test_a_key_that_nothing_reads_is_set_with_a_warning(empty: Path) -> None:
    result = run("config", "gc.levl", "3")
    assert (result.code, result.stderr) == (
        0,
        "warning: rtstore has no use for gc.levl: did you mean gc.level?\n",
    )
    assert ok("config", "gc.levl") == "3\n"
