"""The real Pulumi provider against the lab: every type that the platform declares, through its whole life."""

import functools
import hashlib
import http.server
import json
import os
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.lab_api.running import OSTEMPLATE, RunningLab

pytestmark = pytest.mark.toolchain
PROJECT = "name: lab-api\nruntime:\n  name: python\n  options: {}\nmain: program\n"


class _Files(http.server.SimpleHTTPRequestHandler):
    """Serves a folder and says nothing."""

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""


@pytest.fixture(scope="module")
def template_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """A template on a web server, and its checksum."""
    folder = tmp_path_factory.mktemp("web")
    (folder / "fetched.tar.zst").write_bytes(b"template" * 1000)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Files, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    checksum = hashlib.sha256((folder / "fetched.tar.zst").read_bytes()).hexdigest()
    yield f"http://127.0.0.1:{server.server_address[1]}/fetched.tar.zst", checksum
    server.shutdown()
    server.server_close()


class Stack:
    """A Pulumi stack of the program, with a backend and home of its own."""

    def __init__(self, folder: Path, variables: dict[str, str]) -> None:
        self.folder, self.variables = folder, variables

    def run(self, *words: str, step: int) -> str:
        """One `pulumi` command; its output. Fails the test when it fails."""
        done = subprocess.run(
            ["pulumi", *words, "--non-interactive"],
            cwd=self.folder,
            env={**os.environ, **self.variables, "STEP": str(step)},
            capture_output=True,
            text=True,
            timeout=400,
            check=False,
        )
        assert done.returncode == 0, f"pulumi {' '.join(words)}:\n{done.stdout[-6000:]}\n{done.stderr[-3000:]}"
        return done.stdout

    def summary(self, *words: str, step: int) -> dict[str, int]:
        """Counts per kind of change that the command made."""
        self.run(*words, step=step)
        history = json.loads(self.run("stack", "history", "--json", "--page-size", "1", step=step))
        return dict(history[0].get("resourceChanges") or {})


@pytest.fixture(scope="module")
def stack(lab: RunningLab, tmp_path_factory: pytest.TempPathFactory, template_url: tuple[str, str]) -> Stack:
    """An empty stack that points at the lab."""
    from samdrift.toolchain import ensure, environment

    folder, state = tmp_path_factory.mktemp("project"), tmp_path_factory.mktemp("state")
    (folder / "Pulumi.yaml").write_text(PROJECT)
    (folder / "program").mkdir()
    shutil.copy(Path(__file__).with_name("program.py"), folder / "program" / "__main__.py")
    variables = {
        **environment(ensure(print), state, lab.ca_file),
        "PROXMOX_VE_ENDPOINT": lab.url,
        "PROXMOX_VE_API_TOKEN": lab.token,
        "TEMPLATE": OSTEMPLATE,
        "TEMPLATE_URL": template_url[0],
        "TEMPLATE_SHA256": template_url[1],
        "NO_PROXY": "127.0.0.1,localhost",
        "TMPDIR": str(state),
    }
    made = Stack(folder, variables)
    made.run("stack", "init", "life", step=1)
    return made


def test_up_creates_every_type(stack: Stack, lab: RunningLab) -> None:
    changes = stack.summary("up", "-y", "--skip-preview", step=1)
    assert set(changes) == {"create"}
    assert 101 in lab.machine.up
    outputs = json.loads(stack.run("stack", "output", "--json", "--show-secrets", step=1))
    assert outputs["token"].startswith("operation@pve!stack=")
    assert list(outputs["ipv4"].values()) == ["10.0.0.21"]


def test_second_up_changes_nothing(stack: Stack) -> None:
    assert set(stack.summary("up", "-y", "--skip-preview", "--expect-no-changes", step=1)) == {"same"}


def test_refresh_finds_no_drift(stack: Stack) -> None:
    assert set(stack.summary("refresh", "-y", "--skip-preview", "--expect-no-changes", step=1)) == {"same"}


def test_changed_program_updates_in_place(stack: Stack, lab: RunningLab) -> None:
    changes = stack.summary("up", "-y", "--skip-preview", step=2)
    assert "replace" not in changes and "delete" not in changes, changes
    assert changes["update"] >= 12
    spec = lab.machine.up[101]
    assert (spec.memory_mib, spec.cores, len(spec.nics)) == (384, 2, 2)
    assert lab.machine.named("resize") == [(101, 3 << 30)]
    kept = [(rule["action"], rule.get("dport")) for rule in lab.proxmoxer().nodes("pve1").lxc(101).firewall.rules.get()]
    assert kept == [("ACCEPT", "9100"), ("ssh", None), ("ACCEPT", "53")]


def test_second_changed_up_changes_nothing(stack: Stack) -> None:
    assert set(stack.summary("up", "-y", "--skip-preview", "--expect-no-changes", step=2)) == {"same"}


def test_refresh_sees_a_change_behind_its_back(stack: Stack, lab: RunningLab) -> None:
    lab.proxmoxer().nodes("pve1").lxc(101).config.put(description="somebody else")
    assert stack.summary("refresh", "-y", "--skip-preview", step=2).get("update") == 1
    assert stack.summary("up", "-y", "--skip-preview", step=2).get("update") == 1


def test_destroy_leaves_nothing(stack: Stack, lab: RunningLab) -> None:
    changes = stack.summary("destroy", "-y", "--skip-preview", step=2)
    assert set(changes) == {"delete"}
    store = lab.lab.store
    for area in ("guest", "pool", "acl", "backup", "ha-resource", "ha-rule", "sdn-zone", "sdn-vnet", "sdn-subnet"):
        assert store.items(area) == {}, area
    assert lab.machine.vnets == () and lab.machine.guests == {}
    assert list(store.items("user")) == ["root@pam"] and list(store.items("storage")) == ["local", "tank"]
