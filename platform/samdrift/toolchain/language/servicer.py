"""The answers of the language host to the engine.

Every program gets a process of its own: two stacks, or a program and a policy pack, never share state.
"""

import json
import logging
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from importlib import metadata
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import grpc  # type: ignore[import-untyped]
from pulumi.automation._server import LanguageServer
from pulumi.runtime.proto import language_pb2, language_pb2_grpc, plugin_pb2

HERE = Path(__file__).parent
SHOWN = 32  # exit code of program.py: the error was already shown; the number is the one of Pulumi's own host
LONGEST_MESSAGE = 400 * 1024 * 1024  # bytes; the engine's own limit


class Servicer(LanguageServer):
    """The SDK's language server, with programs from files instead of a Python function."""

    def __init__(self) -> None:
        super().__init__(program=lambda: None)

    def Handshake(self, request: Any, context: grpc.ServicerContext) -> Any:
        return language_pb2.LanguageHandshakeResponse()

    def GetPluginInfo(self, request: Any, context: grpc.ServicerContext) -> Any:
        return plugin_pb2.PluginInfo(version=metadata.version("pulumi"))

    def GetRequiredPackages(self, request: Any, context: grpc.ServicerContext) -> Any:
        return language_pb2.GetRequiredPackagesResponse(packages=list(required_packages()))

    def GetProgramDependencies(self, request: Any, context: grpc.ServicerContext) -> Any:
        found = [
            language_pb2.DependencyInfo(name=package.name, version=package.version)
            for package in metadata.distributions()
        ]
        return language_pb2.GetProgramDependenciesResponse(dependencies=found)

    def InstallDependencies(self, request: Any, context: grpc.ServicerContext) -> Iterator[Any]:
        yield language_pb2.InstallDependenciesResponse(stdout=b"Nothing to do: requirements.lock is installed.\n")

    def RuntimeOptionsPrompts(self, request: Any, context: grpc.ServicerContext) -> Any:
        return language_pb2.RuntimeOptionsResponse()

    def Run(self, request: Any, context: grpc.ServicerContext) -> Any:
        # The request goes through a pipe: it holds decrypted configuration, which has no place in arguments.
        # It stays open: its end tells the program that this host, and so the engine, is gone.
        child = start("program.py", stdin=subprocess.PIPE)
        stop_with(context, child)
        with child, suppress(BrokenPipeError):
            assert child.stdin is not None
            message = request.SerializeToString()
            child.stdin.write(len(message).to_bytes(8) + message)
            child.stdin.flush()
            child.wait()
        if child.returncode == 0:
            return language_pb2.RunResponse()
        if child.returncode in (SHOWN, -signal.SIGINT, -signal.SIGTERM):
            return language_pb2.RunResponse(bail=True)
        return language_pb2.RunResponse(error=f"the Python program ended with exit code {child.returncode}")

    def RunPlugin(self, request: Any, context: grpc.ServicerContext) -> Iterator[Any]:
        if request.kind != "analyzer":
            context.abort(grpc.StatusCode.UNIMPLEMENTED, f"policy packs run here, a plugin of kind {request.kind} not")
        child = start(
            "policy_pack.py",
            request.info.program_directory,
            *request.args,
            cwd=request.pwd,
            env=dict(entry.split("=", 1) for entry in request.env),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        stop_with(context, child)
        for stream, line in lines(child):
            is_output = stream == "stdout"
            yield (
                language_pb2.RunPluginResponse(stdout=line)
                if is_output
                else language_pb2.RunPluginResponse(stderr=line)
            )
        yield language_pb2.RunPluginResponse(exitcode=child.wait())


def listen() -> tuple[grpc.Server, int]:
    """Start answering; return the server and its port on the loopback interface."""
    # A method that the engine tries and this host lacks is answered "unimplemented", which the engine expects;
    # grpc would also print a traceback.
    logging.getLogger("grpc._server").disabled = True
    limits = [("grpc.max_receive_message_length", LONGEST_MESSAGE), ("grpc.max_send_message_length", LONGEST_MESSAGE)]
    server = grpc.server(ThreadPoolExecutor(), options=limits)
    language_pb2_grpc.add_LanguageRuntimeServicer_to_server(Servicer(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    return server, port


def required_packages() -> Iterator[Any]:
    """Yield the plugins that installed Python packages ask for in their `pulumi-plugin.json`."""
    for folder in dict.fromkeys(sys.path):
        for path in sorted(Path(folder).glob("*/pulumi-plugin.json")):
            wanted = json.loads(path.read_text())
            if wanted.get("resource"):
                yield plugin_pb2.PackageDependency(
                    kind="resource",
                    name=wanted["name"],
                    version=wanted.get("version", ""),
                    server=wanted.get("server", ""),
                )


def start(script: str, *arguments: str, **options: Any) -> subprocess.Popen[bytes]:
    """Start one of this folder's scripts, unbuffered and without this folder on its import path.

    SIGINT goes to this whole process group. The child holds it back (the mask is inherited) until it can leave quietly.
    """
    held = {signal.SIGINT, signal.SIGTERM}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, held)
    try:
        return subprocess.Popen([sys.executable, "-u", "-P", str(HERE / script), *arguments], **options)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def stop_with(context: grpc.ServicerContext, child: subprocess.Popen[bytes]) -> None:
    """End `child` when the engine gives the call up."""

    def stop() -> None:
        if child.poll() is None:
            child.terminate()

    if not context.add_callback(stop):
        stop()


def lines(child: subprocess.Popen[bytes]) -> Iterator[tuple[str, bytes]]:
    """Yield ("stdout" or "stderr", line) of `child` in the order of arrival."""
    arrived: SimpleQueue[tuple[str, bytes]] = SimpleQueue()

    def read(stream: str) -> None:
        for line in getattr(child, stream):
            arrived.put((stream, line))
        arrived.put((stream, b""))

    streams = ("stdout", "stderr")
    for stream in streams:
        threading.Thread(target=read, args=[stream], daemon=True).start()
    open_streams = len(streams)
    while open_streams:
        stream, line = arrived.get()
        if line:
            yield stream, line
        else:
            open_streams -= 1
