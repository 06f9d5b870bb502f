"""The Pulumi engine, provider and language host: found or built, and the environment in which plain `pulumi` works.

    toolchain = ensure(print)
    variables = environment(toolchain, state=state.root, ca_file=None)
    init_stack("ystad-osterlen.hall", variables)
    subprocess.run(["pulumi", "up", "-s", "ystad-osterlen.hall"], env={**os.environ, **variables})

Standard library only: this is what builds the rest.
"""

from samdrift.toolchain.environment import environment
from samdrift.toolchain.error import ToolchainError
from samdrift.toolchain.locate import Toolchain, ensure, seconds_built
from samdrift.toolchain.stack import break_lock, init_stack

__all__ = ["Toolchain", "ToolchainError", "break_lock", "ensure", "environment", "init_stack", "seconds_built"]
