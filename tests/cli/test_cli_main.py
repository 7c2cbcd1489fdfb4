from __future__ import annotations

import io
import os
import subprocess
import sys
from pathlib import Path

import pytest
from cli_helpers import Result, run

import rtstore
from rtstore.cli.failures import report
from rtstore.cli.main import main
from rtstore.cli.session import Session
from rtstore.errors import (
    DamagedError,
    FileChangedError,
    LockedError,
    NothingToDoError,
    UncommittedChangesError,
)
from rtstore.storage.lock import Lock


def rtstore_process(*arguments: str, **options: object) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "rtstore", *arguments],
        check=False,
        stderr=subprocess.PIPE,
        **options,  # type: ignore[call-overload]
    )


def reported(
    error: BaseException, capsys: pytest.CaptureFixture[str], changing: bool = False
) -> tuple[int, str]:
    session = Session()
    session.could_change = changing
    code = report(error, session)
    return code, capsys.readouterr().err


@pytest.mark.parametrize("option", ["--version", "-V"])
def test_the_version_is_printed_with_and_without_the_parser(
    option: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["rtstore", option])
    assert main() == 0
    assert capsys.readouterr().out == f"rtstore {rtstore.__version__}\n"
    assert run("--no-pager", option).stdout == f"rtstore {rtstore.__version__}\n"


def test_without_a_command_the_help_is_printed() -> None:
    assert run() == run("--help")
    assert run().code == 0
    assert run("-h").stdout.startswith("Usage: rtstore [OPTIONS] ")


def test_help_fits_80_columns() -> None:
    assert max(map(len, run("--help").stdout.splitlines())) <= 80


def test_a_misspelt_command_is_recognised() -> None:
    assert run("comit") == Result(
        "", "error: unknown command 'comit'\nhint: Did you mean 'commit'?\n", 2, b""
    )


def test_a_misspelt_subcommand_is_recognised() -> None:
    assert run("op", "lgo").stderr == "error: unknown command 'lgo'\nhint: Did you mean 'log'?\n"


def test_a_command_unlike_any_other_gets_the_way_to_the_list() -> None:
    hint = "hint: `rtstore --help` lists the commands.\n"
    assert run("xyzzy").stderr == f"error: unknown command 'xyzzy'\n{hint}"


def test_commands_of_git_that_are_called_otherwise() -> None:
    assert run("checkout", "main").stderr == (
        "error: unknown command 'checkout'\n"
        "hint: `rtstore switch BRANCH` goes to a branch, `rtstore restore DATASET` brings a file back.\n"
    )
    assert (
        run("op", "help").stderr
        == "error: unknown command 'help'\nhint: `rtstore op --help` lists the commands.\n"
    )


def test_a_misspelt_option_is_recognised() -> None:
    result = run("log", "--onelin")
    assert result.code == 2
    assert result.stderr == "error: unknown option --onelin\nhint: Did you mean --oneline?\n"


def test_a_missing_argument_is_a_usage_error() -> None:
    result = run("cat")
    assert result.code == 2
    assert result.stderr.startswith("error: missing argument 'REV:DATASET[#ENTRY]'")
    assert "hint: `rtstore cat --help` shows how it is used.\n" in result.stderr


def test_the_directory_option_is_where_the_command_works(work: Path) -> None:
    elsewhere = work.parent
    assert run("-C", str(work), "status", cwd=elsewhere).stdout == run("status").stdout


def test_a_directory_that_is_not_there_is_a_usage_error() -> None:
    result = run("-C", "nowhere", "status")
    assert result.code == 2
    assert result.stderr.startswith("error: cannot work in nowhere: no such file or directory\n")


def test_outside_of_a_workspace_the_hint_is_to_make_one(tmp_path: Path) -> None:
    result = run("status", cwd=tmp_path)
    assert result.code == 3
    assert result.stderr == (
        f"error: no workspace at {tmp_path} or above it\n"
        "hint: Run `rtstore init` in the directory that holds your datasets.\n"
    )


def test_an_error_of_a_changing_command_says_that_nothing_was_changed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code, text = reported(LockedError("busy", hint="Wait."), capsys, changing=True)
    assert (code, text) == (9, "error: busy\nhint: Wait.\nnothing was changed\n")


def test_an_error_of_a_reading_command_does_not(capsys: pytest.CaptureFixture[str]) -> None:
    assert reported(DamagedError("a page is missing"), capsys) == (7, "error: a page is missing\n")


@pytest.mark.parametrize(
    "error",
    [
        NothingToDoError("nothing to commit"),
        FileChangedError("the command is done, but that file was left"),
        LockedError("busy. Nothing was changed"),
    ],
)
def test_it_is_not_said_twice_nor_where_it_is_untrue(
    error: Exception, capsys: pytest.CaptureFixture[str]
) -> None:
    assert "\nnothing was changed" not in reported(error, capsys, changing=True)[1]


def test_entries_that_are_in_the_way_are_listed_up_to_ten(capsys: pytest.CaptureFixture[str]) -> None:
    names = tuple(f"osk.jsonl#{number}" for number in range(12))
    code, text = reported(UncommittedChangesError("changes are in the way", entries=names), capsys)
    assert code == 6
    assert text.splitlines()[1:] == [*(f"  {name}" for name in names[:10]), "  and 2 more"]


def test_a_bug_is_one_line_without_a_traceback(capsys: pytest.CaptureFixture[str]) -> None:
    code, text = reported(ZeroDivisionError("division\nby zero"), capsys)
    assert code == 70
    assert text == (
        "internal error: ZeroDivisionError: division by zero; please report it; "
        "RTSTORE_DEBUG=1 shows the traceback\n"
    )


def test_a_bug_has_a_traceback_where_it_is_asked_for(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RTSTORE_DEBUG", "1")
    assert "Traceback" not in reported(ZeroDivisionError(), capsys)[1].partition("internal error")[2]
    try:
        raise ZeroDivisionError
    except ZeroDivisionError as error:
        assert "Traceback (most recent call last)" in reported(error, capsys)[1]


def test_an_interruption_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    code, text = reported(KeyboardInterrupt(), capsys)
    assert (code, text) == (130, "\ninterrupted; what was complete is kept, nothing is half done\n")


def test_a_refusal_of_the_operating_system_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    error = PermissionError(13, "Permission denied", "/data/osk.jsonl")
    assert reported(error, capsys) == (8, "error: /data/osk.jsonl: permission denied\n")


def test_stored_text_cannot_steer_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    assert reported(DamagedError("bad \x1b[2J name"), capsys)[1] == "error: bad \\x1b[2J name\n"


def test_an_interruption_ends_the_command(monkeypatch: pytest.MonkeyPatch, work: Path) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("rtstore.remote.store.Store.status", interrupt)
    assert run("status").code == 130


def test_a_reader_that_goes_away_is_no_error(work: Path) -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "rtstore", "log"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 141


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs a device that is always full")
@pytest.mark.parametrize("arguments", [("status",), ("--version",), ("cat", "HEAD:osk.jsonl")])
def test_output_that_cannot_be_written_is_one_line(work: Path, arguments: tuple[str, ...]) -> None:
    with open("/dev/full", "wb") as full:
        process = rtstore_process(*arguments, stdout=full)
    assert process.stderr == b"error: no space left on device\n"
    assert process.returncode == 8


def test_a_character_the_terminal_does_not_know_is_escaped(work: Path) -> None:
    import os

    assert run("branch", "caf\N{LATIN SMALL LETTER E WITH ACUTE}").code == 0
    process = rtstore_process(
        "branch", stdout=subprocess.PIPE, env={**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    )
    assert process.stdout.replace(b"\r", b"") == b"  caf\\xe9\n* main\n"


def test_missing_streams_are_no_error(monkeypatch: pytest.MonkeyPatch, work: Path) -> None:
    from rtstore.cli.run import run as run_command

    monkeypatch.setattr("sys.stdout", None)
    monkeypatch.setattr("sys.stderr", io.StringIO())
    assert run_command(["status"]) == 0
    sys.stdout.close()


def test_an_interruption_before_anything_has_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    import gc

    def interrupt(_: object) -> int:
        raise KeyboardInterrupt

    monkeypatch.setattr("sys.argv", ["rtstore", "status"])
    monkeypatch.setattr("rtstore.cli.run.run", interrupt)
    try:
        assert main() == 130
    finally:
        gc.enable()
        gc.unfreeze()


def test_a_command_that_waits_says_for_whom(work: Path) -> None:
    lock = Lock(str(work / ".rtstore" / "lock"))
    lock.acquire()
    command = subprocess.Popen(
        [sys.executable, "-m", "rtstore", "branch", "noir"], stderr=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert command.stderr is not None
    try:
        said = command.stderr.readline().decode()
    finally:
        lock.release()
        command.communicate(timeout=30)
    assert said == f"waiting for process {os.getpid()}, which is changing this store...\n"
    assert command.returncode == 0
