"""What `portal` must know."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Settings:
    """Facts of the portal."""

    domain: str
