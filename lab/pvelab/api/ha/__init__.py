"""HA resources and rules."""
