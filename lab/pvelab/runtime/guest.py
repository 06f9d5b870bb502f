"""Guests: from a template to a running system container, and back."""

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from pvelab.runtime import disk, hostkey, layer, lxcfile, netfile, nft
from pvelab.runtime.cgroup import Cgroups
from pvelab.runtime.command import environment, run
from pvelab.runtime.errors import MachineError
from pvelab.runtime.lxcfile import GuestPaths, HostFacts
from pvelab.runtime.model import GuestSpec, Log
from pvelab.runtime.namespace import Namespace
from pvelab.runtime.place import Place

_TREE = Path(__file__).with_name("tree.py")
START_S = 30
"""How long a guest's init may take to appear."""


class Guests:
    """The guests of one lab. Callers see to it that two calls do not meet on one guest."""

    def __init__(self, place: Place, namespace: Namespace, cgroups: Cgroups) -> None:
        self.place, self.namespace, self.cgroups = place, namespace, cgroups

    @property
    def host(self) -> HostFacts:
        """Facts of the machine for the guests' configuration."""
        seccomp = Path("/usr/share/lxc/config/common.seccomp")
        return HostFacts(
            cgroup_version=self.cgroups.version,
            cpus=os.cpu_count() or 1,
            swap_accounting=self.cgroups.has_swap_accounting(),
            seccomp=seccomp if seccomp.exists() else None,
        )

    def exists(self, vmid: int) -> bool:
        """Whether the guest has a disk here."""
        return self.place.image(vmid).exists() and not self.place.unfinished(vmid).exists()

    def sweep(self, log: Log) -> None:
        """Remove what a process that died left half-made: guests, and copies of disks."""
        for marker in self.place.guests.glob("*/unfinished"):
            log(f"removing half-made CT {marker.parent.name}")
            disk.wait_until_free(marker.with_name("disk.img"))
            shutil.rmtree(marker.parent)
        for pattern in ("*/.*.unfinished", "*/snapshots/.*.unfinished"):
            for copy in self.place.guests.glob(pattern):
                copy.unlink()

    @contextmanager
    def making(self, vmid: int) -> Iterator[Path]:
        """The folder of a guest in the making; it goes when making it fails."""
        folder = self.place.guest(vmid)
        if folder.exists():
            raise MachineError(f"CT {vmid} already exists on this machine ({folder})")
        folder.mkdir(parents=True, mode=0o700)
        self.place.unfinished(vmid).touch()
        try:
            yield folder
        except BaseException:
            shutil.rmtree(folder, ignore_errors=True)
            raise
        self.place.unfinished(vmid).unlink()

    def require(self, vmid: int) -> None:
        """Raises MachineError when there is no such guest."""
        if not self.exists(vmid):
            raise MachineError(f"CT {vmid} does not exist")

    def require_stopped(self, vmid: int, wish: str) -> None:
        """Raises MachineError when the guest runs."""
        self.require(vmid)
        if self.cgroups.monitor(vmid):
            raise MachineError(f"CT {vmid} is running: stop it to {wish}")
        disk.wait_until_free(self.place.image(vmid))

    def record(self, vmid: int) -> dict[str, str]:
        """What create noted: the layer's digest, the template and the owner shift."""
        loaded: dict[str, str] = json.loads((self.place.guest(vmid) / "guest.json").read_text())
        return loaded

    def owner(self, vmid: int) -> int:
        """The machine's number of the guest's root."""
        return int(self.record(vmid)["owner"])

    def create(self, spec: GuestSpec, log: Log) -> None:
        """Make the guest's disk. Nothing stays when it fails."""
        owner = layer.SHIFT if spec.unprivileged else 0
        layer.unpack(self.place.cache, spec.template, unprivileged=spec.unprivileged, log=log)
        with self.making(spec.vmid) as folder:
            record = {
                "layer": layer.digest(spec.template),
                "template": str(spec.template.resolve()),
                "owner": str(owner),
            }
            (folder / "guest.json").write_text(json.dumps(record))
            log(f"making a disk of {spec.disk_bytes >> 20} MiB")
            disk.make(self.place.image(spec.vmid), spec.disk_bytes, owner=owner)
            changes = self._own_files(spec)
            if spec.managed and not spec.restored:
                changes += hostkey.host_keys(netfile.short_name(spec))
                changes += hostkey.root_access(password=spec.root_password, ssh_keys=spec.ssh_keys or None)
            self.change_files(spec.vmid, changes)

    def destroy(self, vmid: int) -> None:
        """Remove the guest's folder, disk and snapshots included."""
        self.require_stopped(vmid, "destroy it")
        self.cgroups.remove(vmid)
        shutil.rmtree(self.place.run / str(vmid), ignore_errors=True)
        if self.namespace.is_alive():
            nft.load(self.namespace, nft.rate_rules(vmid, {}))
        shutil.rmtree(self.place.guest(vmid))

    def start(self, spec: GuestSpec, log: Log) -> None:
        """Start the guest and wait for its init; when that fails, nothing of it runs on."""
        vmid = spec.vmid
        if self.cgroups.monitor(vmid):
            raise MachineError(f"CT {vmid} already running")
        self.require(vmid)
        self._require_bridges(spec)
        folder = self.place.guest(vmid)
        script = folder / "up.sh"
        script.write_text(_up_script(spec, self.place.isolated))
        script.chmod(0o700)
        paths = GuestPaths(
            root=self.place.root_mount(vmid),
            cgroup=self.cgroups.relative(vmid),
            up_script=script,
            console_log=folder / "console.log",
        )
        config = folder / "lxc.conf"
        config.write_text(lxcfile.render_config(spec, paths, self.host))
        self.cgroups.remove(vmid)
        self._remove_interfaces(spec)
        nft.load(self.namespace, nft.rate_rules(vmid, {lxcfile.veth(vmid, nic.index): nic.rate for nic in spec.nics}))
        self.place.lxc.mkdir(parents=True, exist_ok=True)
        (folder / "lxc.log").unlink(missing_ok=True)
        command: list[str | Path] = [
            "lxc-start",
            "-d",
            "-P",
            self.place.lxc,
            "-n",
            self.place.lxc_name(vmid),
            "-f",
            config,
        ]
        command += ["-o", folder / "lxc.log", "-l", "INFO"]
        try:
            try:
                self._in_tree(vmid, self._own_files(spec), network=True, command=command)
            except MachineError as error:
                raise MachineError(f"CT {vmid} does not start: {self._reason(vmid) or error}") from error
            self._wait_for_init(vmid)
            self.cgroups.weigh()
        except BaseException:
            self.stop(vmid)  # LXC's daemon goes on when we cease to wait for it
            raise
        log(f"CT {vmid} runs, init is process {self.cgroups.init(vmid)}")

    def stop(self, vmid: int) -> None:
        """End every process of the guest at once."""
        monitor = self.cgroups.monitor(vmid)
        if monitor is None:
            return
        self.lxc(vmid, "lxc-stop", ["-k"], check=False)
        if not self._wait_until_gone(vmid, 15):
            os.kill(monitor, signal.SIGKILL)  # LXC's own process hangs; the guest dies with its init below
            for pid in self._guest_processes(vmid):
                _kill(pid, signal.SIGKILL)
            if not self._wait_until_gone(vmid, 15):
                raise MachineError(f"CT {vmid} does not stop: process {monitor} survives SIGKILL")
        self.cgroups.remove(vmid)

    def shutdown(self, vmid: int, timeout_s: float) -> bool:
        """Ask the guest's init to power off; True when the guest ended within the time."""
        deadline = time.monotonic() + timeout_s
        while self.cgroups.monitor(vmid):
            if time.monotonic() >= deadline:
                return False
            # An init that has just begun has no handler yet and drops the signal: ask again.
            if init := self.cgroups.init(vmid):
                _kill(init, signal.SIGRTMIN + 3)
            if self._wait_until_gone(vmid, min(3.0, max(0.0, deadline - time.monotonic()))):
                break
        self.cgroups.remove(vmid)
        return True

    def apply_limits(self, spec: GuestSpec) -> None:
        """Put the limits in force on the running guest."""
        if not self.cgroups.monitor(spec.vmid):
            return
        todo = lxcfile.limits(spec, self.host)
        for _ in range(
            2
        ):  # memory and memory+swap constrain each other: the second round settles what the first could not
            failed = []
            for controller, name, value in todo:
                try:
                    self.cgroups.file(spec.vmid, controller, name).write_text(value)
                except OSError as error:
                    failed.append((controller, name, value, error))
            todo = [(controller, name, value) for controller, name, value, _ in failed]
        if failed:
            _, name, value, reason = failed[0]
            raise MachineError(f"CT {spec.vmid}: {name} cannot be set to {value}: {reason.strerror}")

    def resize(self, vmid: int, disk_bytes: int) -> None:
        """Grow the guest's disk, running or not."""
        if not self.place.image(vmid).exists():
            raise MachineError(f"CT {vmid} does not exist")
        disk.enlarge(self.place.image(vmid), disk_bytes)
        growth: list[str | Path] = ["xfs_growfs", self.place.disk_mount(vmid)]
        if monitor := self.cgroups.monitor(vmid):
            disk.inside(monitor, growth)
        else:
            self.in_stopped_tree(vmid, growth, timeout_s=120)

    def change_files(self, vmid: int, changes: list[dict[str, object]]) -> None:
        """Change files inside the guest, running or not; see `tree.py` for what a change is."""
        if init := self.cgroups.init(vmid):
            job: dict[str, object] = {"mounts": None, "into": f"/proc/{init}/root", "network": False}
            job |= {"owner": self.owner(vmid), "changes": changes, "exec": None}
            run([sys.executable, "-I", "-S", _TREE], text=json.dumps(job))
        else:
            self._in_tree(vmid, changes, network=False, command=None)

    def in_stopped_tree(self, vmid: int, command: Sequence[str | Path], *, timeout_s: float) -> None:
        """Run a program of the machine that sees the stopped guest's file tree at its mount point."""
        self._in_tree(vmid, [], network=False, command=command, timeout_s=timeout_s)

    def lxc(
        self, vmid: int, tool: str, arguments: Sequence[str | Path], *, check: bool = True, timeout_s: float = 60
    ) -> subprocess.CompletedProcess[str]:
        """Run one of LXC's tools on the guest."""
        argv = [tool, "-P", self.place.lxc, "-n", self.place.lxc_name(vmid), *arguments]
        return self.namespace.run(argv, check=check, timeout_s=timeout_s)

    def execute(self, vmid: int, argv: Sequence[str], *, timeout_s: float) -> tuple[int, str, str]:
        """Run a command as root inside the running guest."""
        if not self.cgroups.init(vmid):
            raise MachineError(f"CT {vmid} is not running")
        clean = ["--clear-env", "-v", "PATH=/usr/sbin:/usr/bin:/sbin:/bin", "-v", "HOME=/root", "-v", "LC_ALL=C.UTF-8"]
        done = self.lxc(vmid, "lxc-attach", [*clean, "--", *argv], check=False, timeout_s=timeout_s)
        return done.returncode, done.stdout, done.stderr

    def _own_files(self, spec: GuestSpec) -> list[dict[str, object]]:
        if not spec.managed:
            return []
        mark = {"kind": "mark", "mark": netfile.MARK}
        changes: list[dict[str, object]] = [
            {"kind": "write", "path": "/etc/hostname", "text": f"{netfile.short_name(spec)}\n"},
            {**mark, "path": "/etc/hosts", "text": netfile.hosts(spec)},
            {**mark, "path": "/etc/network/interfaces", "text": netfile.interfaces(spec.nics)},
        ]
        if text := netfile.resolv(spec):
            changes.append({**mark, "path": "/etc/resolv.conf", "text": text})
        if spec.timezone and spec.timezone != "host":
            changes.append({"kind": "write", "path": "/etc/timezone", "text": f"{spec.timezone}\n"})
            changes.append({"kind": "link", "path": "/etc/localtime", "text": f"/usr/share/zoneinfo/{spec.timezone}"})
        return [{**change, "yields": True} for change in changes]

    def _in_tree(
        self,
        vmid: int,
        changes: list[dict[str, object]],
        *,
        network: bool,
        command: Sequence[str | Path] | None,
        timeout_s: float = 120,
    ) -> None:
        record = self.record(vmid)
        lower = layer.path(self.place.cache, record["layer"], unprivileged=record["owner"] != "0")
        if not lower.exists():  # somebody emptied the cache
            template = Path(record["template"])
            if layer.digest(template) != record["layer"]:
                raise MachineError(f"CT {vmid} needs the template it was made from, but {template} has changed")
            layer.unpack(self.place.cache, template, unprivileged=record["owner"] != "0", log=lambda _: None)
        disk.wait_until_free(self.place.image(vmid))
        job = {
            "mounts": {
                "image": str(self.place.image(vmid)),
                "disk": str(self.place.disk_mount(vmid)),
                "lower": str(lower),
                "root": str(self.place.root_mount(vmid)),
            },
            "into": None,
            "network": network,
            "owner": int(record["owner"]),
            "changes": changes,
            "exec": [str(word) for word in command] if command else None,
        }
        argv = [sys.executable, "-I", "-S", str(_TREE)]
        run(self.namespace.enter(argv) if network else argv, text=json.dumps(job), timeout_s=timeout_s)

    def _require_bridges(self, spec: GuestSpec) -> None:
        present = {link["ifname"] for link in json.loads(self.namespace.run(["ip", "-json", "link"]).stdout)}
        for nic in spec.nics:
            if nic.bridge not in present:
                raise MachineError(f"CT {spec.vmid}: bridge '{nic.bridge}' does not exist (net{nic.index})")

    def _remove_interfaces(self, spec: GuestSpec) -> None:
        # The kernel takes an ended guest's interfaces away in its own time.
        for nic in spec.nics:
            self.namespace.run(["ip", "link", "delete", lxcfile.veth(spec.vmid, nic.index)], check=False)

    def _wait_for_init(self, vmid: int) -> None:
        deadline = time.monotonic() + START_S
        while time.monotonic() < deadline:
            if self.cgroups.init(vmid):
                return
            if not self.cgroups.monitor(vmid):
                break
            time.sleep(0.02)
        raise MachineError(f"CT {vmid} does not start: {self._reason(vmid) or 'its init ended at once'}")

    def _reason(self, vmid: int) -> str:
        try:
            lines = (self.place.guest(vmid) / "lxc.log").read_text(errors="replace").splitlines()
        except OSError:
            return ""
        errors = [line.split(" - ", 1)[-1].strip() for line in lines if " ERROR " in line]
        return errors[0] if errors else ""

    def _wait_until_gone(self, vmid: int, seconds: float) -> bool:
        deadline = time.monotonic() + seconds
        while self.cgroups.monitor(vmid):
            if time.monotonic() >= deadline:
                return False
            time.sleep(0.02)
        return True

    def _guest_processes(self, vmid: int) -> set[int]:
        init = self.cgroups.init(vmid)
        return {init} if init else set()


def _kill(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def _up_script(spec: GuestSpec, isolated: Path) -> str:
    # LXC 5 and 6 give: name, "net", "up", "veth", the bridge, the interface's name on the machine's side. They run it
    # at a guest's own reboot too, so what is set here holds then.
    down = " ".join(lxcfile.veth(spec.vmid, nic.index) for nic in spec.nics if nic.link_down)
    return f"""#!/bin/sh
# Written at every start. Gives an interface what its network asks for, once LXC has plugged it in.
PATH={environment()["PATH"]}
bridge=$5 port=$6
echo 1 > "/proc/sys/net/ipv6/conf/$port/disable_ipv6"
if grep -qx "$bridge" {shlex.quote(str(isolated))} 2>/dev/null; then bridge link set dev "$port" isolated on; fi
case " {down} " in *" $port "*) ip link set dev "$port" down ;; esac
"""
