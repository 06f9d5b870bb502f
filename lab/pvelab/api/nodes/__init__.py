"""The logical nodes."""
