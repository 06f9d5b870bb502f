"""A throw-away checkout with a tiny program, in which plain `pulumi` is run as after `eval "$(samdrift env)"`."""

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from samdrift.toolchain import build, pins
from samdrift.toolchain.locate import Toolchain

PARTS_OF_CHECKOUT = ("Pulumi.yaml", "pyproject.toml", ".gitignore", "toolchain", "platform/samdrift/toolchain")

PROGRAM = """
import time

import pulumi


class Box(pulumi.ComponentResource):
    def __init__(self, name):
        super().__init__("samdrift:test:Box", name, {"size": 3})
        self.register_outputs({})


config = pulumi.Config()
Box("box")
pulumi.export("size", config.require_int("size"))
pulumi.export("secret", pulumi.Output.secret("a word that is not in the state"))
if config.get("from"):
    pulumi.export("seen", pulumi.StackReference("organization/samdrift/" + config.get("from")).require_output("secret"))
if config.get("fail"):
    raise ValueError(config.get("fail"))
if config.get_bool("slow"):
    print("waiting", flush=True)
    time.sleep(60)
"""

POLICY = """
from pulumi_policy import EnforcementLevel, PolicyPack, ResourceValidationPolicy


def validate(args, report_violation):
    if args.resource_type == "samdrift:test:Box":
        report_violation("boxes are not allowed")


PolicyPack(
    "test",
    [ResourceValidationPolicy("no-box", "Prohibits boxes.", validate, enforcement_level=EnforcementLevel.MANDATORY)],
)
"""

STACKS = {
    "fed.one": 'config:\n  # a comment that stays\n  samdrift:size: "4"\n',
    "fed.two": 'config:\n  samdrift:size: "5"\n  samdrift:from: fed.one\n',
    "fed.slow": 'config:\n  samdrift:size: "6"\n  samdrift:slow: "true"\n',
    "fed.bad": 'config:\n  samdrift:size: "7"\n  samdrift:fail: not today\n',
}

PREPARE = """
import json, os, sys
from pathlib import Path
from samdrift.toolchain import ensure, environment, init_stack
variables = environment(ensure(lambda line: print(line, file=sys.stderr)), Path(sys.argv[1]), None)
for stack in sys.argv[2:]:
    init_stack(stack, {**os.environ, **variables})
print(json.dumps(variables))
"""


@dataclass(frozen=True)
class Checkout:
    """A clone of the project with a tiny program, and an installation's state outside it."""

    root: Path
    state: Path
    variables: dict[str, str]

    def popen(self, *command: str) -> "subprocess.Popen[str]":
        """Start a command from the root, in a session of its own as a terminal would."""
        return subprocess.Popen(
            command,
            cwd=self.root,
            env={**os.environ, **self.variables},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            text=True,
        )

    def run(self, *command: str) -> tuple[int, str]:
        """Run a command from the root; return its exit code and all it printed."""
        with self.popen(*command) as process:
            output, _ = process.communicate(timeout=120)
        return process.returncode, output


@pytest.fixture(scope="session")
def built() -> Toolchain:
    """The toolchain of the cache, also where a `pulumi` is installed."""
    engine, provider = pins.engine(), pins.provider()
    return Toolchain(
        pulumi=build.build(engine, print) / engine.files[0],
        version=engine.version,
        plugin=build.build(provider, print) / provider.files[0],
    )


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    root, state = tmp_path_factory.mktemp("clone"), tmp_path_factory.mktemp("state")
    for part in PARTS_OF_CHECKOUT:
        source, target = pins.REPOSITORY / part, root / part
        target.parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if source.is_dir() else shutil.copy)(source, target)
    (root / "platform" / "samdrift" / "__init__.py").touch()
    (root / "platform" / "__main__.py").write_text(PROGRAM)
    for folder in ("stacks", "policies"):
        (root / folder).mkdir()
    for stack, facts in STACKS.items():
        (root / "stacks" / f"Pulumi.{stack}.yaml").write_text(facts)
    (root / "policies" / "PulumiPolicy.yaml").write_text("runtime: python\n")
    (root / "policies" / "__main__.py").write_text(POLICY)
    git = ["git", "-c", "user.name=test", "-c", "user.email=test@example.org"]
    for arguments in (["init", "-q"], ["add", "."], ["commit", "-q", "-m", "clone"]):
        subprocess.run([*git, *arguments], cwd=root, check=True)
    answer = subprocess.run(
        [sys.executable, "-c", PREPARE, str(state), *STACKS],
        env={**os.environ, "PYTHONPATH": str(root / "platform")},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return Checkout(root=root, state=state, variables=json.loads(answer.stdout))
