"""Bringing things back from backup, and proving that it works: what is kept where, restore, drill."""
