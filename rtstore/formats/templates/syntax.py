"""A template's syntax tree, changed so that what it does is counted; and the tag ``{% generation %}``.

Every place where work is done without a call that the sandbox sees gets a filter of ours: what a loop goes through,
what is written, texts joined with ``~``, slices, comparisons, lists and dicts written out.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from jinja2 import nodes
from jinja2.ext import Extension
from jinja2.parser import Parser
from jinja2.visitor import NodeTransformer

#: The filters that trees are changed to use, by names that no template has by chance.
LOOP: Final = "rtstore loop"
WRITE: Final = "rtstore write"
JOIN: Final = "rtstore join"
READ: Final = "rtstore read"
MADE: Final = "rtstore made"


class Counting(NodeTransformer):
    """Puts the filters in."""

    def visit_For(self, node: nodes.For) -> nodes.For:
        """Count the turns of a loop."""
        self.generic_visit(node)
        node.iter = _filtered(node.iter, LOOP)
        return node

    def visit_Output(self, node: nodes.Output) -> nodes.Output:
        """Count what is written."""
        self.generic_visit(node)
        node.nodes = [_filtered(child, WRITE) for child in node.nodes]
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Expr:
        """Join texts in a way that is counted."""
        self.generic_visit(node)
        first, *rest = node.nodes
        return _filtered(first, JOIN, rest)

    def visit_Compare(self, node: nodes.Compare) -> nodes.Compare:
        """Count what is compared."""
        self.generic_visit(node)
        for operand in node.ops:
            operand.expr = _read(operand.expr)
        node.expr = _read(node.expr)
        return node

    def visit_Getitem(self, node: nodes.Getitem) -> nodes.Expr:
        """Count what a slice makes."""
        self.generic_visit(node)
        return _filtered(node, MADE) if isinstance(node.arg, nodes.Slice) else node

    def visit_List(self, node: nodes.List) -> nodes.Expr:
        """Count a list that is written out."""
        return self._made(node, node.items)

    def visit_Tuple(self, node: nodes.Tuple) -> nodes.Expr:
        """Count a tuple that is written out, not one that is assigned to."""
        return node if node.ctx != "load" else self._made(node, node.items)

    def visit_Dict(self, node: nodes.Dict) -> nodes.Expr:
        """Count a dict that is written out."""
        return self._made(node, [pair.value for pair in node.items])

    def _made(self, node: nodes.Expr, values: list[nodes.Expr]) -> nodes.Expr:
        constant = all(isinstance(value, nodes.Const) for value in values)
        self.generic_visit(node)
        return node if constant else _filtered(node, MADE)


def _read(node: nodes.Expr) -> nodes.Expr:
    return node if isinstance(node, nodes.Const) else _filtered(node, READ)


def _filtered(node: nodes.Node, name: str, values: list[nodes.Expr] | None = None) -> nodes.Filter:
    made = nodes.Filter(node, name, values or [], [], None, None)
    made.set_lineno(node.lineno)
    return made


class Generation(Extension):
    """``{% generation %}``: what it encloses is the model's to say. ``environment.enclosed`` is called with it."""

    tags = {"generation"}  # noqa: RUF012 - so it is in jinja2

    def parse(self, parser: Parser) -> nodes.Node:
        """Parse the tag and what it encloses."""
        line = next(parser.stream).lineno
        body = parser.parse_statements(("name:endgeneration",), drop_needle=True)
        return nodes.CallBlock(self.call_method("_enclosed"), [], [], body).set_lineno(line)

    def _enclosed(self, caller: Callable[[], str]) -> str:
        environment: Any = self.environment
        text: str = environment.enclosed(caller())
        return text
