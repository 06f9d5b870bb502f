"""`samdrift accounts plan|apply|deliver|journal`: what registers and rules would change in the directory, and do it."""

from __future__ import annotations

import shlex
import subprocess
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from samdrift.cli.console import fail, say
from samdrift.cli.host import ssh_config
from samdrift.cli.refusal import explained
from samdrift.state import current

HOST = "accounts"
"""The hall's host that reads the registers: the only one that may, so a cycle runs there and nowhere else."""
STATE, REGISTERS = "/var/lib/samdrift/accounts", "/srv/registers"

app = typer.Typer(no_args_is_help=True, help="Accounts by rule: from the members' registers to the directory.")

OneMember = Annotated[str | None, typer.Option("--member", "-m", help="Only this member's people")]
Override = Annotated[str | None, typer.Option("--override", metavar="REASON", help="Why a crowd shall be let go")]


@app.command()
def plan(
    member: OneMember = None,
    override: Override = None,
    every: Annotated[bool, typer.Option("--all", help="Tell every change, however many")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Answer for a program")] = False,
) -> None:
    """Show what differs between the registers and the directory, and change nothing."""
    _cycle("plan", member, override, (*(["--all"] if every else []), *(["--json"] if as_json else [])))


@app.command()
def apply(
    member: OneMember = None,
    override: Override = None,
    as_json: Annotated[bool, typer.Option("--json", help="Answer for a program")] = False,
) -> None:
    """Make the directory as registers and rules say, now instead of at the next cycle."""
    _cycle("apply", member, override, ("--json",) if as_json else ())


@app.command()
def deliver(
    member: Annotated[str, typer.Argument(help="Key of the member: ystad")],
    file: Annotated[Path, typer.Argument(help="Its personnel system's export", exists=True, dir_okay=False)],
) -> None:
    """Put a member's HR export in place, where every row of it can be used; else say what is wrong, and where."""
    from samdrift.federation.entitlement import rules
    from samdrift.federation.load import load_federation
    from samdrift.identity import hr
    from samdrift.identity.fault import RegisterError
    from samdrift.identity.rule import parse

    state = current()
    with explained(then="samdrift up"):
        federation = load_federation(state.stacks)
        federation.stack(member)
    domains = [one.domain for one in federation.members]
    content = file.read_bytes()
    try:
        # Persons' keys are made on the host, by a secret that stays there.
        found = hr.read(content, member=member, file=file.name, rules=parse(rules()), domains=domains, secret="none")
    except RegisterError as error:
        fail(f"{file} is not delivered: {len(error.faults)} faults", why=str(error), then="mend them; deliver again")
    target = f"{REGISTERS}/{member}/hr"
    # The timer reads the old one or the new one, never half of it.
    script = f"umask 027; cat > {target}/.new && chgrp accounts {target}/.new && mv {target}/.new {target}/hr.csv"
    done = subprocess.run(_command(script), input=content, check=False)
    if done.returncode != 0:
        fail(f"{file} is not delivered", then=f"samdrift ssh {HOST}")
    say(f"{len(found)} people of {member} are delivered; next: samdrift accounts plan --member {member}")


@app.command()
def journal(
    what: Annotated[str | None, typer.Argument(help="Only lines with this word: an account, a member, a verb")] = None,
    lines: Annotated[int, typer.Option("--lines", "-n", min=1, help="How many of the last lines")] = 100,
) -> None:
    """Show what the cycles did, a line each; it is only ever appended to."""
    words = f"grep -F -- {shlex.quote(what)} {STATE}/journal.jsonl" if what else f"cat {STATE}/journal.jsonl"
    raise typer.Exit(subprocess.run(_command(f"{words} | tail -n {lines}"), check=False).returncode)


def _cycle(verb: str, member: str | None, override: str | None, options: tuple[str, ...]) -> NoReturn:
    words = ["samdrift-accounts", verb, *options]
    words += ["--member", member] if member else []
    words += ["--override", override] if override else []
    raise typer.Exit(subprocess.run(_command(shlex.join(words)), check=False).returncode)


def _command(script: str) -> list[str]:
    return ["ssh", "-F", str(ssh_config(current(), HOST)), HOST, script]
