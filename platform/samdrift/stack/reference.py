"""What another stack takes from the hall's."""

from __future__ import annotations

import pulumi

from samdrift.federation.record import Hall


class HallReference:
    """The outputs of the hall's stack. Reading them fails, before anything is made, while the hall is not up."""

    def __init__(self, hall: Hall) -> None:
        self.reference = pulumi.StackReference(f"organization/{pulumi.get_project()}/{hall.name}")
        self._zones = self.reference.require_output("zones")

    def zone(self, name: str) -> pulumi.Output[str]:
        """Return the id of one of the hall's zones."""
        found: pulumi.Output[str] = self._zones[name]
        return found
