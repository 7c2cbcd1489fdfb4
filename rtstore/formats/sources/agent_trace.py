"""``agent-trace``: what programs that run models write down of it, in any of the dialects of ``traces``."""

from __future__ import annotations

from collections.abc import Iterator

from rtstore.formats.sources.base import SAMPLE_SIZE, Found, Options, Reject, Sample
from rtstore.formats.sources.looking import Outline, is_lines, outline, whole_lines
from rtstore.formats.sources.objects import decoded, objects_of
from rtstore.formats.sources.records import Record, line_records, shown
from rtstore.formats.sources.traces import DIALECTS
from rtstore.formats.sources.traces.base import Reader


class AgentTrace:
    """Traces as JSONL or JSON: sessions of Claude Code and Codex, requests to Anthropic's and OpenAI's APIs with their
    answers, messages of LangChain, spans and events of OpenTelemetry.

    Tool calls are ``tool_calls``, what tools answer turns of the role tool, thoughts ``reasoning_content``. What else
    a record says of its conversation stays a member: ids, times, models, the tools that could be called.
    """

    name = "agent-trace"
    title = "agent trace"

    def recognises(self, sample: Sample) -> bool:
        return any(dialect.recognises(found) for found in _outlines(sample) for dialect in DIALECTS)

    def read(self, path: str, options: Options) -> Iterator[Found]:
        readers: list[Reader | None] = [None] * len(DIALECTS)
        for record in _records(path):
            if isinstance(record, Reject):
                yield record
                continue
            index = next((index for index, one in enumerate(DIALECTS) if one.matches(record.value)), None)
            if index is None:
                yield Reject(record.place, "nothing that is known to be in a trace", shown(record.text))
                continue
            reader = readers[index] = readers[index] or DIALECTS[index].reader(options.branches)
            yield from reader.take(record)
        for each in readers:
            if each is not None:
                yield from each.end()


def _outlines(sample: Sample) -> Iterator[Outline]:
    """Yield how the file begins, and if it has lines, how each of the first does."""
    yield outline(sample)
    if is_lines(sample):
        for line in whole_lines(sample)[1:]:
            yield outline(Sample(sample.name, len(line), line))


def _records(path: str) -> Iterator[Record | Reject]:
    with open(path, "rb") as file:
        head = file.read(SAMPLE_SIZE)
        size = file.seek(0, 2)
        if is_lines(Sample(path, size, head)):
            yield from line_records(path)
        else:
            file.seek(0)
            yield from decoded(objects_of(file, path))
