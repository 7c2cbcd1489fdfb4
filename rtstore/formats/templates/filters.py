"""The filters a template has: jinja2's, but for those that are random or make much of little; and our own, by which
a changed syntax tree is counted.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from functools import update_wrapper
from typing import Any, Final

from jinja2 import pass_context, pass_environment, pass_eval_context
from jinja2.exceptions import SecurityError
from jinja2.filters import FILTERS, do_indent, do_join, do_replace, make_attrgetter
from jinja2.nodes import EvalContext
from jinja2.runtime import Context

from rtstore.formats.templates.meter import Meter
from rtstore.formats.templates.syntax import JOIN, LOOP, MADE, READ, WRITE

#: jinja2's own that are there.
_KNOWN: Final = (
    *(
        "abs",
        "attr",
        "capitalize",
        "count",
        "d",
        "default",
        "dictsort",
        "e",
        "escape",
        "first",
        "float",
        "forceescape",
    ),
    *(
        "int",
        "items",
        "last",
        "length",
        "list",
        "lower",
        "map",
        "max",
        "min",
        "reject",
        "rejectattr",
        "reverse",
    ),
    *(
        "safe",
        "select",
        "selectattr",
        "sort",
        "string",
        "striptags",
        "title",
        "trim",
        "truncate",
        "unique",
        "upper",
    ),
    *("urlencode", "wordcount"),
)
#: Of these, those that look at no more than the items of a list.
_SHALLOW: Final = {
    *(
        "attr",
        "count",
        "d",
        "default",
        "first",
        "items",
        "last",
        "length",
        "list",
        "map",
        "reject",
        "rejectattr",
    ),
    *("reverse", "select", "selectattr"),
}
#: The largest width in a format or an indentation.
MAX_WIDTH: Final = 9999
_WIDE = re.compile(r"\d{5,}|\*|:[^}]*\{")


def filters(meter: Callable[[], Meter]) -> dict[str, Callable[..., Any]]:
    """Return the filters by name; ``meter`` returns what counts at the moment."""
    known = {name: FILTERS[name] for name in _KNOWN}
    own = {"indent": _indent, "join": _join, "replace": _replace, "tojson": _tojson}
    counted = {name: metered(each, meter, name not in _SHALLOW) for name, each in {**known, **own}.items()}
    return counted | {LOOP: _loop, WRITE: _write, JOIN: _concatenated, READ: _read, MADE: _made}


def metered(
    function: Callable[..., Any], meter: Callable[[], Meter], whole: bool = True
) -> Callable[..., Any]:
    """Return a filter or test that is counted; ``whole``: it looks at everything in its values."""

    def call(*args: Any, **kwargs: Any) -> Any:
        counting = meter()
        counting.step()
        for value in args:
            counting.read(value, whole)
        return counting.made(function(*args, **kwargs))

    return update_wrapper(call, function)


def check_format(form: str) -> None:
    """Check that a format asks for no great width, nor for one that is known only when it is used.

    Raises:
        SecurityError: it does.
    """
    if _WIDE.search(form):
        raise SecurityError(f"a format may ask for a width of at most {MAX_WIDTH:,}, written out")


def check_replacement(meter: Meter, text: str, old: str, new: str, count: int | None = -1) -> None:
    """Check the size of what ``replace`` makes.

    Raises:
        SecurityError: it is too large.
    """
    found = text.count(old)
    times = found if count is None or count < 0 else min(found, count)
    meter.fits(len(text) + times * (len(new) - len(old)))


def checked_pieces(meter: Meter, between: str, values: Any) -> list[Any]:
    """Return what ``join`` is to join, all of it, its size checked.

    Raises:
        SecurityError: it is too large.
    """
    pieces = list(meter.counted(values))
    meter.fits(meter.size(pieces, printed=True) + len(between) * len(pieces))
    return pieces


@pass_eval_context
def _join(context: EvalContext, value: Any, d: Any = "", attribute: Any = None) -> str:
    environment: Any = context.environment
    if attribute is not None:
        value = map(make_attrgetter(environment, attribute), value)
    return str(do_join(context, checked_pieces(environment.meter, str(d), value), d))


@pass_eval_context
def _replace(context: EvalContext, s: Any, old: Any, new: Any, count: int | None = None) -> str:
    environment: Any = context.environment
    check_replacement(environment.meter, str(s), str(old), str(new), count)
    return do_replace(context, str(s), old, new, count)


@pass_environment
def _indent(environment: Any, s: Any, width: Any = 4, first: bool = False, blank: bool = False) -> str:
    indentation = width if isinstance(width, str) else " " * min(width, MAX_WIDTH + 1)
    if len(indentation) > MAX_WIDTH:
        raise SecurityError(f"an indentation may be at most {MAX_WIDTH:,} wide")
    environment.meter.fits(len(s) + len(indentation) * (1 + str(s).count("\n")))
    return do_indent(s, indentation, first, blank)


@pass_environment
def _tojson(
    environment: Any,
    x: Any,
    ensure_ascii: bool = False,
    indent: Any = None,
    separators: Any = None,
    sort_keys: bool = False,
) -> str:
    """What transformers has: jinja2's own is for JSON within HTML."""
    if indent is not None and (len(indent) if isinstance(indent, str) else indent) > 16:
        raise SecurityError("an indentation of JSON may be at most 16 wide")
    return json.dumps(x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


@pass_context
def _loop(context: Context, values: Any) -> Iterator[Any]:
    return _meter(context).counted(values)


@pass_context
def _write(context: Context, value: Any) -> str:
    return _meter(context).write(value)


@pass_context
def _concatenated(context: Context, *values: Any) -> str:
    meter = _meter(context)
    pieces = [meter.text(value) for value in values]
    meter.fits(sum(map(len, pieces)))
    return "".join(pieces)


@pass_context
def _read(context: Context, value: Any) -> Any:
    meter = _meter(context)
    meter.read(value, whole=not isinstance(value, dict))
    return value


@pass_context
def _made(context: Context, value: Any) -> Any:
    return _meter(context).made(value)


def _meter(context: Context) -> Meter:
    environment: Any = context.environment
    meter: Meter = environment.meter
    return meter
