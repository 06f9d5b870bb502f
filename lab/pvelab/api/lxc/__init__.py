"""Containers: life, configuration, snapshots."""
