"""Replacing parts of a tree: a new version at a cost that follows the change.

It goes level by level from the leaves up. On each level the pages around every change are gathered into
*groups* that begin and end at natural boundaries, in the old version and in the new one, so that cutting a
group into pages gives just the pages that building the whole sequence would give. The pages of the groups are
the changes of the level above.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from typing import NamedTuple

from rtstore.history.columns import Children, Columns, Items
from rtstore.history.shape import STORE_SHAPE, Shape
from rtstore.history.tree import PageRef, Root, Tree
from rtstore.history.treebuild import Builder, OldPage, build
from rtstore.model.ids import ENTRY_ID_SIZE
from rtstore.storage.interface import ObjectReader, ObjectWriter


class Splice(NamedTuple):
    """Replace the old entries at positions ``start`` to before ``stop`` by ``columns``."""

    start: int
    stop: int
    columns: Columns


def splice(
    reader: ObjectReader,
    writer: ObjectWriter,
    root: Root,
    splices: Sequence[Splice],
    shape: Shape = STORE_SHAPE,
) -> Root:
    """Write the version of a tree in which ``splices`` are done, and return its root.

    The positions are those of the old version; the splices must be in order and must not overlap. The result
    has the root that ``build`` gives to the same sequence; as there, a separator noted for the last entry is
    dropped. Only pages written before this call are read.

    Raises:
        ValueError: the splices are out of order, overlap, or reach beyond the entries.
        DamagedError: a page of the old version is missing or damaged.
    """
    _check_order(splices, root.count)
    if not splices:
        return root
    if not root.count:
        return build(writer, _joined(splices), shape)
    return _Splicer(reader, root, Builder(writer, shape)).run(splices)


class _Change(NamedTuple):
    """The items over the entries ``start`` to ``stop`` of the old version are replaced by ``items``."""

    start: int
    stop: int
    items: Items


class _Group(NamedTuple):
    """A change that begins and ends at natural boundaries. ``replaced``: old pages its pages may resemble."""

    start: int
    stop: int
    items: Items
    replaced: list[OldPage]


class _Splicer:
    def __init__(self, reader: ObjectReader, root: Root, builder: Builder) -> None:
        self._reader = reader
        self._tree = Tree(reader, root)
        self._builder = builder

    def run(self, splices: Sequence[Splice]) -> Root:
        changes = [_Change(*each) for each in _without_last_separator(self._tree, splices)]
        level = 0
        while True:
            groups = self._groups(level, changes)
            # The root page is a group that holds everything, so this ends there at the latest.
            if groups[0].stop - groups[0].start == len(self._tree):
                return self._finish(groups[0])
            cut = self._builder.cut
            changes = [_Change(group.start, group.stop, cut(group.items, group.replaced)) for group in groups]
            level += 1

    def _finish(self, whole: _Group) -> Root:
        if not whole.items:
            return Root()
        root = self._builder.raise_to_root(whole.items, whole.replaced)
        # Where all pages of a level but one are gone, the tree is lower than it was.
        while root.height and (child := self._only_child(root)) is not None:
            root = child
        return root

    def _only_child(self, root: Root) -> Root | None:
        assert root.id is not None
        page = self._builder.inner.get(root.id)
        if page is None:
            tree = Tree(self._reader, root)
            page = tree.inner(tree.top())
        return Root(page.pages, root.height - 1, root.count) if len(page) == 1 else None

    def _groups(self, level: int, changes: list[_Change]) -> list[_Group]:
        waiting = deque(changes)
        groups = []
        while waiting:
            groups.append(self._group(level, waiting))
        return groups

    def _group(self, level: int, waiting: deque[_Change]) -> _Group:
        """Take the group around the first change, and with it all changes that fall into the group."""
        tree, natural = self._tree, self._builder.shape.is_natural
        items: Items = Children(level) if level else Columns()
        page = self._start_of_run(level, min(waiting[0].start, len(tree) - 1))
        start = done = page.start
        replaced = []
        while True:
            replaced.append(OldPage(page, tree.content(page)))
            while waiting and (waiting[0].start < page.stop or page.stop == len(tree)):
                change = waiting.popleft()
                self._take(items, page, done, change.start)
                _extend(items, change.items)
                done = change.stop
                if done > page.stop:  # The pages between are gone; nobody need look at them.
                    page = tree.page_at(level, done - 1)
                    replaced.append(OldPage(page, tree.content(page)))
            self._take(items, page, done, page.stop)
            done = page.stop
            last = bytes(items.keys[-ENTRY_ID_SIZE:])
            if done == len(tree) or (natural(page.last, level) and (not items or natural(last, level))):
                return _Group(start, done, items, replaced)
            page = tree.page_at(level, done)

    def _start_of_run(self, level: int, position: int) -> PageRef:
        """Return the first page of the run that holds ``position``: all of a run decides its splits."""
        page = self._tree.page_at(level, position)
        while page.start:
            before = self._tree.page_at(level, page.start - 1)
            if self._builder.shape.is_natural(before.last, level):
                break
            page = before
        return page

    def _take(self, items: Items, page: PageRef, start: int, stop: int) -> None:
        """Append what a page of the old version has over the entries from ``start`` to ``stop``."""
        if start >= stop:
            return
        if isinstance(items, Columns):
            items.extend_from_page(self._tree.leaf(page), start - page.start, stop - page.start)
        else:
            first, beyond = (self._tree.children_before(page, position) for position in (start, stop))
            items.extend_from_page(self._tree.inner(page), first, beyond)


def _extend(items: Items, more: Items) -> None:
    if isinstance(items, Columns):
        assert isinstance(more, Columns)
        items.extend(more)
    else:
        assert isinstance(more, Children)
        items.extend(more)


def _check_order(splices: Sequence[Splice], count: int) -> None:
    done = 0
    for start, stop, _ in splices:
        if not done <= start <= stop <= count:
            raise ValueError(f"a splice of {start} to {stop} after {done}, of {count} entries")
        done = stop


def _joined(splices: Sequence[Splice]) -> Columns:
    if len(splices) == 1:
        return splices[0].columns
    columns = Columns()
    for each in splices:
        columns.extend(each.columns)
    return columns


def _without_last_separator(tree: Tree, splices: Sequence[Splice]) -> list[Splice]:
    """Return splices that do the same and leave the new last entry without a separator."""
    result = list(splices)
    end = len(tree)
    for index in range(len(result) - 1, -1, -1):
        start, stop, columns = result[index]
        if stop < end:
            break
        if columns:
            result[index] = Splice(start, stop, columns.without_last_separator())
            return result
        end = start
    else:
        index = -1
    if 0 < end < len(tree):
        leaf, place = tree.locate(end - 1)
        last = Columns()
        last.extend_from_page(leaf, place, place + 1)
        if last.separators:
            result.insert(index + 1, Splice(end - 1, end, last.without_last_separator()))
    return result
