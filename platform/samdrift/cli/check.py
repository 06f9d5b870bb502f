"""`samdrift check`: schema, address plan and policies of every stack, without a hypervisor."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated
from xml.etree import ElementTree

import typer

from samdrift.cli.console import answer_json, out, say
from samdrift.cli.refusal import explained
from samdrift.state import current

if TYPE_CHECKING:
    from samdrift.check import Result


def add_to(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(check)


def check(
    stacks: Annotated[list[str] | None, typer.Argument(help="Stacks, as `ystad` or whole; none: all")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Answer for a program")] = False,
    junit: Annotated[Path | None, typer.Option("--junit", metavar="FILE", help="JUnit XML for CI")] = None,
) -> None:
    """Say of every stack whether its file, addresses and resources keep the policies; non-zero if one does not."""
    from samdrift.check import check_stacks, exit_code

    with explained(then="samdrift check"):
        results = check_stacks(current().stacks, names=stacks or [])
    if junit:
        junit.write_bytes(_junit(results))
    if as_json:
        answer_json([asdict(result) | {"passed": result.passed} for result in results])
    else:
        _show(results)
    raise typer.Exit(exit_code(results))


def _show(results: Sequence[Result]) -> None:
    for stack in dict.fromkeys(result.stack for result in results):
        own = [result for result in results if result.stack == stack]
        red = [result for result in own if not result.passed]
        words = f"[red]{len(red)} of {len(own)} rules broken" if red else f"[green]{len(own)} rules kept"
        out.print(f"{stack}: {words}[/]")
        for result in red:
            out.print(f"  {result.rule} ({result.requirement}): {result.description}", markup=False)
            for finding in result.findings:
                out.print(f"    {finding.subject}: {finding.message}", markup=False)
    wrong = sum(len(result.findings) for result in results)
    say(f"{len(results)} results, {wrong} findings" + ("; mend them and run: samdrift check" if wrong else ""))


def _junit(results: Sequence[Result]) -> bytes:
    suite = ElementTree.Element("testsuite", name="samdrift check", tests=str(len(results)))
    suite.set("failures", str(sum(not result.passed for result in results)))
    for result in results:
        case = ElementTree.SubElement(suite, "testcase", classname=result.stack, name=result.rule)
        if not result.passed:
            text = "\n".join(f"{finding.subject}: {finding.message}" for finding in result.findings)
            ElementTree.SubElement(case, "failure", message=result.description).text = text
    return ElementTree.tostring(suite, encoding="utf-8", xml_declaration=True)
