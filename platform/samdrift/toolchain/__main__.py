"""`python -m samdrift.toolchain`: find or build the toolchain, with progress, and say where it is."""

import sys

from samdrift.toolchain import ToolchainError, ensure


def main() -> int:
    try:
        toolchain = ensure(say)
    except ToolchainError as error:
        say(str(error))
        return 1
    except KeyboardInterrupt:
        say("Interrupted: run it again, it continues where it was.")
        return 130
    say(f"pulumi {toolchain.version}: {toolchain.pulumi}")
    return 0


def say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main())
