"""Reading a chat template from the files it comes in.

- ``NAME.jinja``: the template and nothing else;
- ``tokenizer_config.json`` or ``chat_template.json``: an object whose ``chat_template`` is the template, or a list of
  ``{"name", "template"}``; the special tokens (``bos_token``, ...) are there too, as text or as ``{"content"}``.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from rtstore.errors import InputError, UsageError
from rtstore.formats.problems import utf8_problem
from rtstore.model.jsontext import MAX_DEPTH, depth_exceeds

#: The largest template file in bytes. A tokenizer's config may list thousands of added tokens beside the template.
MAX_FILE: Final = 16 * 1024 * 1024
#: The largest template in characters; those of large models have some 10,000.
MAX_TEMPLATE: Final = 1024 * 1024
#: The name of the template that is taken of several where none is asked for.
DEFAULT: Final = "default"

_FIX = "give a .jinja file, or the tokenizer_config.json or chat_template.json of a model"


@dataclass(frozen=True, slots=True)
class TemplateSource:
    """A chat template as it is written. ``path`` is shown in messages.

    ``tokens`` are the special tokens it may use by name, such as ``bos_token``.
    """

    text: str
    path: str
    tokens: Mapping[str, str] = field(default_factory=dict)


def read_template_source(
    data: bytes, path: str, *, name: str | None = None, tokens: Mapping[str, str] | None = None
) -> TemplateSource:
    """Return the template in a file's bytes.

    ``name`` chooses one of several templates; without it that is the one named ``default``. ``tokens`` are special
    tokens by name, and go before those that the file gives.

    Raises:
        InputError: the file holds no template.
        UsageError: it holds none of this name.
    """
    if len(data) > MAX_FILE:
        raise InputError(
            f"the file is {len(data):,} bytes, and at most {MAX_FILE:,} are read", path=path, hint=_FIX
        )
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise utf8_problem(data, path, 1) from error
    if path.lower().endswith(".json"):
        return _from_config(text, path, name, tokens or {})
    if name is not None:
        raise UsageError(f"{path} holds one template, without a name", hint=f"leave out the name {name!r}")
    return TemplateSource(_checked(text, path), path, dict(tokens or {}))


def _from_config(text: str, path: str, name: str | None, tokens: Mapping[str, str]) -> TemplateSource:
    config = _decoded(text, path)
    template = _chosen(config.get("chat_template"), path, name)
    given = {key: token for key, value in config.items() if (token := _token(key, value)) is not None}
    return TemplateSource(_checked(template, path), path, {**given, **tokens})


def _decoded(text: str, path: str) -> dict[str, Any]:
    if depth_exceeds(text.encode("utf-8", "surrogatepass"), MAX_DEPTH):
        raise InputError(f"nested more than {MAX_DEPTH} levels deep", path=path, hint=_FIX)
    try:
        config = json.loads(text)
    except json.JSONDecodeError as error:
        raise InputError(f"not JSON: {error.msg}", path=path, line=error.lineno, hint=_FIX) from error
    except ValueError as error:
        raise InputError(f"not JSON that can be read: {error}", path=path, hint=_FIX) from error
    if not isinstance(config, dict):
        raise InputError("a tokenizer's config must be a JSON object", path=path, hint=_FIX)
    return config


def _chosen(found: Any, path: str, name: str | None) -> str:
    """Return the template that is asked for; ``found`` is what the config has for it."""
    if isinstance(found, str):
        if name is not None:
            raise UsageError(
                f"{path} holds one template, without a name", hint=f"leave out the name {name!r}"
            )
        return found
    named = _named(found)
    if not named:
        raise InputError("there is no chat_template in it", path=path, hint=_FIX)
    wanted = DEFAULT if name is None else name
    if wanted not in named:
        raise UsageError(
            f"{path} has no template named {wanted!r}", hint=f"name one of: {', '.join(map(repr, named))}"
        )
    return named[wanted]


def _named(found: Any) -> dict[str, str]:
    pairs = found.items() if isinstance(found, dict) else _pairs(found) if isinstance(found, list) else ()
    return {key: value for key, value in pairs if isinstance(key, str) and isinstance(value, str)}


def _pairs(found: list[Any]) -> list[tuple[Any, Any]]:
    return [(item.get("name"), item.get("template")) for item in found if isinstance(item, dict)]


def _token(key: str, value: Any) -> str | None:
    """Return a special token of a config, None if this is none."""
    if not key.endswith("_token"):
        return None
    content = value.get("content") if isinstance(value, dict) else value
    return content if isinstance(content, str) else None


def _checked(template: str, path: str) -> str:
    if len(template) > MAX_TEMPLATE:
        problem = f"the template has {len(template):,} characters, and at most {MAX_TEMPLATE:,} are possible"
        raise InputError(problem, path=path, hint=_FIX)
    if not template.strip():
        raise InputError("the template is empty", path=path, hint=_FIX)
    return template
