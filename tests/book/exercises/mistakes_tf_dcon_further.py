"""Likely mistakes of readers: exercise, wrong answer. Each must be found."""

from __future__ import annotations

MISTAKES: list = []
