"""`pulumi-language-python`: the process that the engine starts to run Python programs and policy packs.

Stands in for Pulumi's own language host, which cannot be built from public Go modules. Runs by path, not as part of
the package, so that it needs nothing but the interpreter it was started with and the Pulumi SDK installed there.
This file is the life of the process; what it answers is in servicer.py.
"""

import os
import signal
import threading
from typing import NoReturn


def main() -> None:
    """Serve until the engine interrupts this process, or is gone."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, leave)
    threading.Thread(target=leave_with_engine, daemon=True).start()
    # Importing the SDK takes half a second, in which Ctrl-C must already be quiet.
    import servicer  # type: ignore[import-not-found]  # beside this file

    server, port = servicer.listen()
    os.write(1, f"{port}\n".encode())
    server.wait_for_termination()


def leave_with_engine() -> None:
    """Leave when standard input, a pipe that only the engine holds, is closed: so also after `kill -9` of the engine.

    The programs started here have such a pipe, or lose the engine's address, themselves.
    """
    while os.read(0, 4096):
        pass
    leave()


def leave(*_: object) -> NoReturn:
    os._exit(0)


if __name__ == "__main__":
    main()
