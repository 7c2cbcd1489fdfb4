from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path

import pytest
from cli_helpers import Terminal, run

from rtstore.cli.jsonout import dump
from rtstore.cli.output import Output
from rtstore.cli.pager import Pager
from rtstore.errors import UsageError


def no_settings(_: str) -> None:
    return None


@contextmanager
def terminal() -> Iterator[io.BytesIO]:
    """Make standard output a terminal; give what it shows."""
    shown = io.BytesIO()
    stream = Terminal(shown, encoding="utf-8", newline="\n", write_through=True)
    with redirect_stdout(stream):
        yield shown
    stream.detach()


def test_json_says_the_same_and_steers_no_terminal() -> None:
    said = "a\x7fb\x9bc\u202ed\u200be\ufefff \u200d\u00e9"
    text = dump({"said": said})
    assert json.loads(text) == {"said": said}
    assert "\\u007fb\\u009bc\\u202ed\\u200be\\ufefff \u200d\u00e9" in text


def test_there_are_no_colours_in_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    assert Output(no_settings).styled("text", "red") == "text"


def test_there_are_colours_on_a_terminal() -> None:
    with terminal():
        assert Output(no_settings).styled("text", "bold", "red") == "\x1b[1;31mtext\x1b[0m"


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_the_environment_can_speak_against_colours(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    with terminal():
        monkeypatch.setenv(name, value)
        assert not Output(no_settings).colored


def test_the_configuration_goes_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert Output(lambda _: "always").colored


def test_the_option_goes_before_the_configuration() -> None:
    with terminal():
        out = Output(lambda _: "always")
        out.color = "never"
        assert not out.colored


def test_the_width_is_80_where_there_is_no_terminal() -> None:
    assert Output(no_settings).width == 80


@pytest.mark.parametrize(("columns", "width"), [("60", 60), ("300", 100), ("3", 20)])
def test_the_width_follows_the_terminal_within_reason(
    monkeypatch: pytest.MonkeyPatch, columns: str, width: int
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert Output(no_settings).width == width


def pager_into(path: Path) -> str:
    code = f"import sys; open({str(path)!r}, 'wb').write(sys.stdin.buffer.read())"
    return f'"{sys.executable}" -c "{code}"'


def test_long_output_goes_to_the_pager(tmp_path: Path) -> None:
    with terminal() as shown:
        out = Output(lambda key: pager_into(tmp_path / "seen") if key == "core.pager" else None)
        with out.paged():
            out.line("one")
            out.line("zwölf")
        out.line("after")
        assert (tmp_path / "seen").read_bytes() == "one\nzwölf\n".encode()
        assert shown.getvalue() == b"after\n"


def test_the_environment_names_the_pager(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with terminal():
        monkeypatch.setenv("PAGER", pager_into(tmp_path / "seen"))
        out = Output(no_settings)
        with out.paged():
            out.line("one")
        assert (tmp_path / "seen").read_bytes() == b"one\n"


def test_there_is_no_pager_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    out = Output(lambda _: "false")
    with out.paged():
        out.line("one")
    assert capsys.readouterr().out == "one\n"


def test_the_pager_can_be_switched_off() -> None:
    with terminal() as shown:
        out = Output(lambda _: "false")
        out.pager_allowed = False
        with out.paged():
            out.line("one")
        assert shown.getvalue() == b"one\n"


def test_cat_is_no_pager() -> None:
    with terminal() as shown:
        with Pager("cat") as write:
            write("one\n")
        assert shown.getvalue() == b"one\n"


def test_a_system_without_less_prints_as_it_is(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with terminal() as shown:
        monkeypatch.setenv("PATH", str(tmp_path))
        with Pager() as write:
            write("one\n")
        assert shown.getvalue() == b"one\n"


def test_a_user_who_has_seen_enough_is_no_error() -> None:
    with terminal(), Pager(f'"{sys.executable}" -c "import sys; sys.stdin.close()"') as write:
        for _ in range(10_000):
            write("x" * 100 + "\n")


def test_a_pager_that_is_not_there_is_an_error() -> None:
    # 127 is what a shell says of a program that it does not find.
    with (
        terminal(),
        pytest.raises(UsageError, match="the pager 'exit 127' cannot be run"),
        Pager("exit 127") as write,
    ):
        for _ in range(100_000):
            write("one more line\n")


def test_nothing_to_show_starts_no_pager(tmp_path: Path) -> None:
    with terminal():
        with Pager(pager_into(tmp_path / "seen")):
            pass
        assert not (tmp_path / "seen").exists()


def test_an_error_inside_ends_the_pager_and_goes_on(tmp_path: Path) -> None:
    with terminal():
        with pytest.raises(ValueError, match="inside"), Pager(pager_into(tmp_path / "seen")) as write:
            write("one\n")
            raise ValueError("inside")
        assert (tmp_path / "seen").read_bytes() == b"one\n"


@pytest.mark.parametrize("command", [[], ["diff"], ["restore"], ["op", "log"]])
def test_help_and_hints_are_broken_between_words_on_a_narrow_terminal(
    empty: Path, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    monkeypatch.setenv("COLUMNS", "44")
    shown = run(*command, "--help", terminal=True).stdout
    prose = shown[: shown.index("Example")]
    assert max(map(len, prose.splitlines())) <= 44
    options = shown[shown.index("Options:") :].splitlines()
    assert max(map(len, options)) <= 44
    assert "Show this message and" in " ".join(options)
    said = run("log", "nowhere", terminal=True).stderr
    assert said.splitlines() == [
        "error: unknown revision 'nowhere'",
        "hint: `rtstore branch` and `rtstore tag`",
        "  list names, `rtstore log` lists commits.",
    ]
