"""The Pulumi program of every stack: read the federation, then declare what this stack consists of.

`pulumi up -s <federation>.<member>`. Which federation and member follow from the stack's name; their facts from the
stack files, read by the loader that `samdrift check` uses too.
"""

import pulumi

from samdrift.federation.load import load_federation
from samdrift.federation.mistake import LoadError
from samdrift.federation.record import Hall, Vault
from samdrift.stack import hall, member, vault
from samdrift.stack.installation import Installation, InstallationError
from samdrift.state import current


def main() -> None:
    """Declare the current stack."""
    name = pulumi.get_stack()
    state = current()
    federation = load_federation(state.stacks, name.partition(".")[0])
    stack = federation.stack(name)
    installation = Installation.found(state, vault=isinstance(stack, Vault))
    if isinstance(stack, Hall):
        hall.build(federation, installation=installation)
    elif isinstance(stack, Vault):
        vault.build(federation, stack, installation=installation)
    else:
        member.build(federation, stack, installation=installation)


try:
    main()
except (LoadError, LookupError, InstallationError) as mistake:
    # A mistake of the person, not of the program: the engine prints a RunError without a traceback.
    raise pulumi.RunError(str(mistake)) from None
