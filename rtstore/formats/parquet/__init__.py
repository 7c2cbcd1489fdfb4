"""Parquet: rows of a trainer's columns to and from files, through pyarrow.

A Parquet column has one type, and records do not: one message has a name, the next has not; a content is a text or a
list of parts; the arguments of a tool are whatever the tool takes. How that is settled, in ``kinds`` and ``fit``:

- the type of a column is found from all rows (:class:`KindFinder`), the same whatever the order of their members;
- an object becomes a struct with the members that any row has; where a row has none, null is written, and left out
  when it is read;
- objects that are free in form (arguments, parameters, tools, and any with more than 64 members
  or names no column can have) are JSON text, and
  the field says so in its metadata, ``rtstore: json``;
- where values are of several kinds, texts stay as they are and others become JSON text;
- what of a row cannot be told any more by this is marked in the column ``_rtstore``: JSON text, an object that lists
  under ``null`` the places that held an explicit null, under ``json`` those whose text was no text. It is null where
  there is nothing to mark, and not there if no row needs it.

So what is read is what was written, but for the order of an object's members, and for whole numbers among fractions,
which come back as fractions.
"""

from rtstore.formats.parquet.kinds import Kind, KindFinder
from rtstore.formats.parquet.reader import Reject, read_rows
from rtstore.formats.parquet.writer import write_rows

__all__ = ["Kind", "KindFinder", "Reject", "read_rows", "write_rows"]
