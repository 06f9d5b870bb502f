"""The agreed standard as data: what must hold on the platform, how it is checked, and what proves the check."""
