"""Chat templates of Hugging Face: a conversation as the text a model is trained on.

``source`` reads the file, ``chat`` renders; ``sandbox``, ``syntax`` and ``meter`` are what a template runs in, and are
the only modules that import jinja2. ``kept`` tells what of a conversation is not in its rendering.
"""

from rtstore.formats.templates.chat import ChatTemplate, Rendering
from rtstore.formats.templates.source import TemplateSource, read_template_source

__all__ = ["ChatTemplate", "Rendering", "TemplateSource", "read_template_source"]
