"""The one error the machine half raises towards the API half."""


class MachineError(Exception):
    """Something on the machine refused or failed; `str()` is one sentence for a task log."""
