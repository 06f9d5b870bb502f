"""Storages and what lies on them; downloads and uploads."""

import functools
import hashlib
import http.server
import io
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.lab_api.refusal import refused
from tests.lab_api.running import OSTEMPLATE, TEMPLATE, RunningLab

CONTENT = b"template" * 100
SUM = hashlib.sha256(CONTENT).hexdigest()


class _Files(http.server.SimpleHTTPRequestHandler):
    """Serves a folder and says nothing."""

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing."""


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A web server with `one.tar.zst`."""
    folder = tmp_path_factory.mktemp("web")
    (folder / "one.tar.zst").write_bytes(CONTENT)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(_Files, directory=str(folder)))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def local(node: Any) -> Any:
    """proxmoxer at the storage `local`."""
    return node.storage("local")


def names(local: Any, kind: str = "vztmpl") -> list[str]:
    """Volume ids."""
    return [entry["volid"] for entry in local.content.get(content=kind)]


def test_the_standard_template_is_there(local: Any, node: Any) -> None:
    assert names(local) == [OSTEMPLATE]
    assert [entry["template"] for entry in node.aplinfo.get()] == [TEMPLATE]


def test_a_directory_storage_lives_and_goes(root: Any, node: Any) -> None:
    made = root.storage.post(
        storage="backups", type="dir", path="/srv/backups", content="backup,iso", shared=1, disable=0,
        **{"create-base-path": 1, "create-subdirs": 1, "prune-backups": "keep-last=3,keep-daily=7"},
    )  # fmt: skip
    assert made == {"storage": "backups", "type": "dir"}
    shown = root.storage("backups").get()
    assert (shown["content"], shown["path"], shown["shared"]) == ("backup,iso", "/srv/backups", 1)
    assert shown["prune-backups"] == "keep-last=3,keep-daily=7"
    root.storage("backups").put(content="backup", nodes="pve1", delete="prune-backups")
    assert "prune-backups" not in root.storage("backups").get()
    here = [entry["storage"] for entry in node.storage.get()]
    there = [entry["storage"] for entry in root.nodes("pve2").storage.get()]
    assert "backups" in here and "backups" not in there
    with refused(500, "storage 'backups' is not available on node 'pve2'"):
        root.nodes("pve2").storage("backups").content.get()
    root.storage("backups").delete()
    with refused(500, "storage 'backups' does not exist"):
        root.storage("backups").get()


DIR = {"storage": "d1", "type": "dir", "path": "/x"}


@pytest.mark.parametrize(
    ("options", "status", "text", "errors"),
    [
        ({**DIR, "storage": "local"}, 500, "storage ID 'local' already defined", {}),
        ({"storage": "nfs1", "type": "nfs", "server": "h", "export": "/x"}, 501, "storage type 'nfs'", {}),
        ({"storage": "d1", "type": "dir"}, 400, "Parameter", {"path": "missing and it is not optional"}),
        ({**DIR, "content": "nonsense"}, 400, "Parameter", {"content": "does not support"}),
        ({**DIR, "nodes": "pve9"}, 400, "Parameter", {"nodes": "no such cluster node"}),
        ({**DIR, "prune-backups": "keep-some=1"}, 400, "Parameter", {"prune_backups": "keep-some"}),
        ({**DIR, "type": "zfspool", "pool": "p"}, 501, "path for a storage", {}),
        ({**DIR, "storage": "1bad"}, 400, "Parameter", {"storage": "illegal characters"}),
    ],
)
def test_storage_refusals(root: Any, options: dict[str, Any], status: int, text: str, errors: dict[str, str]) -> None:
    with refused(status, text, **errors):
        root.storage.post(**options)


def test_what_an_url_offers(node: Any, web: str) -> None:
    found = node("query-url-metadata").get(url=f"{web}/one.tar.zst")
    assert (found["filename"], found["size"]) == ("one.tar.zst", len(CONTENT))
    with refused(500, "invalid server response: '404"):
        node("query-url-metadata").get(url=f"{web}/none.tar.zst")


def fetch(lab: RunningLab, local: Any, url: str, **options: Any) -> str:
    """Download and wait."""
    upid = local("download-url").post(**{"content": "vztmpl", "filename": "one_1.tar.zst", "url": url, **options})
    assert upid.split(":")[5] == "download"
    return lab.finish(upid)


def test_download_with_the_right_checksum(lab: RunningLab, local: Any, web: str) -> None:
    assert fetch(lab, local, f"{web}/one.tar.zst", checksum=SUM, **{"checksum-algorithm": "sha256"}) == "OK"
    found = next(entry for entry in local.content.get() if entry["volid"] == "local:vztmpl/one_1.tar.zst")
    assert (found["size"], found["format"]) == (len(CONTENT), "tzst")


def test_an_existing_file_is_not_overwritten(lab: RunningLab, local: Any, web: str) -> None:
    assert "refusing to override existing file" in fetch(lab, local, f"{web}/one.tar.zst")


def test_deleting_a_template(local: Any) -> None:
    local.content("local:vztmpl/one_1.tar.zst").delete()
    assert names(local) == [OSTEMPLATE]
    with refused(500, "No such file or directory"):
        local.content("local:vztmpl/one_1.tar.zst").delete()


def test_a_wrong_checksum_leaves_nothing(lab: RunningLab, local: Any, web: str) -> None:
    said = fetch(lab, local, f"{web}/one.tar.zst", checksum="0" * 64, **{"checksum-algorithm": "sha256"})
    assert said.startswith(f"checksum mismatch: got '{SUM}'")
    assert names(local) == [OSTEMPLATE]


def test_a_missing_file_leaves_nothing(lab: RunningLab, local: Any, web: str) -> None:
    assert fetch(lab, local, f"{web}/none.tar.zst").startswith("download failed: 404")
    assert names(local) == [OSTEMPLATE]


@pytest.mark.parametrize("name", ["evil.exe", "../evil", ".hidden.tar.zst"])
def test_file_names_that_are_refused(local: Any, web: str, name: str) -> None:
    with refused(400, "Parameter verification failed", filename="wrong file extension"):
        local("download-url").post(content="vztmpl", filename=name, url=f"{web}/one.tar.zst")


@pytest.mark.parametrize(
    ("name", "written"),
    [
        ("one two:3.tar.zst", "one_two_3.tar.zst"),
        ("../../up\nå.tar.zst", "up__.tar.zst"),
        (r"C:\Users\me\up_2.tar.zst", "up_2.tar.zst"),
    ],
)
def test_file_names_are_written_as_proxmox_ve_writes_them(
    lab: RunningLab, local: Any, web: str, name: str, written: str
) -> None:
    assert fetch(lab, local, f"{web}/one.tar.zst", filename=name) == "OK"
    assert f"local:vztmpl/{written}" in names(local)
    assert lab.proxmoxer().nodes("pve1").tasks.get()[0]["id"] == written
    local.content(f"local:vztmpl/{written}").delete()


def test_what_a_task_is_about_does_not_spoil_the_lists(lab: RunningLab, node: Any) -> None:
    upid = lab.lab.tasks.start(node="pve1", kind="x", subject="a b:c", user="root@pam", work=lambda log: None)
    assert lab.finish(upid) == "OK"
    assert node.tasks.get(typefilter="x")[0]["id"] == "a_b_c"


def test_upload(lab: RunningLab, local: Any, tmp_path: Path) -> None:
    file = io.BytesIO(CONTENT)
    file.name = "up_1.tar.zst"
    upid = local.upload.post(content="vztmpl", filename=file)
    assert lab.finish(upid) == "OK"
    assert "local:vztmpl/up_1.tar.zst" in names(local)
    local.content("local:vztmpl/up_1.tar.zst").delete()


def upload(local: Any, content: bytes, **options: Any) -> str:
    """Send a file named `two_1.tar.zst`."""
    file = io.BytesIO(content)
    file.name = "two_1.tar.zst"
    return str(local.upload.post(content="vztmpl", filename=file, **options))


def test_uploads_hold_up_nobody_and_do_not_mix(
    lab: RunningLab, root: Any, local: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two of one name, the second sent and finished while the first is still being copied."""
    copying, gate, copy = threading.Event(), threading.Event(), shutil.copyfileobj

    def slow(source: Any, out: Any, *length: int) -> None:
        if not copying.is_set():
            copying.set()
            assert gate.wait(20)
        copy(source, out, *length)

    monkeypatch.setattr(shutil, "copyfileobj", slow)
    try:
        first = upload(local, b"first" * 1000)
        assert copying.wait(20)
        root.pools.post(poolid="meanwhile")
        digest = hashlib.sha256(b"second").hexdigest()
        second = upload(local, b"second", checksum=digest, **{"checksum-algorithm": "sha256"})
        assert lab.finish(second) == "OK"
    finally:
        gate.set()
    assert lab.finish(first) == "OK"
    shown = lab.lab.settings.state / "storage/local/template/cache"
    assert (shown / "two_1.tar.zst").read_bytes() == b"first" * 1000
    assert list(shown.glob("*.part")) == []
    local.content("local:vztmpl/two_1.tar.zst").delete()


def test_an_upload_that_is_not_what_was_promised_leaves_nothing(lab: RunningLab, local: Any) -> None:
    wrong = upload(local, CONTENT, checksum="0" * 64, **{"checksum-algorithm": "sha256"})
    assert lab.finish(wrong).startswith("checksum mismatch")
    assert names(local) == [OSTEMPLATE]


def test_root_disks_are_listed_and_protected(lab: RunningLab, root: Any, node: Any, make: Any) -> None:
    make(101, rootfs="tank:2")
    disk = node.storage("tank").content.get()[0]
    assert (disk["volid"], disk["size"], disk["vmid"]) == ("tank:subvol-101-disk-0", 2 << 30, 101)
    with refused(500, "a guest with VMID '101' exists!"):
        node.storage("tank").content("tank:subvol-101-disk-0").delete()
    with refused(500, "holds disks of guests"):
        root.storage("tank").delete()


def test_no_volume_leads_out_of_its_storage(lab: RunningLab) -> None:
    with lab.http() as client:
        answer = client.delete("/nodes/pve1/storage/local/content/local:vztmpl%2F%2E%2E%2F%2E%2E%2F%2E%2E%2Fstate.db")
    assert (answer.status_code, "unable to parse directory volume name" in answer.text) == (500, True)
    assert (lab.lab.settings.state / "state.db").exists()
