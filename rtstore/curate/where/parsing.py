"""Reading an expression: text in, its parts out; or an error that shows the place."""

from __future__ import annotations

import re
from functools import cache
from typing import Any, Final

from lark import Lark, Token, Transformer, UnexpectedInput, v_args
from lark.exceptions import UnexpectedCharacters, UnexpectedToken, VisitError

from rtstore.curate.where.grammar import EXPECTED, GRAMMAR
from rtstore.curate.where.problems import problem
from rtstore.curate.where.syntax import Compare, Joined, Node, Not, Present, Since, Spelling, Value
from rtstore.errors import ExpressionError

#: Characters of an expression: enough for a list of a thousand ids.
MAX_LENGTH: Final = 16_384
#: How deep conditions may be nested.
MAX_DEPTH: Final = 64
KINDS: Final = ("changed", "added", "edited")
_CLOSED: Final = re.compile(r"""(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')""", re.DOTALL).match
_ESCAPED: Final = re.compile(r"\\(.)", re.DOTALL)
_NAMED: Final = {"n": "\n", "t": "\t", "r": "\r"}


def parse(text: str) -> Node:
    """Return the parts of an expression. What its names mean is not looked at.

    Raises:
        ExpressionError: it is none, or too long, or nested too deep.
    """
    if len(text) > MAX_LENGTH:
        raise ExpressionError(
            f"the expression has {len(text):,} characters, and may have {MAX_LENGTH:,}", column=MAX_LENGTH
        )
    if not text.strip():
        raise ExpressionError("the expression is empty", column=1, hint="For example: tag = approved")
    try:
        tree = _parser().parse(text)
    except UnexpectedToken as error:
        raise _unexpected(text, error) from None
    except UnexpectedCharacters as error:
        raise _unreadable(text, error) from None
    except UnexpectedInput as error:
        raise problem(text, len(text) + 1, "the expression ends too early") from error
    _check_depth(tree)
    try:
        return _Parts(text).transform(tree)
    except VisitError as error:
        raise error.orig_exc from None


@cache
def _parser() -> Lark:
    return Lark(GRAMMAR, parser="lalr", propagate_positions=False, maybe_placeholders=False)


def _check_depth(tree: Any) -> None:
    """Raise unless a tree can be gone through by recursion."""
    level, waiting = 0, [tree]
    while waiting:
        waiting = [child for node in waiting for child in getattr(node, "children", ())]
        level += 1
        if level > MAX_DEPTH:
            raise ExpressionError(f"the expression is nested more than {MAX_DEPTH} levels deep", column=1)


@v_args(inline=True)
class _Parts(Transformer[Token, Node]):
    """Makes the parts of an expression of lark's tree."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self._text = text

    def either(self, *items: Node) -> Node:
        return Joined("or", items)

    def both(self, *items: Node) -> Node:
        return Joined("and", items)

    def negated(self, item: Node) -> Node:
        return Not(item)

    def operand(self, token: Token) -> Token:
        return token

    def present(self, operand: Token) -> Node:
        return Present(str(operand), _column(operand))

    def compared(self, operand: Token, operator: Token, value: Value) -> Node:
        return Compare(str(operand), str(operator), (value,), _column(operand))

    def among(self, operand: Token, *values: Value) -> Node:
        return Compare(str(operand), "=", values, _column(operand))

    def not_among(self, operand: Token, *values: Value) -> Node:
        return Compare(str(operand), "!=", values, _column(operand))

    def since(self, kind: Token, revision: Token) -> Node:
        word = kind.lower()
        if word not in KINDS:
            raise problem(
                self._text,
                _column(kind),
                f"{str(kind)!r} cannot stand before since",
                f"Write one of: {', '.join(f'{one} since REV' for one in KINDS)}",
            )
        return Since(word, _unquoted(revision) if revision.type == "STRING" else str(revision))

    def value(self, token: Token) -> Value:
        column = _column(token)
        if token.type == "WORD":
            return Value("word", str(token), "", column)
        body, flags = _split(token)
        if unknown := set(flags) - {"i", "w"}:
            raise problem(
                self._text,
                column + len(body) + 2,
                f"{min(unknown)!r} is no flag",
                "After a text or /regex/ there may be i (ignore case) and w (whole words).",
            )
        spelling: Spelling = "string" if token.type == "STRING" else "regex"
        text = _unescaped(body) if spelling == "string" else body.replace("\\/", "/")
        return Value(spelling, text, "".join(sorted(set(flags))), column)


def _column(token: Token) -> int:
    return (token.start_pos or 0) + 1


def _split(token: str) -> tuple[str, str]:
    """Return what is between the quotes or slashes, and the flags behind them."""
    end = token.rindex(token[0])
    return token[1:end], token[end + 1 :]


def _unquoted(token: str) -> str:
    return _unescaped(_split(token)[0])


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda found: _NAMED.get(found[1], found[1]), text)


def path_steps(path: str) -> tuple[str | int, ...]:
    """Return the names and indexes of a path: ``.metadata."my key"[0]``."""
    found = re.finditer(r'\.(?:([\w$-]+)|"((?:[^"\\]|\\.)*)")|\[(\d+)\]', path)
    return tuple(int(each[3]) if each[3] else each[1] or _unescaped(each[2]) for each in found)


def _unexpected(text: str, error: UnexpectedToken) -> ExpressionError:
    token, expected = error.token, set(error.accepts or error.expected)
    if "$END" in expected:
        expected |= {"_AND", "_OR"}  # what was complete had been put together before the token was looked at
    wanted = list(dict.fromkeys(EXPECTED[name] for name in EXPECTED if name in expected))
    words = " or ".join([", ".join(wanted[:-1]), wanted[-1]] if wanted[:-1] else wanted)
    if token.type == "$END":
        return problem(text, len(text) + 1, f"the expression ends where {words} is expected")
    column = _column(token)
    if what := _unclosed(text, column - 1):
        return problem(text, column, what)
    advice = _advice(text, column - 1, expected)
    return problem(text, column, f"{str(token)!r} is not expected here, but {words}", advice)


def _advice(text: str, at: int, expected: set[str]) -> str | None:
    if text[at - 1 : at + 1] == "==":
        return "Equal is written: ="
    if text[at] in "&|!":
        return "Conditions are joined by: and, or, not"
    if "_AND" in expected and (text[at].isalnum() or text[at] in "\"'"):
        return "Several words are one value in quotes; conditions are joined by and, or."
    return None


def _unclosed(text: str, at: int) -> str | None:
    """Return what to say of a quote or slash where nothing is that begins with one; None if there is none."""
    if text[at] in "\"'" and not _CLOSED(text, at):
        return "this quote is never closed"
    return "this regular expression has no / at its end" if text[at] == "/" else None


def _unreadable(text: str, error: UnexpectedCharacters) -> ExpressionError:
    at = error.pos_in_stream or 0
    what = _unclosed(text, at) or f"{text[at]!r} is not expected here"
    return problem(text, at + 1, what, _advice(text, at, set()))
