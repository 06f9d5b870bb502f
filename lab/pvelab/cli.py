"""The `pvelab` command."""

import json
import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer

from pvelab.place import DEFAULT_NAME, LabPlace, cache_home, state_home

app = typer.Typer(no_args_is_help=True, add_completion=False, help="A lab hypervisor that answers like Proxmox VE 9.")
power = typer.Typer(no_args_is_help=True, help="Cut a node's power, or give it back.")
template = typer.Typer(no_args_is_help=True, help="The guests' template.")
app.add_typer(power, name="power")
app.add_typer(template, name="template")

Name = Annotated[str, typer.Option("--name", help="The lab.")]
Json = Annotated[bool, typer.Option("--json", help="For programs.")]
_START_S = 600.0


@contextmanager
def _explained() -> Iterator[None]:
    """Turn the errors that a person can do something about into one sentence and exit status 1."""
    from pvelab.daemon import StartError
    from pvelab.runtime.errors import MachineError

    try:
        yield
    except (StartError, MachineError, OSError) as error:
        typer.echo(f"pvelab: {error}", err=True)
        raise typer.Exit(1) from error


def _options(
    *, name: str, port: int | None, nodes: str, desk: list[str], route: list[str], packages: str | None, bare: bool
) -> Any:
    from pvelab.daemon import Options

    return Options(
        name=name,
        port=port,
        nodes=tuple(nodes.split(",")),
        desk=tuple(desk),
        routes=tuple(route),
        packages=packages,
        template=not bare,
    )


Port = Annotated[int | None, typer.Option(help="Port on 127.0.0.1; the first free one from 8006 on.")]
Nodes = Annotated[str, typer.Option(help="Logical nodes.")]
Desk = Annotated[list[str], typer.Option(help="VNET=ADDRESS/LENGTH[,...]: where you sit in the lab.")]
Route = Annotated[list[str], typer.Option(help="PREFIX=VIA: a route of the desk.")]
Packages = Annotated[str | None, typer.Option(help="VNET=ADDRESS/LENGTH:PORT: the guests' package proxy.")]
Bare = Annotated[bool, typer.Option("--no-template", help="Do not build the standard template.")]


@app.command()
def serve(
    *,
    name: Name = DEFAULT_NAME,
    port: Port = None,
    nodes: Nodes = "pve1,pve2,pve3",
    desk: Desk = [],  # noqa: B006 - typer's form
    route: Route = [],  # noqa: B006
    packages: Packages = None,
    bare: Bare = False,
) -> None:
    """Run a lab in the foreground until Ctrl-C; its guests go on."""
    from pvelab.daemon import log_to_stderr
    from pvelab.daemon import serve as run

    log_to_stderr()
    with _explained():
        options = _options(name=name, port=port, nodes=nodes, desk=desk, route=route, packages=packages, bare=bare)
        run(options, say=typer.echo)


@app.command()
def start(
    *,
    name: Name = DEFAULT_NAME,
    port: Port = None,
    nodes: Nodes = "pve1,pve2,pve3",
    desk: Desk = [],  # noqa: B006
    route: Route = [],  # noqa: B006
    packages: Packages = None,
    bare: Bare = False,
) -> None:
    """Run a lab in the background; return when it answers. One that runs already is left as it is."""
    place = LabPlace(name)
    if endpoint := _running(place):
        typer.echo(f"lab '{name}' runs already at {endpoint}")
        return
    command = [sys.executable, "-m", "pvelab", "serve", "--name", name, "--nodes", nodes]
    command += ["--port", str(port)] if port else []
    command += [word for text in desk for word in ("--desk", text)]
    command += [word for text in route for word in ("--route", text)]
    command += ["--packages", packages] if packages else []
    command += ["--no-template"] if bare else []
    place.state.mkdir(parents=True, exist_ok=True, mode=0o700)
    with place.log_file.open("a") as log:
        begin = log.tell()
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True, cwd="/"
        )
    _follow(place, process, begin)


def _running(place: LabPlace) -> str | None:
    """Where the lab's daemon answers, waiting for one that has just begun; None: none runs."""
    pause, deadline = threading.Event(), time.monotonic() + _START_S
    while place.is_alive():
        record = place.record() or {}
        if record.get("pid") == place.daemon_pid() and _answers(place):
            return str(record["endpoint"])
        if time.monotonic() >= deadline:
            raise _no_answer(place)
        pause.wait(0.1)
    return None


def _no_answer(place: LabPlace) -> typer.Exit:
    typer.echo(f"pvelab: no answer within {_START_S:.0f} s; see {place.log_file}", err=True)
    return typer.Exit(1)


def _follow(place: LabPlace, process: subprocess.Popen[bytes], begin: int) -> None:
    """Show the daemon's log until it answers or ends."""
    pause, deadline = threading.Event(), time.monotonic() + _START_S
    with place.log_file.open() as log:
        log.seek(begin)
        while time.monotonic() < deadline:
            line = log.readline()
            if line:
                typer.echo(line.rstrip())
            elif process.poll() is not None:
                raise typer.Exit(1)
            elif (place.record() or {}).get("pid") == process.pid and _answers(place):
                return
            else:
                pause.wait(0.1)
    raise _no_answer(place)


def _call(place: LabPlace, method: str, path: str, **params: Any) -> Any:
    """Ask the running daemon, as root@pam's own token."""
    import httpx

    record = place.record() or {}
    import ssl

    with httpx.Client(
        verify=ssl.create_default_context(cafile=record["ca_file"]),
        headers={"Authorization": f"PVEAPIToken={place.token_file.read_text().strip()}"},
        timeout=120,
        trust_env=False,
    ) as client:
        response = client.request(method, record["endpoint"] + path, params=params)
    if response.status_code != 200:
        typer.echo(f"pvelab: {response.json().get('message', response.text).strip()}", err=True)
        raise typer.Exit(1)
    return response.json()["data"]


def _answers(place: LabPlace) -> bool:
    import httpx

    try:
        _call(place, "GET", "/api2/json/version")
    except (httpx.HTTPError, OSError, KeyError, ValueError):
        return False
    return True


def template_file() -> str | None:
    """The standard template's archive in the cache, if it was built; it needs no lab."""
    from pvelab.runtime import template

    found = template.present(cache_home())
    return str(found) if found else None


@app.command()
def status(name: Name = DEFAULT_NAME, as_json: Json = False) -> None:
    """What a lab is and whether it runs."""
    place = LabPlace(name)
    record, alive = place.record() or {}, place.is_alive()
    shown: dict[str, Any] = {"name": name, "alive": alive, "pid": None, "endpoint": None, "port": None}
    shown |= {"ca_file": None, "nodes": [], "storages": [], "templates": [], "desk": [], "netns": None}
    shown |= {key: value for key, value in record.items() if key not in ("packages", "routes")}
    shown |= {"token_file": str(place.token_file), "password_file": str(place.password_file)}
    shown |= {"state_dir": str(place.state), "log_file": str(place.log_file)}
    shown["template_file"] = template_file()
    shown["pid"] = place.daemon_pid()
    if alive and record and _answers(place):
        node = record["nodes"][0]
        shown["storages"] = [entry["storage"] for entry in _call(place, "GET", "/api2/json/storage")]
        volumes = _call(place, "GET", f"/api2/json/nodes/{node}/storage/local/content", content="vztmpl")
        shown["templates"] = [entry["volid"] for entry in volumes]
    if as_json:
        typer.echo(json.dumps(shown, indent=2))
        return
    for key, value in shown.items():
        typer.echo(f"{key:14} {', '.join(map(str, value)) if isinstance(value, list) else value}")


@app.command(name="list")
def labs() -> None:
    """The labs of this user."""
    for folder in sorted(state_home().glob("*/")):
        state = "runs" if LabPlace(folder.name).is_alive() else "stopped"
        typer.echo(f"{folder.name:20} {state}")


@app.command()
def stop(
    name: Name = DEFAULT_NAME,
    destroy: Annotated[bool, typer.Option("--destroy", help="Stop its guests too and remove every trace.")] = False,
) -> None:
    """End a lab's daemon; guests go on running, for the next one to adopt."""
    from pvelab.daemon import Options, end, make_machine, options_of

    place = LabPlace(name)
    with _explained():
        was_running = end(place)
        if not destroy:
            typer.echo(f"lab '{name}' {'is stopped' if was_running else 'did not run'}")
            return
        record = place.record()
        machine = make_machine(options_of(record) if record else Options(name=name))
        machine.close(destroy=True)
        shutil.rmtree(place.state, ignore_errors=True)
        typer.echo(f"lab '{name}' is gone; kept: {cache_home()}")


@app.command()
def gc(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only list.")] = False,
    name: Annotated[str | None, typer.Option("--name", help="Only this lab's leftovers.")] = None,
) -> None:
    """Remove what labs left behind that do not run any more: namespaces, mounts, loops, cgroups, processes."""
    from pvelab.runtime import leftover

    with _explained():
        found = leftover.find(name) if dry_run else leftover.clear(name, typer.echo)
        for item in found:
            typer.echo(f"{item.lab:20} {item.kind:10} {item.what}")


def _power(name: str, node: str, state: str) -> None:
    place = LabPlace(name)
    if not place.is_alive():
        typer.echo(f"pvelab: lab '{name}' does not run", err=True)
        raise typer.Exit(1)
    _call(place, "POST", "/pvelab/power", node=node, state=state)
    typer.echo(f"{node}: power {state}")


@power.command()
def off(node: str, name: Name = DEFAULT_NAME) -> None:
    """Its guests stop at once; HA starts its own elsewhere."""
    _power(name, node, "off")


@power.command()
def on(node: str, name: Name = DEFAULT_NAME) -> None:
    """Its `onboot` guests start."""
    _power(name, node, "on")


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def enter(context: typer.Context, name: Name = DEFAULT_NAME) -> None:
    """Run a command inside the lab's network: `pvelab enter -- ping 10.0.2.1`."""
    from pvelab.runtime.namespace import Namespace

    namespace = Namespace(name)
    if not namespace.is_alive():
        typer.echo(f"pvelab: lab '{name}' has no network namespace", err=True)
        raise typer.Exit(1)
    command = namespace.enter(context.args or [os.environ.get("SHELL", "/bin/sh")])
    os.execvp(command[0], command)


@template.command()
def build(name: Name = DEFAULT_NAME) -> None:
    """Build the standard template into the cache, unless it is there."""
    from pvelab.daemon import Options, make_machine

    with _explained():
        file = make_machine(Options(name=name)).build_template(typer.echo)
        typer.echo(str(file))


@app.command()
def coverage(
    markdown: Annotated[bool, typer.Option("--markdown", help="As a table for the README.")] = False,
) -> None:
    """Which methods of Proxmox VE's API the lab answers; all others are 501."""
    from pvelab.coverage import lines

    for line in lines(markdown=markdown):
        typer.echo(line)


def main() -> None:
    """Entry point."""
    app()
