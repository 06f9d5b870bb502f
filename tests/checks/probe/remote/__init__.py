"""What runs at the place of observation: Python's standard library only, sent there at the start of each run."""
