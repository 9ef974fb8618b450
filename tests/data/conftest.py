"""Fixtures of several test modules."""

from __future__ import annotations

from tests.data.web_server import get, published, server  # noqa: F401
