"""Dataset files as hypothesis draws them: any JSON that a record may be, spelled in any way, framed in any way.

Strategies give text, not values: law 1 is about spelling.
"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence

from hypothesis import strategies as st

BOM = b"\xef\xbb\xbf"

#: Between the parts of a JSON text; in JSONL no line feed may be among it.
_gaps = st.sampled_from(["", "", "", "", " ", "  ", "\t", "\r", " \r "])
_wide_gaps = st.sampled_from(["", "", " ", "\n", "\n  ", "\r\n\t"])

_characters = st.one_of(
    st.sampled_from(list("abcxyz 0:,{}[]é語🜁'\u2028\u2029\x85\x7f")),
    st.sampled_from(
        ['\\"', "\\\\", "\\/", "\\n", "\\r", "\\u0000", "\\u2028", "\\ud800", "\\uDFFF", "\\ud83d\\ude00"]
    ),
)
strings = st.lists(_characters, max_size=8).map(lambda parts: '"' + "".join(parts) + '"')
numbers = st.one_of(
    st.integers().map(str),
    st.sampled_from(
        ["-0", "0.10", "1E+400", "-1e-999", "1" + "0" * 400, "9" * 4500, "NaN", "-Infinity", "Infinity"]
    ),
)
_names = st.one_of(
    strings,
    st.sampled_from(
        ['"id"', '"messages"', '"content"', '"_rolethread"', '"validated_at"', '"version"', '"\\u0069d"']
    ),
)


@st.composite
def _containers(draw: st.DrawFn, values: st.SearchStrategy[str], gaps: st.SearchStrategy[str]) -> str:
    if draw(st.booleans()):
        return draw(_objects(values, gaps))
    items = [draw(gaps) + draw(values) + draw(gaps) for _ in range(draw(st.integers(0, 3)))]
    return "[" + (",".join(items) or draw(gaps)) + "]"


@st.composite
def _objects(draw: st.DrawFn, values: st.SearchStrategy[str], gaps: st.SearchStrategy[str]) -> str:
    items = [
        draw(gaps) + draw(_names) + draw(gaps) + ":" + draw(gaps) + draw(values) + draw(gaps)
        for _ in range(draw(st.integers(0, 4)))
    ]
    return "{" + (",".join(items) or draw(gaps)) + "}"


_scalars = st.one_of(strings, numbers, st.sampled_from(["true", "false", "null"]))
_values = st.recursive(_scalars, lambda inner: _containers(inner, _gaps), max_leaves=6)
_wide_values = st.recursive(_scalars, lambda inner: _containers(inner, _wide_gaps), max_leaves=6)


@st.composite
def stamped(draw: st.DrawFn) -> str:
    """Draw a record as RoleThread writes it, at one of a few saves."""
    when = draw(st.integers(0, 3))
    number = draw(st.integers(0, 40))
    text = {"messages": [{"role": "user", "content": f"question {number}"}], "tags": [f"t{number % 3}"]}
    own = {"version": f"0.{when}", "native": True, "validated_at": f"2026-01-0{when + 1}T00:00:00+00:00"}
    own["entry_uuid"] = f"{number:08x}-0000-4000-8000-000000000000"
    return json.dumps({**text, "_rolethread": own})


def _deep(levels: int) -> str:
    return '{"deep":' * levels + "1" + "}" * levels


#: Records that are on one line each.
records = st.one_of(
    _objects(_values, _gaps),
    stamped(),
    st.sampled_from(["{}", '{"a":1}', '{"a": 1}', '{"a":1,"a":2}', _deep(60)]),
)
#: Records that may be on several lines, as in an array.
wide_records = st.one_of(
    records, _objects(_wide_values, _wide_gaps), stamped().map(lambda t: json.dumps(json.loads(t), indent=2))
)

_blank = st.sampled_from(["\n", "\n", "\r\n", " \n", "\t\r\n", "\r\r\n"])
_blanks = st.one_of(st.just(""), st.just(""), st.just(""), st.lists(_blank, max_size=3).map("".join))
_end = st.sampled_from(["\n", "\r\n", "\r\r\n"])


@st.composite
def jsonl_files(draw: st.DrawFn, texts: st.SearchStrategy[str] = records, most: int = 12) -> bytes:
    """Draw a JSONL file: any line endings, blank lines anywhere, a BOM or none, a final newline or none."""
    usual = draw(st.sampled_from(["\n", "\n", "\r\n"]))
    odd = draw(st.booleans())
    parts = [draw(_blanks)]
    for text in draw(st.lists(texts, max_size=most)):
        parts += [text, draw(_end) if odd else usual, draw(_blanks) if odd else ""]
    if draw(st.booleans()):
        parts.append(draw(st.one_of(texts, st.sampled_from(["", " ", "\t", "\r"]))))
    return (BOM if draw(st.integers(0, 9)) == 0 else b"") + "".join(parts).encode()


@st.composite
def array_files(draw: st.DrawFn, texts: st.SearchStrategy[str] = wide_records, most: int = 8) -> bytes:
    """Draw a JSON array: compact, pretty, one element a line, or with white space anywhere."""
    items = draw(st.lists(texts, max_size=most))
    first, between, last = draw(
        st.sampled_from(
            [
                ("", ",", ""),
                ("", ", ", ""),
                ("\n", ",\n", "\n"),
                ("\n  ", ",\n  ", "\n"),
                ("\r\n", "\r\n,", " "),
            ]
        )
    )
    text = first + between.join(items) + last
    if items and draw(st.booleans()):
        text = (
            first
            + items[0]
            + "".join(draw(_wide_gaps) + "," + draw(_wide_gaps) + item for item in items[1:])
            + last
        )
    start, end = draw(_wide_gaps), draw(st.sampled_from(["", "\n", "\r\n", " \n\n"]))
    return (BOM if draw(st.integers(0, 9)) == 0 else b"") + (start + "[" + text + "]" + end).encode()


_SMALL = ['{"id": %d, "t": "%s"}', '{"id":%d,"t":"%s"}']


def mutated(data: bytes, chance: random.Random, new: Sequence[bytes] = ()) -> bytes:
    """Return a JSONL file after a few edits: lines changed, inserted, deleted, moved, doubled; endings changed."""
    bom = BOM if data.startswith(BOM) else b""
    found = data.removeprefix(BOM).split(b"\n")
    tail = found.pop()
    fresh = list(new) or [b'{"fresh": %d}' % chance.randrange(10**6) for _ in range(4)]
    for _ in range(chance.randrange(1, 5)):
        at = chance.randrange(len(found) + 1)
        kind = chance.choice(
            ["insert", "delete", "replace", "move", "double", "blank", "cr", "block", "tail", "bom"]
        )
        if kind == "insert":
            found.insert(at, chance.choice(fresh))
        elif kind == "blank":
            found.insert(at, chance.choice([b"", b"\r", b" "]))
        elif kind == "tail":
            if tail.strip():
                found.append(tail)
                tail = b""
            else:
                tail = chance.choice([b"", b" ", chance.choice(fresh)])
        elif kind == "bom":
            bom = b"" if bom else BOM
        elif at == len(found):
            continue
        elif kind == "delete":
            del found[at]
        elif kind == "replace":
            found[at] = chance.choice(fresh)
        elif kind == "move":
            line = found.pop(at)
            found.insert(chance.randrange(len(found) + 1), line)
        elif kind == "double":
            found.insert(chance.randrange(len(found) + 1), found[at])
        elif kind == "cr":
            found[at] = found[at][:-1] if found[at].endswith(b"\r") else found[at] + b"\r"
        elif kind == "block":
            stop = min(len(found), at + chance.randrange(1, 12))
            block = found[at:stop]
            del found[at:stop]
            if chance.random() < 0.5:
                place = chance.randrange(len(found) + 1)
                found[place:place] = block
    return bom + b"".join(line + b"\n" for line in found) + tail
