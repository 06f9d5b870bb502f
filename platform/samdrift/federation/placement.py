"""Which node a guest starts on.

A function of the guest alone and the list of nodes, never of the other members: who joins or leaves moves nobody.
The offsets of the hall's guests stand in hall.py.
"""

from __future__ import annotations

from collections.abc import Sequence

VAULT_OFFSET = 3
MEMBER_OFFSETS = {"gw": 0, "adm": 1, "ped": 2}


def place(offset: int, *, nodes: Sequence[str]) -> str:
    """The node for an offset.

    >>> place(4, nodes=("pve1", "pve2", "pve3"))
    'pve2'
    """
    return nodes[offset % len(nodes)]


def member_offset(ordinal: int, part: str) -> int:
    """Offset of a member's guest: members are spread by their ordinal, a member's guests over neighbouring nodes."""
    return ordinal + MEMBER_OFFSETS[part]
