"""Trainers look at nothing beyond this machine, and keep what they cache with the test."""

from __future__ import annotations

import os
import sys
from importlib.machinery import ModuleSpec
from types import ModuleType

import pytest


@pytest.fixture(scope="session", autouse=True)
def offline(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Set what the libraries read when they are imported."""
    os.environ.update(
        HF_HOME=str(tmp_path_factory.mktemp("hf")),
        HF_HUB_OFFLINE="1",
        HF_DATASETS_OFFLINE="1",
        HF_HUB_DISABLE_PROGRESS_BARS="1",
        TOKENIZERS_PARALLELISM="false",
    )


@pytest.fixture(scope="session")
def llama_factory(offline: None) -> None:
    """Let LLaMA-Factory be imported without its library for sound, which needs a GPU's libraries; no test has sound."""
    sound = ModuleType("torchaudio")
    sound.__spec__ = ModuleSpec("torchaudio", None)
    sys.modules.setdefault("torchaudio", sound)
