"""Measures rtstore against its bars, on this machine. Run by hand, on a quiet one:

    python tests/bench/run.py [--quick] [--million] [--rounds N] [--scratch DIR] [--write-docs]

Whole ``rtstore`` processes are timed in turn with the floor (see ``floor.py``), so that both see the same machine;
every ratio is taken within one round, and medians of the rounds decide. Needs about 15 times the size of the
corpus (215 MB; with ``--million`` 1.9 GB) of disk.
"""

from __future__ import annotations

import argparse
import os
import platform
import shutil
import sys
import tempfile
from pathlib import Path

import backup
import bulk
import exchange
import library
import startup
import versions
from corpus import write_corpus
from measure import ROOT, Row, table

FULL, QUICK = 120_000, 20_000
MILLION = 1_000_000
STAMPED = 20_000
DOCS = ROOT / "docs" / "performance.md"
BEGIN, END = "<!-- measured: begin -->\n", "<!-- measured: end -->\n"


def main() -> None:
    """Measure, print the table, and with ``--write-docs`` put it into the documentation."""
    options = _options()
    scratch = Path(tempfile.mkdtemp(prefix="rtstore-bench-", dir=options.scratch))
    try:
        rows = _measure(scratch, options)
    finally:
        shutil.rmtree(scratch)
    report = f"{_machine()}\n\n{table(rows)}"
    print(report)
    if options.write_docs:
        _write_docs(report)


def _measure(scratch: Path, options: argparse.Namespace) -> list[Row]:
    count = QUICK if options.quick else FULL
    rows = startup.rows(startup.measure(scratch, 3 * options.rounds))
    _say(f"writing {count:,} conversations")
    corpus = scratch / "corpus.jsonl"
    write_corpus(corpus, count)
    rows += bulk.measure(scratch, corpus, options.rounds, _say)
    exchanged = exchange.measure(scratch, corpus, options.rounds, _say)
    backups = backup.measure(scratch, corpus, options.rounds, _say)
    compared, stat = versions.measure(scratch, corpus, options.rounds, _say)
    corpus.unlink()
    stamped = scratch / "stamped.jsonl"
    write_corpus(stamped, STAMPED, stamped=True)
    rows += bulk.measure_stamps(scratch, stamped, options.rounds, _say)
    rows += compared + versions.measure_alignment(scratch, options.rounds, _say)
    if options.million:
        rows += library.measure(scratch, MILLION, options.rounds, _say)
        rows += versions.measure_million(scratch, MILLION, options.rounds, stat, _say)
        backups += backup.measure_memory(scratch, MILLION, _say)
    return rows + exchanged + backups


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--quick", action="store_true", help=f"{QUICK:,} entries instead of {FULL:,}")
    parser.add_argument("--million", action="store_true", help="also measure at 1,000,000 entries")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument(
        "--scratch", type=Path, help="where to work; default: the system's temporary directory"
    )
    parser.add_argument("--write-docs", action="store_true", help=f"put the table into {DOCS.name}")
    return parser.parse_args()


def _machine() -> str:
    python = platform.python_version()
    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} processors, Python {python}."


def _write_docs(report: str) -> None:
    page = DOCS.read_text(encoding="utf-8")
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    DOCS.write_text(f"{before}{BEGIN}\n{report}\n{END}{after}", encoding="utf-8")


def _say(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
