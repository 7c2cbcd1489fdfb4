from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest
from cli_helpers import Terminal

from rtstore.cli.output import Output
from rtstore.cli.pager import Pager


def no_settings(_: str) -> None:
    return None


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> io.BytesIO:
    """Make standard output a terminal; return what it shows."""
    shown = io.BytesIO()
    monkeypatch.setattr("sys.stdout", Terminal(shown, encoding="utf-8", newline="\n", write_through=True))
    return shown


def test_there_are_no_colours_in_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    assert Output(no_settings).styled("text", "red") == "text"


def test_there_are_colours_on_a_terminal(terminal: io.BytesIO) -> None:
    assert Output(no_settings).styled("text", "bold", "red") == "\x1b[1;31mtext\x1b[0m"


@pytest.mark.parametrize(("name", "value"), [("NO_COLOR", "1"), ("TERM", "dumb")])
def test_the_environment_can_speak_against_colours(
    terminal: io.BytesIO, monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    monkeypatch.setenv(name, value)
    assert not Output(no_settings).colored


def test_the_configuration_goes_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert Output(lambda _: "always").colored


def test_the_option_goes_before_the_configuration(terminal: io.BytesIO) -> None:
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


def test_long_output_goes_to_the_pager(terminal: io.BytesIO, tmp_path: Path) -> None:
    out = Output(lambda key: pager_into(tmp_path / "seen") if key == "core.pager" else None)
    with out.paged():
        out.line("one")
        out.line("zwölf")
    out.line("after")
    assert (tmp_path / "seen").read_bytes() == "one\nzwölf\n".encode()
    assert terminal.getvalue() == b"after\n"


def test_the_environment_names_the_pager(
    terminal: io.BytesIO, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
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


def test_the_pager_can_be_switched_off(terminal: io.BytesIO) -> None:
    out = Output(lambda _: "false")
    out.pager_allowed = False
    with out.paged():
        out.line("one")
    assert terminal.getvalue() == b"one\n"


def test_cat_is_no_pager(terminal: io.BytesIO) -> None:
    with Pager("cat") as write:
        write("one\n")
    assert terminal.getvalue() == b"one\n"


def test_a_system_without_less_prints_as_it_is(
    terminal: io.BytesIO, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with Pager() as write:
        write("one\n")
    assert terminal.getvalue() == b"one\n"


def test_a_user_who_has_seen_enough_is_no_error(terminal: io.BytesIO) -> None:
    with Pager(f'"{sys.executable}" -c "import sys; sys.stdin.close()"') as write:
        for _ in range(10_000):
            write("x" * 100 + "\n")


def test_nothing_to_show_starts_no_pager(terminal: io.BytesIO, tmp_path: Path) -> None:
    with Pager(pager_into(tmp_path / "seen")):
        pass
    assert not (tmp_path / "seen").exists()


def test_an_error_inside_ends_the_pager_and_goes_on(terminal: io.BytesIO, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="inside"), Pager(pager_into(tmp_path / "seen")) as write:
        write("one\n")
        raise ValueError("inside")
    assert (tmp_path / "seen").read_bytes() == b"one\n"
