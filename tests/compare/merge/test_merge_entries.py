"""Three versions of a list of entries: a case for every rule, written as words.

A word is an entry: its first letter is which one, the rest what its record says. Lower-case letters are edits that
go together (``ax`` and ``ay`` make ``axy``), capitals are words for one place (``aX`` and ``aY`` clash), ``~`` is
formatting, ``'`` an annotation, ``/`` an odd separator.
"""

from __future__ import annotations

from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from memory_store import MemoryStore
from tree_samples import SMALL

from rtstore.compare.merge.entries import merge_entries
from rtstore.compare.merge.outcome import MergedEntries, Source
from rtstore.compare.merge.versions import Joined, Version
from rtstore.history.columns import Columns
from rtstore.history.splice import splice
from rtstore.history.tree import Tree
from rtstore.history.treebuild import build
from rtstore.model.ids import Kind, entry_id_of_duplicate


def id_of(letter: str) -> bytes:
    return letter.encode().ljust(16, b".")


class Words:
    """Versions written as words, and what brings their records together."""

    has_renames = True

    def __init__(self) -> None:
        self.store = MemoryStore()

    def tree(self, words: str) -> Tree:
        columns = Columns()
        for word in words.split():
            record = word.replace("'", "").replace("/", "")
            annotation = self.store.add(Kind.ANNOTATION, b"note") if "'" in word else None
            columns.append(id_of(word[0]), self.record(record), annotation, b"\r\n" if "/" in word else None)
        return Tree(self.store, build(self.store, columns, SMALL))

    def record(self, text: str) -> bytes:
        return self.store.add(Kind.RECORD, text.encode())

    def text(self, record: bytes) -> str:
        return self.store.objects[Kind.RECORD, record].decode()

    def words(self, tree: Tree) -> str:
        found = []
        for entry in tree.entries():
            word = self.text(entry.record)
            if entry.entry != id_of(word[0]):
                word += "(new id)"
            found.append(word + "'" * bool(entry.annotation) + "/" * bool(entry.separator))
        return " ".join(found)

    def join(self, base: Version | None, ours: Version, theirs: Version, choose: str | None) -> Joined:
        before = self.text(base.record) if base else ""
        mine, other = self.text(ours.record), self.text(theirs.record)
        clash = {c for c in mine if c.isupper()} not in ({c for c in other if c.isupper()}, set())
        clash = clash and any(c.isupper() for c in other)
        new = [c for c in other if c not in before and c not in mine and not (clash and c.isupper())]
        gone = {c for c in before if c not in other}
        text = "".join(c for c in mine if c not in gone) + "".join(new)
        if clash and choose == "theirs":
            text = other
        return Joined(Version(self.record(text), ours.annotation or theirs.annotation), 0, clash)

    def outweighs_removal(self, old: Version, new: Version) -> bool:
        texts = [self.text(version.record).replace("~", "") for version in (old, new)]
        return texts[0] != texts[1] or old.annotation != new.annotation

    def renamed(self, version: Version, side: str) -> Version:
        """``n`` got the name ``o``, by ours as seen in theirs, and the other way round."""
        return version._replace(record=self.record(self.text(version.record).replace("n", "o")))


class Case(NamedTuple):
    """``result`` says what is left, ``conflicts`` which entries clash and how, ``notices`` which are told of."""

    name: str
    base: str
    ours: str
    theirs: str
    result: str
    conflicts: str = ""
    notices: str = ""


CASES = [
    # changed on one side
    Case("nothing changed", "a b c", "a b c", "a b c", "a b c"),
    Case("theirs edited", "a b c", "a b c", "a bx c", "a bx c"),
    Case("ours edited", "a b c", "a bx c", "a b c", "a bx c"),
    Case("both edited different entries", "a b c", "ax b c", "a b cy", "ax b cy"),
    Case("theirs annotated", "a b c", "a b c", "a b' c", "a b' c"),
    Case("theirs annotated what ours edited", "a b", "a bx", "a b'", "a bx'"),
    Case("theirs removed", "a b c", "a b c", "a c", "a c"),
    Case("ours removed", "a b c", "a c", "a b c", "a c"),
    Case("theirs changed what follows a record", "a b c", "ax b c", "a/ b c", "ax/ b c"),
    Case("both changed what follows a record", "a/ b c", "a b c", "ax b c", "ax b c"),
    # the same change on both sides
    Case("the same edit", "a b", "ax b", "ax b", "ax b"),
    Case("the same removal", "a b c", "a c", "a c", "a c"),
    Case("the same move", "a b c d", "d a b c", "d a b c", "d a b c"),
    Case("the same addition", "a b", "a z b", "a z b", "a z b"),
    # inside an entry
    Case("different turns", "a b", "ax b", "ay b", "axy b"),
    Case("different words of a turn at one place", "a b", "aX b", "aY b", "aX b", "a edited"),
    Case("clash and agreement in one entry", "a b", "aXp b", "aYq b", "aXpq b", "a edited"),
    # edited and removed
    Case("ours edited, theirs removed", "a b c", "a bx c", "a c", "a bx c", "b edited/removed"),
    Case("ours removed, theirs edited", "a b c", "a c", "a bx c", "a c", "b removed/edited"),
    Case("ours annotated, theirs removed", "a b c", "a b' c", "a c", "a b' c", "b edited/removed"),
    Case("ours reformatted, theirs removed", "a b c", "a b~ c", "a c", "a c"),
    Case("ours removed, theirs reformatted", "a b c", "a c", "a b~ c", "a c"),
    Case("removed, what follows changed", "a b c", "a b/ c", "a c", "a c"),
    # moved and removed
    Case("ours moved, theirs removed", "a b c d", "d a b c", "a b c", "a b c"),
    Case("ours removed, theirs moved", "a b c d", "a b c", "d a b c", "a b c"),
    # reformatted and edited
    Case("ours reformatted, theirs edited", "a b", "a~ b", "ax b", "a~x b"),
    Case("ours edited, theirs reformatted", "a b", "ax b", "a~ b", "ax~ b"),
    # added
    Case("both added different ones", "a b", "a y b", "a z b", "a y z b"),
    Case("both added at the end", "a", "a y", "a z", "a y z"),
    Case("both added at the start", "a", "y a", "z a", "y z a"),
    Case("added to nothing", "", "y", "z", "y z"),
    Case("one id, different content", "a", "a z", "a zx", "a z zx(new id)", notices="z"),
    Case("one addition annotated", "a", "a z", "a z'", "a z'"),
    # moved
    Case("theirs moved", "a b c d", "a b c d", "a d b c", "a d b c"),
    Case("ours moved", "a b c d", "b c d a", "a b c d", "b c d a"),
    Case("moved differently", "a b c d e", "e a b c d", "a e b c d", "e a b c d", notices="e"),
    Case(
        "theirs added inside what ours moved",
        "a b c d e f g h i",
        "a b f g h i c d e",
        "a b c x d y e f g h i",
        "a b f g h i c x d y e",
    ),
    Case(
        "theirs added behind what ours moved something behind",
        "a b c d e f g h",
        "a b h c d e f g",
        "a b x c d e f g h",
        "a b h x c d e f g",
    ),
    Case("ours edited, theirs moved", "a b c d", "ax b c d", "b c d a", "b c d ax"),
    Case("theirs edited and moved", "a b c d", "a b c d", "b c d ax", "b c d ax"),
    Case("both edited, theirs moved", "a b c d", "ax b c d", "b c d ay", "b c d axy"),
    Case("clash in what theirs moved", "a b c d", "aX b c d", "b c d aY", "b c d aX", "a edited"),
    # new names
    Case("theirs uses an old name", "a b", "a b", "a bxn zn", "a bxo zo"),
    Case("ours uses an old name", "a b c", "a bxn zn c", "a b cx", "a bxo zo cx"),
    # order
    Case("a run stays together", "a b c", "a b c", "a x y z b c", "a x y z b c"),
    Case("the neighbour is gone", "a b c", "a c", "a b z c", "a z c"),
    Case("all neighbours are gone", "a b c", "c", "a b z c", "z c"),
    Case("the neighbour moved", "a b c d", "a c d b", "a b z c d", "a c d b z"),
    Case("behind the run of ours", "a b", "a x y b", "a z b", "a x y z b"),
    Case("between what both added", "a b", "a x y b", "a x z y b", "a x z y b"),
    Case("more at the end of what both added", "a", "a x y", "a x y z", "a x y z"),
    Case("a run around what is gone", "a b c", "a c", "a x b y c", "a x y c"),
    Case("a moved run", "a b c d e f", "a b c d e f", "e f a b c d", "e f a b c d"),
    Case("ours' own run where theirs removed", "a b c", "a b y c", "a z c", "a y z c"),
    Case("theirs shuffled, ours edited", "a b c d", "a bx c d", "d c b a", "d c bx a"),
]  # fmt: skip


def merged(words: Words, base: str, ours: str, theirs: str, choose: str | None = None) -> MergedEntries:
    trees = [words.tree(text) for text in (base, ours, theirs)]
    return merge_entries(*trees, words, b"\n", choose)


def result(words: Words, base: str, ours: str, theirs: str, choose: str | None = None) -> str:
    outcome = merged(words, base, ours, theirs, choose)
    root = splice(words.store, words.store, words.tree(ours).root, outcome.splices, SMALL)
    return words.words(Tree(words.store, root))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_rule(case: Case) -> None:
    words = Words()
    outcome = merged(words, case.base, case.ours, case.theirs)
    assert result(words, case.base, case.ours, case.theirs) == case.result
    assert " ".join(f"{chr(c.entry[0])} {c.kind}" for c in outcome.conflicts) == case.conflicts
    new = {entry_id_of_duplicate(id_of("z"), words.record("zx"), 0): "z"}
    assert " ".join(new.get(n.entry, chr(n.entry[0])) for n in outcome.notices) == case.notices


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_conflict_says_where_it_is_in_the_result(case: Case) -> None:
    words = Words()
    for conflict in merged(words, case.base, case.ours, case.theirs).conflicts:
        found = case.result.split()[conflict.position : conflict.position + 1]
        if conflict.left is None:
            assert conflict.position == 1 and found == ["c"]
        else:
            assert found == [words.text(conflict.left.record) + "'" * bool(conflict.left.annotation)]


CHOICES = [
    # base, ours, theirs; then what is left when ours, theirs, the base decides
    ("a b", "aXp b", "aYq b", "aXpq b", "aYq b", "a b"),
    ("a b c", "a bx c", "a c", "a bx c", "a c", "a b c"),
    ("a b c", "a c", "a bx c", "a c", "a bx c", "a b c"),
    ("a b c d", "aX b c d", "b c d aY", "b c d aX", "b c d aY", "b c d a"),
]


@pytest.mark.parametrize(("base", "ours", "theirs", "by_ours", "by_theirs", "by_base"), CHOICES)
def test_a_side_can_be_chosen_to_decide(
    base: str, ours: str, theirs: str, by_ours: str, by_theirs: str, by_base: str
) -> None:
    words = Words()
    assert result(words, base, ours, theirs, "ours") == by_ours
    assert result(words, base, ours, theirs, "theirs") == by_theirs
    assert result(words, base, ours, theirs, "base") == by_base


def test_what_was_decided_is_still_told() -> None:
    words = Words()
    (conflict,) = merged(words, "a b", "aX b", "aY b", "theirs").conflicts
    assert (conflict.left, conflict.theirs) == (Version(words.record("aY"), None),) * 2


def test_equal_additions_under_different_ids_are_one_entry() -> None:
    words = Words()
    trees = [words.tree(text) for text in ("a", "a z", "a z")]
    columns = Columns()
    columns.append(id_of("a"), words.record("a"))
    columns.append(id_of("q"), words.record("z"))
    trees[2] = Tree(words.store, build(words.store, columns, SMALL))
    assert merge_entries(*trees, words, b"\n").splices == []


def test_a_new_id_that_is_taken_too_is_passed_over() -> None:
    words = Words()
    first = entry_id_of_duplicate(id_of("z"), words.record("zx"), 0)
    columns = Columns()
    for entry, text in ((id_of("a"), "a"), (first, "a"), (id_of("z"), "z")):
        columns.append(entry, words.record(text))
    ours = Tree(words.store, build(words.store, columns, SMALL))
    outcome = merge_entries(words.tree("a"), ours, words.tree("a zx"), words, b"\n")
    second = entry_id_of_duplicate(id_of("z"), words.record("zx"), 1)
    assert bytes(outcome.splices[0].columns.entries) == second


def test_sources_say_where_the_stamps_can_be_taken_from() -> None:
    words = Words()
    assert merged(words, "a b c", "a b c", "a bx z").sources == [
        [Source(1, 1, theirs_record=True)], [], [Source(None, 2, theirs_record=True)],
    ]  # fmt: skip
    assert merged(words, "a b", "ax b", "ay b").sources == [[Source(0, 0, places=0)]]


_orders = st.permutations("abcdefgh").flatmap(lambda order: st.integers(0, 8).map(lambda n: order[:n]))
_versions = st.tuples(
    _orders, st.sets(st.sampled_from("abcdefgh")), st.sets(st.sampled_from("stuvwxyz"))
).map(lambda drawn: " ".join([*(c + "x" * (c in drawn[1]) for c in drawn[0]), *sorted(drawn[2])]))


@given(_versions, _versions)
def test_a_merge_with_itself_or_with_the_base_changes_nothing(ours: str, base: str) -> None:
    words = Words()
    assert merged(words, base, ours, ours).splices == []
    assert merged(words, base, ours, base).splices == []
    assert result(words, base, base, ours) == ours


@given(_versions, _versions)
def test_without_conflicts_a_merge_is_symmetric_up_to_order(ours: str, theirs: str) -> None:
    words = Words()
    base = "a b c d e f g h"
    first, second = merged(words, base, ours, theirs), merged(words, base, theirs, ours)
    assert len(first.conflicts) == len(second.conflicts)
    if not first.conflicts:
        both = [result(words, base, *pair) for pair in ((ours, theirs), (theirs, ours))]
        assert sorted(both[0].split()) == sorted(both[1].split())


@given(_versions, _versions)
def test_the_entries_are_those_of_a_naive_merge(ours: str, theirs: str) -> None:
    words = Words()
    base = "a b c d e f g h"
    gone = {
        word
        for word in base.split()
        if word not in {w[0] for w in ours.split()} & {w[0] for w in theirs.split()}
    }
    expected = {w[0] for w in ours.split()} | {w[0] for w in theirs.split()}
    left = {w[0] for w in result(words, base, ours, theirs).split()}
    clashes = {chr(c.entry[0]) for c in merged(words, base, ours, theirs).conflicts}
    assert left - clashes == expected - gone - clashes
    assert len(result(words, base, ours, theirs).split()) == len(left)
