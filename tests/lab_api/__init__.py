"""The lab's API, tested through clients that nobody here wrote."""
