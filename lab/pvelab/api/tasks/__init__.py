"""Tasks, their state and their logs."""
