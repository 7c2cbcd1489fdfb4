"""The repository as a newcomer finds it: nothing unexpected, unfinished, dangling, or of one machine only."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest
from architecture.package_source import ROOT

TOP_LEVEL = {
    "CHANGELOG.md",
    "LICENSE",
    "README.md",
    "docs",
    "fixtures",
    "pyproject.toml",
    "rtstore",
    "tests",
}
SOURCES = ("rtstore", "tests")
PAGES = ("README.md", "CHANGELOG.md", "docs", "fixtures", "tests")
#: Written so that this file is not one of those they find.
UNFINISHED = re.compile(r"\bTO[D]O\b|\bFIX[M]E\b|\bX{3}\b|NotImplemented[E]rror")
SKIPPED = re.compile(r"pytest\.(skip|xfail|importor[s]kip)\(|mark\.(skip|xfail)\b|unittest\.[s]kip")
#: Examples are of a user called mara.
ONE_MACHINE = re.compile(
    r"(?<![\w.:/$}])/(?:(?:home|Users)/(?!mara\b)|root/|work/|var/folders/)\w+"
    r"|\b[A-Z]:\\+Users\b"
)
LINK = re.compile(r"(?<!!)\[[^\]\[]*\]\(([^)\s]+)\)|!\[[^\]]*\]\(([^)\s]+)\)")
CODE = re.compile(r"^(```|~~~).*?^\1|`[^`\n]*`", re.MULTILINE | re.DOTALL)


def files(*names: str, suffix: str) -> Iterator[Path]:
    """Yield the files with a suffix among what is named, and below it."""
    for name in names:
        path = ROOT / name
        yield from [path] if path.is_file() else sorted(path.rglob(f"*{suffix}"))


def lines_with(pattern: re.Pattern[str], paths: Iterator[Path]) -> list[str]:
    """Return where a pattern is found, line by line."""
    return [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()}"
        for path in paths
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if pattern.search(line)
    ]


def test_the_top_level_holds_only_what_is_named() -> None:
    ignored = [line.strip("/") for line in (ROOT / ".gitignore").read_text().splitlines() if line]
    found = {path.name for path in ROOT.iterdir() if not path.name.startswith(".")}
    assert {name for name in found if not any(fnmatch(name, one) for one in ignored)} <= TOP_LEVEL


def test_nothing_is_left_unfinished() -> None:
    assert lines_with(UNFINISHED, files(*SOURCES, suffix=".py")) == []


def test_no_test_is_skipped_but_for_what_a_platform_does_not_have() -> None:
    assert lines_with(SKIPPED, files("tests", suffix=".py")) == []


@pytest.mark.parametrize("suffix", [".py", ".md", ".toml"])
def test_nothing_names_a_path_of_one_machine(suffix: str) -> None:
    places = ("rtstore", "docs", "fixtures", "README.md", "CHANGELOG.md", "pyproject.toml")
    here = {path for path in files(*places, suffix=suffix) if path.suffix == suffix and path.exists()}
    assert lines_with(ONE_MACHINE, iter(sorted(here))) == []


def test_links_between_pages_lead_somewhere() -> None:
    dangling = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in files(*PAGES, suffix=".md")
        if page.exists()
        for target in links(page)
        if not leads_somewhere(page, target)
    ]
    assert dangling == []


def links(page: Path) -> Iterator[str]:
    """Yield where a page links to within the repository."""
    for found in LINK.finditer(CODE.sub("", page.read_text(encoding="utf-8"))):
        target = str(found[1] or found[2])
        if "://" not in target and not target.startswith("mailto:"):
            yield target


def leads_somewhere(page: Path, target: str) -> bool:
    """Tell whether a link names a file that is there, and if it names a heading, one that is in it."""
    name, _, heading = target.partition("#")
    path = (page.parent / name).resolve() if name else page
    if not path.exists() or not path.is_relative_to(ROOT):
        return False
    return not heading or heading in headings(path)


def headings(page: Path) -> set[str]:
    """Return the headings of a page as links name them."""
    text = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    titles = re.findall(r"^#+ +(.*)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).strip().replace(" ", "-") for title in titles}
