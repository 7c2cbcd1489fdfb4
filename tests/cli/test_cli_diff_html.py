"""The page of a difference: whole, safe, and the same wherever it is opened."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest
from diff_samples import (
    ANSWER,
    ASK,
    LATER,
    SYSTEM,
    WHEN,
    Dataset,
    Difference,
    added,
    dataset,
    edited,
    record,
    removed,
)

from rtstore.cli.diff.html import write
from rtstore.cli.diff.versions import Side
from rtstore.compare.difference import EntryChange, FieldChange
from rtstore.errors import UsageError

HOSTILE = "</q></style><script>alert(1)</script><img src=x onerror=alert(2)>\"' onload='x' & \u202egnp"
EMPTY = {"meta", "input"}
IMPLIED = {"html", "li", "meta"}


#: Makes a page of datasets.
Pages = Callable[..., "Page"]


class Page(HTMLParser):
    """A page as a browser understands it: tags and their attributes, and the text of each."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.source = source
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[str, str]] = []
        self._open: list[str] = []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in EMPTY:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        while self._open[-1] != tag:
            assert self._open.pop() in IMPLIED
        self._open.pop()

    def handle_data(self, data: str) -> None:
        if self._open:
            self.texts.append((self._open[-1], data))

    def of(self, tag: str) -> list[str]:
        """Return the texts directly in a kind of tag."""
        return [text for name, text in self.texts if name == tag]

    def attributes(self, tag: str, name: str) -> list[str]:
        return [found[name] or "" for each, found in self.tags if each == tag and name in found]


@pytest.fixture
def page(tmp_path: Path) -> Pages:
    def made(*datasets: Dataset) -> Page:
        path = tmp_path / "page.html"
        difference = Difference(bytes(32), None, datasets)
        write(difference, Side("3fa81c22d0aa", "Session 12"), Side("working files"), str(path))  # type: ignore[arg-type]
        assert [found.name for found in tmp_path.iterdir()] == ["page.html"]
        return Page(path.read_text(encoding="utf-8"))

    return made


def sample() -> Dataset:
    old = record(SYSTEM, ASK, ANSWER, WHEN, LATER, tags=["draft"])
    new = record(
        SYSTEM, ASK, ("assistant", "Not since the fog came in. Sit down."), WHEN, LATER, tags=["done"]
    )
    return dataset(
        edited(old, new),
        added(record(ASK, ANSWER)),
        removed(record(ASK)),
        registry=(FieldChange("tags/done", new={"name": "Done"}),),
    )


def test_a_page_fetches_nothing_and_runs_nothing(page: Pages) -> None:
    made = page(sample())
    assert {"script", "link", "img", "iframe", "base", "object"} & {tag for tag, _ in made.tags} == set()
    assert not re.search(r"https?://|url\(|@import|javascript:", made.source)
    (policy,) = [tag for tag in made.tags if tag[1].get("http-equiv") == "Content-Security-Policy"]
    assert policy[1]["content"] == "default-src 'none'; style-src 'unsafe-inline'"


def test_changed_words_are_marked_on_their_side(page: Pages) -> None:
    made = page(dataset(edited(record(ASK), record(("user", "Is that seat free?")))))
    assert (made.of("del"), made.of("ins")) == (["this", "taken"], ["that", "free"])


def test_unchanged_turns_are_folded(page: Pages) -> None:
    assert page(sample()).of("summary")[:2] == ["2 unchanged turns", "2 unchanged turns"]


def test_changes_of_the_registry_come_after_conversations_and_can_be_read(page: Pages) -> None:
    made = page(sample())
    assert made.source.index('id="d1-registry"') > made.source.rindex("<article")
    assert made.source.index('href="#d1-registry"') < made.source.index("<article")
    assert '{\n  "name": "Done"\n}' in "".join(made.of("ins"))
    assert made.attributes("details", "open") == [""]


def test_many_changes_of_the_registry_are_folded(page: Pages) -> None:
    registry = tuple(FieldChange(f"tags/{number}", new={"name": "Done"}) for number in range(40))
    made = page(sample()._replace(registry=registry))
    assert "<summary>Registry <small>40 changes</small></summary>" in made.source
    assert made.attributes("details", "open") == []


def test_an_edited_value_of_the_registry_is_compared_line_by_line(page: Pages) -> None:
    values = {"name": "Osk", "description": "The ferryman of the Patience, who says little."}
    registry = (FieldChange("characters/osk", values, {**values, "name": "Old Osk"}),)
    made = page(sample()._replace(registry=registry))
    assert "{\n  &quot;name&quot;: &quot;<ins>Old </ins>Osk&quot;,\n" in made.source


def test_the_mark_of_an_addition_hides_no_underscore(page: Pages) -> None:
    (rule,) = re.findall(r"^ins {[^}]*}", page(sample()).source, re.MULTILINE)
    assert "text-decoration: none" in rule
    assert "border-bottom" in rule


def test_a_long_text_is_folded_away_from_its_changes(page: Pages) -> None:
    text = "Nothing was lost. " * 200
    made = page(dataset(edited(record(("user", text)), record(("user", text + "Aye.")))))
    (summary,) = set(made.of("summary"))
    assert re.fullmatch(r"3,\d\d\d characters", summary)


def test_the_index_leads_to_every_entry(page: Pages) -> None:
    made = page(sample(), sample())
    links = [link[1:] for link in made.attributes("a", "href")]
    anchors = [
        name for tag in ("header", "section", "article", "details") for name in made.attributes(tag, "id")
    ]
    assert len(made.attributes("article", "id")) == 6
    assert set(links) == set(anchors)
    assert len(anchors) == len(set(anchors))


def test_there_is_a_filter_for_every_kind_there_is(page: Pages) -> None:
    made = page(sample())
    assert made.attributes("input", "id") == ["show-edited", "show-removed", "show-added"]
    assert made.of("label") == ["1 edited", "1 removed", "1 added"]
    for kind in ("edited", "removed", "added", "moved", "reformatted"):
        assert f"body:has(#show-{kind}:not(:checked)) .is-{kind}" in made.source


def test_stored_text_is_never_markup(page: Pages) -> None:
    old = record((HOSTILE, HOSTILE), ANSWER, **{HOSTILE: [HOSTILE], "tags": ["a"]})
    new = record((HOSTILE, HOSTILE + " more"), WHEN, **{HOSTILE: HOSTILE, "tags": [HOSTILE]})
    registry = (FieldChange(HOSTILE, HOSTILE, {HOSTILE: HOSTILE}),)
    made = page(
        dataset(edited(old, new), added(new), removed(old), registry=registry)._replace(path=HOSTILE),
    )
    assert {"script", "img"} & {tag for tag, _ in made.tags} == set()
    assert {name for _, attributes in made.tags for name in attributes} <= {
        *("lang", "charset", "name", "content", "http-equiv", "id", "class", "href", "title"),
        *("dir", "type", "checked", "open", "aria-label", "aria-hidden"),
    }
    assert "\u202e" not in made.source
    assert any("<script>alert(1)</script>" in text for text in made.of("div"))


def test_what_no_file_can_hold_does_not_stop_the_page(page: Pages) -> None:
    text = b'{"messages": [{"role": "user", "content": "\\ud800 and \\u0000"}]}'
    assert any("\\ud800 and \\x00" in said for said in page(dataset(added(text))).of("div"))


def test_no_difference(page: Pages) -> None:
    assert page().of("p")[-1] == "No differences."


def test_moved_and_reformatted_entries_say_so(page: Pages) -> None:
    text = record(ASK)
    moved = EntryChange("moved", b"\x01" * 16, 8, 2, text, text, moved=True)
    made = page(dataset(moved, EntryChange("reformatted", b"\x02" * 16, 4, 4, text, text)))
    assert "#9 → #3" in made.of("span")
    assert made.of("p")[-1] == "Only written differently: its content is the same."


def test_what_is_no_page_is_not_overwritten(tmp_path: Path) -> None:
    data = tmp_path / "mara.jsonl"
    data.write_text("{}\n")
    with pytest.raises(UsageError, match=r"is no name for a page"):
        write(Difference(bytes(32), None, []), Side("a"), Side("b"), str(data))  # type: ignore[arg-type]
    assert data.read_text() == "{}\n"


def test_a_page_that_cannot_be_finished_leaves_the_one_before(tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text("before")

    def broken() -> Iterator[EntryChange]:
        yield added(record(ASK))
        raise UsageError("the file was changed")

    with pytest.raises(UsageError):
        write(
            Difference(bytes(32), None, [dataset()._replace(entries=broken())]),  # type: ignore[arg-type]
            Side("a"),
            Side("b"),
            str(path),
        )
    assert [(found.name, found.read_text()) for found in tmp_path.iterdir()] == [("page.html", "before")]
