"""Runs one Pulumi program in this process. The engine's request arrives on standard input (see servicer.py)."""

import asyncio
import logging
import os
import runpy
import signal
import sys
import threading
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn

import grpc  # type: ignore[import-untyped]
import pulumi
from pulumi.runtime import reset_options, run_in_stack, set_all_config
from pulumi.runtime.proto import language_pb2

SHOWN = 32  # the same number as in servicer.py


def main() -> None:
    held = (signal.SIGINT, signal.SIGTERM)
    for number in held:
        signal.signal(number, leave)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, held)
    # The SDK reports a failed task itself; asyncio's "exception was never retrieved" would come on top.
    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    message = sys.stdin.buffer.read(int.from_bytes(sys.stdin.buffer.read(8)))
    threading.Thread(target=leave_with_host, daemon=True).start()
    request = language_pb2.RunRequest.FromString(message)
    program = Path(request.info.program_directory) / request.info.entry_point
    connect(request)
    loop = asyncio.new_event_loop()
    loop.set_default_executor(ThreadPoolExecutor(max_workers=max(request.parallel, 1) * 4))
    loop.set_exception_handler(lambda *_: None)
    try:
        os.chdir(request.pwd)
        sys.argv = [str(program), *request.args[1:]]
        loop.run_until_complete(run_in_stack(lambda: run(program)))
    except pulumi.RunError as error:
        pulumi.log.error(str(error))
    except BaseException as error:  # whatever the person's program raises is the person's to read
        if is_end_of_engine(error):
            leave()
        pulumi.log.error("Program failed with an unhandled exception:\n" + own_traceback(error, program.parent))
    else:
        finish(0)
    finish(SHOWN)


def connect(request: Any) -> None:
    """Tell the SDK of this process where the engine is and what it was asked to do."""
    reset_options(
        project=request.project,
        stack=request.stack,
        organization=request.organization or "organization",
        monitor_address=request.monitor_address,
        engine_address=request.args[0] if request.args else "",
        parallel=request.parallel,
        preview=request.dryRun,
    )
    set_all_config(request.config, request.configSecretKeys)


def run(program: Path) -> None:
    runpy.run_path(str(program.resolve()), run_name="__main__")


def is_end_of_engine(error: BaseException | None) -> bool:
    """Whether `error` only says that the engine has left, as after Ctrl-C."""
    while error is not None:
        if isinstance(error, grpc.RpcError) and error.code() in (
            grpc.StatusCode.UNAVAILABLE,
            grpc.StatusCode.CANCELLED,
        ):
            return True
        error = error.__cause__ or error.__context__
    return False


def own_traceback(error: BaseException, folder: Path) -> str:
    """Traceback that begins at the first frame of the person's own program; a syntax error there has no frame."""
    start: TracebackType | None = error.__traceback__
    while start is not None and not is_inside(start.tb_frame.f_code.co_filename, folder):
        start = start.tb_next
    if start is None and not isinstance(error, SyntaxError):
        start = error.__traceback__
    return "".join(traceback.format_exception(type(error), error, start))


def is_inside(file: str, folder: Path) -> bool:
    path = Path(file)
    return path.is_absolute() and path.is_relative_to(folder.resolve()) and path.resolve() != Path(__file__).resolve()


def leave_with_host() -> None:
    """Leave when standard input is closed: only the language host holds its other end."""
    while os.read(0, 4096):
        pass
    leave()


def leave(*_: object) -> NoReturn:
    finish(SHOWN)


def finish(code: int) -> NoReturn:
    """End at once: waiting threads of the SDK have nobody left to talk to."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
