"""Annotations: notes, ratings and review states stay with their entries, and are versioned with them."""

from __future__ import annotations

import json
import os

import pytest
from workspaces import AUTHOR, NAME, Desk, desk  # noqa: F401
