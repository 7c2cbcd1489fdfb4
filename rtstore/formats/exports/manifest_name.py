"""What the manifest beside an exported file is called."""

from __future__ import annotations

from typing import Final

#: What comes behind the name of the exported file.
SUFFIX: Final = ".manifest.json"
