"""Runs a policy pack in this process: `policy_pack.py <folder> <engine address> [arguments]` (see servicer.py)."""

import os
import runpy
import signal
import sys
import threading


def main() -> None:
    folder, engine, *arguments = sys.argv[1:]
    held = (signal.SIGINT, signal.SIGTERM)
    for number in held:
        signal.signal(number, lambda *_: os._exit(0))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, held)
    threading.Thread(target=leave_with_host, daemon=True).start()
    sys.argv = ["pulumi.policy", engine, folder, *arguments]
    runpy.run_module("pulumi.policy", run_name="__main__", alter_sys=True)


def leave_with_host() -> None:
    """Leave when standard input is closed: only the language host holds its other end."""
    while os.read(0, 4096):
        pass
    os._exit(0)


if __name__ == "__main__":
    main()
