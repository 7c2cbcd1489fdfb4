"""What is plain in a backup is fit to be read by people."""

from __future__ import annotations

import json
import subprocess
import sys

from rtstore.remote.recovery import plain_files


def test_it_has_at_most_60_lines_that_fit_on_a_screen() -> None:
    lines = plain_files()["restore.py"].decode("ascii").splitlines()
    assert len(lines) <= 60
    assert max(map(len, lines)) <= 110


def test_the_python_it_is_tried_with_has_nothing_but_the_standard_library() -> None:
    code = "import importlib.util as util; print(util.find_spec('rtstore'), util.find_spec('zstandard'))"
    command = [sys.executable, "-I", "-S", "-c", code]
    assert subprocess.run(command, capture_output=True, check=True).stdout == b"None None\n"


def test_the_readme_and_the_format_are_there() -> None:
    files = plain_files()
    assert set(files) == {".gitattributes", "README.md", "format.json", "restore.py"}
    assert json.loads(files["format.json"]) == {"format": "rtstore backup", "version": 1}
    assert b"python3 restore.py" in files["README.md"]
