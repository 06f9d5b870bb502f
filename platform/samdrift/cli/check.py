"""`samdrift check`: schema, address plan and policies of every stack, without a hypervisor."""

from pathlib import Path
from typing import Annotated
from xml.etree import ElementTree

import typer

from samdrift.cli.console import answer_json, out, say
from samdrift.cli.refusal import explained
from samdrift.state import current


def add_to(app: typer.Typer) -> None:
    """Add the verb."""
    app.command()(check)


def check(
    stacks: Annotated[list[str] | None, typer.Argument(help="Stacks; none: all")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Answer for a program")] = False,
    junit: Annotated[Path | None, typer.Option("--junit", metavar="FILE", help="JUnit XML for CI")] = None,
) -> None:
    """Say of every stack whether its file, addresses and resources keep the policies; non-zero if one does not."""
    from samdrift import rollout
    from samdrift.check import check_stack

    with explained(then="mend what is named; samdrift check"):
        federation = rollout.federation_of(current())
        findings = {one.name: check_stack(one) for one in rollout.select(federation, stacks or [])}
    wrong = sum(len(found) for found in findings.values())
    if junit:
        junit.write_bytes(_junit(findings))
    if as_json:
        answer_json({name: [finding.to_json() for finding in found] for name, found in findings.items()})
    else:
        for name, found in findings.items():
            out.print(
                f"[{'red' if found else 'green'}]{name}: {f'{len(found)} violations' if found else 'in order'}[/]"
            )
            for finding in found:
                out.print(f"  {finding}", markup=False)
    say(f"{len(findings)} stacks checked, {wrong} violations")
    raise typer.Exit(1 if wrong else 0)


def _junit(findings: dict[str, list]) -> bytes:  # type: ignore[type-arg]
    suite = ElementTree.Element("testsuite", name="samdrift check", tests=str(len(findings)))
    for name, found in findings.items():
        case = ElementTree.SubElement(suite, "testcase", classname="samdrift.check", name=name)
        for finding in found:
            ElementTree.SubElement(case, "failure", message=str(finding)).text = str(finding)
    return ElementTree.tostring(suite, encoding="utf-8", xml_declaration=True)
