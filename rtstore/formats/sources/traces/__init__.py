"""Traces of agents: what programs that run models write down, a file for each way to write it.

``DIALECTS`` is the one list of them, in the order in which they are tried on a record.
"""

from __future__ import annotations

from typing import Final

from rtstore.formats.sources.traces.anthropic import Anthropic
from rtstore.formats.sources.traces.base import Dialect
from rtstore.formats.sources.traces.claude_code import ClaudeCode
from rtstore.formats.sources.traces.codex import Codex
from rtstore.formats.sources.traces.langchain import LangChain, LangChainMessages
from rtstore.formats.sources.traces.openai import ChatCompletion, ChatMessages, Responses
from rtstore.formats.sources.traces.telemetry import Telemetry

DIALECTS: Final[tuple[Dialect, ...]] = (
    ClaudeCode(),
    Codex(),
    Telemetry(),
    LangChainMessages(),
    LangChain(),
    Responses(),
    ChatCompletion(),
    Anthropic(),
    ChatMessages(),
)
