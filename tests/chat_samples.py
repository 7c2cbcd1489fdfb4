"""Conversations, and chat templates in the manners of public models."""

from __future__ import annotations

from typing import Any

from rtstore.formats.templates import ChatTemplate, TemplateSource

Message = dict[str, Any]

TOKENS = {"bos_token": "<s>", "eos_token": "</s>"}

CHATML = """\
{% for message in messages %}
{{ '<|im_start|>' + message['role'] + '\\n' }}
{%- if message['role'] == 'assistant' %}{% generation %}{{ message['content'] }}<|im_end|>{% endgeneration %}
{% else %}{{ message['content'] + '<|im_end|>' }}
{% endif %}
{% endfor %}
{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}"""

LLAMA = """\
{%- set loop_messages = messages %}
{%- for message in loop_messages %}
    {%- set content = '<|start_header_id|>' + message['role'] + '<|end_header_id|>\\n\\n'
        + message['content'] | trim + '<|eot_id|>' %}
    {%- if loop.index0 == 0 %}{%- set content = bos_token + content %}{%- endif %}
    {{- content }}
{%- endfor %}"""

MISTRAL = """\
{{ bos_token }}
{%- for message in messages %}
{%- if message['role'] == 'system' %}{{ raise_exception('Only user and assistant roles are supported!') }}{% endif %}
{%- if (message['role'] == 'user') != (loop.index0 % 2 == 0) %}
{{ raise_exception('Conversation roles must alternate user/assistant/user/assistant/...') }}
{%- endif %}
{%- if message['role'] == 'user' %}{{ '[INST] ' + message['content'] + ' [/INST]' }}
{%- else %}{{ ' ' + message['content'] | trim + eos_token }}{% endif %}
{%- endfor %}"""

GEMMA = """\
{{ bos_token }}
{%- if messages[0]['role'] == 'system' %}
    {%- set first = messages[0]['content'] | trim + '\\n\\n' %}{%- set rest = messages[1:] %}
{%- else %}{%- set first = '' %}{%- set rest = messages %}{% endif %}
{%- for message in rest %}
    {%- set role = 'model' if message.role == 'assistant' else message.role %}
    {{- '<start_of_turn>' ~ role ~ '\\n' ~ (first if loop.first else '') }}
    {%- if message.content is string %}{{ message.content | trim }}
    {%- else %}{% for part in message.content %}{{ part.text | trim if part.type == 'text' }}{% endfor %}{% endif %}
    {{- '<end_of_turn>\\n' }}
{%- endfor %}"""

TOOLS = """\
{%- macro call(it) %}<tool_call>
{{ {"name": it.function.name, "arguments": it.function.arguments} | tojson }}
</tool_call>{% endmacro %}
{%- set ns = namespace(calls=0) %}
{%- if tools %}<|system|>{% for tool in tools %}{{ tool | tojson(indent=2) }}
{% endfor %}{% endif %}
{%- for message in messages %}
{{- '<|%s|>' % message.role }}
{%- if message.reasoning_content is defined %}<think>{{ message.reasoning_content }}</think>{% endif %}
{%- if message.role == 'tool' %}{{ message.content | tojson }}
{%- elif message.tool_calls %}{% for it in message.tool_calls %}
{%- set ns.calls = ns.calls + 1 %}{{ ns.calls }}: {{ call(it) }}{% endfor %}
{%- else %}{{ message.content }}{% endif %}
{%- if loop.last %}{% break %}{% endif %}
{{ eos_token }}
{%- endfor %}"""

#: In the manner of which model, the template.
TEMPLATES = {"chatml": CHATML, "llama": LLAMA, "mistral": MISTRAL, "gemma": GEMMA, "tools": TOOLS}


def template(text: str, **tokens: str) -> ChatTemplate:
    """Return a template, ready to render."""
    return ChatTemplate(TemplateSource(text, "chat.jinja", tokens))


def turn(role: str, content: Any, **more: Any) -> Message:
    """Return one message."""
    return {"role": role, "content": content, **more}


def talk(*contents: str) -> list[Message]:
    """Return a conversation of user and assistant in turn."""
    return [turn("assistant" if at % 2 else "user", content) for at, content in enumerate(contents)]


TALK = talk("Who keeps the lamp? ", " The keeper's «daughter» does.\nEvery night.", "ok", "ok")
WITH_SYSTEM = [turn("system", "You are Mara, 灯台守."), *TALK]
TOOL = {
    "type": "function",
    "function": {
        "name": "tide",
        "description": "Tells the tide & <hour>.",
        "parameters": {"type": "object", "properties": {"day": {"type": "string"}}},
    },
}
CALL = {"id": "c1", "type": "function", "function": {"name": "tide", "arguments": {"day": "Friday"}}}
TOOL_TALK = [
    turn("user", "When is high water?"),
    turn("assistant", None, tool_calls=[CALL], reasoning_content="I do not know it."),
    turn("tool", 'At "six"\nin the morning', tool_call_id="c1"),
    turn("assistant", "At six."),
]
