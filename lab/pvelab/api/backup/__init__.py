"""Backup jobs."""
