"""What a template runs in: jinja2's sandbox as transformers sets it up, with everything that grows counted.

A template is somebody else's program. The sandbox keeps it away from Python; what is left is that it could run for
ever, fill the memory, or render differently from one machine to the next. So filters and methods by which one step
makes much of little are guarded or not there, and nothing random is.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final, NoReturn

from jinja2 import nodes
from jinja2.exceptions import SecurityError, TemplateError
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import Cycler, Joiner, Namespace

from rtstore.formats.templates.dates import spelled_date
from rtstore.formats.templates.filters import (
    check_format,
    check_replacement,
    checked_pieces,
    filters,
    metered,
)
from rtstore.formats.templates.meter import CALL, MAX_BITS, Meter
from rtstore.formats.templates.syntax import Counting

#: Methods of texts and numbers that are not there.
_METHODS: Final = {
    *(
        "center",
        "encode",
        "expandtabs",
        "format_map",
        "ljust",
        "maketrans",
        "rjust",
        "to_bytes",
        "translate",
        "zfill",
    ),
}


class TemplateSandbox(ImmutableSandboxedEnvironment):
    """The environment one template is compiled and rendered in, one conversation at a time.

    ``meter`` counts for the rendering at hand, and is set before each; ``enclosed`` is called with what a generation
    block holds. ``moment`` is what a template that asks for the time is told.
    """

    intercepted_binops = frozenset(("+", "*", "**", "%"))

    def __init__(self, moment: datetime | None) -> None:
        super().__init__(
            trim_blocks=True,
            lstrip_blocks=True,
            optimized=False,  # what is worked out while it is compiled would not be counted
            extensions=["jinja2.ext.loopcontrols", "rtstore.formats.templates.syntax.Generation"],
        )
        self.meter = Meter()
        self.enclosed: Callable[[str], str] = str
        self.moment = moment
        self.filters = filters(lambda: self.meter)
        tests: dict[str, Any] = self.tests
        self.tests = {name: metered(test, lambda: self.meter, False) for name, test in tests.items()}
        self.globals = {
            "range": self.globals["range"],
            "dict": dict,
            "namespace": Namespace,
            "cycler": Cycler,
            "joiner": Joiner,
            "raise_exception": _raise_exception,
            "strftime_now": self._strftime_now,
        }

    def counted(self, source: str) -> nodes.Template:
        """Return the tree of a template's source, changed so that what it does is counted."""
        tree: nodes.Template = Counting().visit(self.parse(source))
        tree.set_environment(self)
        return tree

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        """Tell whether a template may use an attribute."""
        if attr in _METHODS and isinstance(obj, str | int):
            return False
        return super().is_safe_attribute(obj, attr, value)

    def wrap_str_format(self, value: Any) -> Callable[..., str] | None:
        """Return a text's method ``format`` as a template may use it."""
        wrapped = super().wrap_str_format(value)
        if wrapped is None or value.__name__ in _METHODS:
            return None

        def call(*args: Any, **kwargs: Any) -> str:
            self._check_format(value.__self__, [args, kwargs])
            return wrapped(*args, **kwargs)

        return call

    def call(__self, __context: Context, __obj: Any, *args: Any, **kwargs: Any) -> Any:
        """Call what a template calls."""
        __self.meter.step(CALL)
        for value in args:
            __self.meter.read(value, whole=False)
        text = getattr(__obj, "__self__", None)
        if isinstance(text, str):
            args = __self._checked(text, __obj.__name__, args)
        return __self.meter.made(super().call(__context, __obj, *args, **kwargs))

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        """Work out what an operator makes of two values."""
        if operator == "+":
            if type(left) is str is type(right):
                self.meter.fits(size := len(left) + len(right))
                self.meter.step(size)
                return left + right
        elif operator == "*":
            self._check_product(left, right)
        elif operator == "**":
            _check_power(left, right)
        elif operator == "%" and isinstance(left, str):
            self._check_format(left, right)
        return self.meter.made(super().call_binop(context, operator, left, right))

    def _checked(self, text: str, method: str, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """Return the arguments of a text's method, checked."""
        self.meter.step(len(text))
        if method == "join" and args:
            return (checked_pieces(self.meter, text, args[0]), *args[1:])
        if method == "replace" and len(args) > 1:
            check_replacement(self.meter, text, *args)
        return args

    def _check_format(self, form: str, values: Any) -> None:
        """A format writes each of its values as often as it names it, and each width it asks for."""
        check_format(form)
        times = 1 + form.count("{") + form.count("%")
        self.meter.fits(times * (self.meter.size(values, printed=True) + 10_000))

    def _check_product(self, left: Any, right: Any) -> None:
        value, times = (right, left) if isinstance(left, int) else (left, right)
        if isinstance(value, int) and isinstance(times, int):
            _check_bits(value.bit_length() + times.bit_length())
        elif isinstance(value, str | list | tuple) and isinstance(times, int):
            self.meter.fits(
                max(times, 0) * (len(value) if isinstance(value, str) else self.meter.size(value))
            )

    def _strftime_now(self, form: str) -> str:
        if self.moment is None:
            raise TemplateError(
                "it asks for today's date, and a rendering must not depend on the day it is made"
            )
        return spelled_date(self.moment, form)


def _check_power(base: Any, exponent: Any) -> None:
    if isinstance(base, int) and isinstance(exponent, int):
        _check_bits(base.bit_length() * max(exponent, 0))


def _check_bits(bits: int) -> None:
    if bits > MAX_BITS:
        raise SecurityError(f"it works out a number of more than {MAX_BITS:,} bits")


def _raise_exception(message: object) -> NoReturn:
    raise Refusal(str(message))


class Refusal(TemplateError):
    """What a template says with ``raise_exception``."""
