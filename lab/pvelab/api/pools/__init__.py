"""Pools and their members."""
