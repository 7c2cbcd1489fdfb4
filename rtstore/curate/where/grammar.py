"""The grammar of expressions, for lark; ``docs/where.md`` describes it for people.

Words are keywords only where one can stand: ``tag = not`` looks for a tag. What is after a comparison may have
almost any character, so that slugs, dates, and globs need no quotes.
"""

from __future__ import annotations

from typing import Final

GRAMMAR: Final = r"""
?start: either
?either: both (_OR both)*
?both: single (_AND single)*
?single: _NOT single             -> negated
       | "(" either ")"
       | operand                 -> present
       | _HAS "(" operand ")"    -> present
       | operand COMPARISON value           -> compared
       | operand _IN "(" value ("," value)* ")"       -> among
       | operand _NOT _IN "(" value ("," value)* ")"  -> not_among
       | FIELD _SINCE (REVISION | STRING)   -> since

operand: FIELD | PATH
value: WORD | STRING | REGEX

_AND.2: /and(?![\w.-])/i
_OR.2: /or(?![\w.-])/i
_NOT.2: /not(?![\w.-])/i
_IN.2: /in(?![\w.-])/i
_SINCE.2: /since(?![\w.-])/i
_HAS.2: /has(?=\s*\()/i
COMPARISON.2: />=|<=|!=|!~|=|~|<|>/
FIELD: /[^\W\d]\w*(\.[^\W\d]\w*)?/
PATH: /(\.([\w$-]+|"([^"\\]|\\.)*")(\[\d{1,9}\])*)+/
WORD: /[^\s()"'\/,=!~<>&|][^\s()"',=!~<>&|]*/
STRING: /"([^"\\]|\\.)*"\w*|'([^'\\]|\\.)*'\w*/s
REGEX: /\/([^\/\\]|\\.)+\/\w*/s
REVISION: /[^\s()"',]+/
%ignore /\s+/
"""

#: What was expected, in words, by terminal.
EXPECTED: Final = {
    "_AND": "and",
    "_OR": "or",
    "COMPARISON": "a comparison",
    "_IN": "in",
    "FIELD": "a condition",
    "PATH": "a condition",
    "WORD": "a value",
    "STRING": "a value",
    "REGEX": "a value",
    "REVISION": "a revision",
    "LPAR": "(",
    "RPAR": ")",
    "COMMA": "a comma",
    "$END": "the end",
}
