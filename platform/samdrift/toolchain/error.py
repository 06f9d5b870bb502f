"""What can go wrong with the toolchain."""


class ToolchainError(Exception):
    """The toolchain cannot be had or used; the message is one sentence that says what to do."""
