"""Options and arguments that several commands share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import click

if TYPE_CHECKING:
    from rtstore.curate.where.where import Where

json_option: Final = click.option("--json", "as_json", is_flag=True, help="Print JSON; its keys are stable.")


def _read_where(_context: click.Context, _parameter: click.Parameter, value: str | None) -> Where | None:
    """Read an expression, before the command does anything; only then is the parser loaded."""
    if value is None:
        return None
    from rtstore.curate.where.where import where

    return where(value)


#: The parameter ``where``: an expression that has been read, None where none is given.
where_option: Final = click.option(
    "--where",
    metavar="EXPR",
    callback=_read_where,
    help="Only entries that EXPR is true of, such as 'tag = approved'.",
)


class WithDatasets(click.Command):
    """A command of the form ``REV... -- DATASET...``: what follows ``--`` is the parameter ``paths``.

    click drops the ``--``, and with it what it separates.
    """

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Parse what is before ``--``; take what is after it as it is."""
        before, after = _split(args)
        rest = super().parse_args(ctx, before)
        ctx.params["paths"] = tuple(after)
        return rest

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        """Return the parts of the usage line."""
        return [*super().collect_usage_pieces(ctx), "[-- DATASET...]"]


class WithRequired(click.Command):
    """A command with options it does not go without: the usage line has them."""

    def collect_usage_pieces(self, ctx: click.Context) -> list[str]:
        """Return the parts of the usage line."""
        first, *others = super().collect_usage_pieces(ctx)
        required = [
            f"{max(option.opts, key=len)} {option.metavar}"
            for option in self.params
            if isinstance(option, click.Option) and option.required
        ]
        return [first, *required, *others]


def _split(args: Sequence[str]) -> tuple[list[str], list[str]]:
    if "--" not in args:
        return list(args), []
    at = list(args).index("--")
    return list(args[:at]), list(args[at + 1 :])
