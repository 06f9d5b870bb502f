"""Texts the lab's machine half writes: LXC's configuration, a guest's files, packet filters, what it reads from apt."""

import doctest
from pathlib import Path

import pytest

from pvelab.runtime import mirror, nft, subid, template, tree
from pvelab.runtime.cgroup import Cgroups
from pvelab.runtime.errors import MachineError
from pvelab.runtime.lxcfile import GuestPaths, HostFacts, limits, render_config
from pvelab.runtime.machine import Machine
from pvelab.runtime.mirror import Mirror, Source, choose, parse_deb822, parse_one_line
from pvelab.runtime.model import GuestSpec, NicSpec
from pvelab.runtime.namespace import Namespace
from pvelab.runtime.netfile import hosts, interfaces, resolv

NIC = NicSpec(
    index=0, name="adm", bridge="a1286", mac="BC:24:11:00:00:01", ip4cidr="10.80.96.10/21", gw4="10.80.96.1",
    ip6cidr="fd5a:6d64:1286:1::10/64", gw6="fd5a:6d64:1286:1::1", mtu=1450,
)  # fmt: skip
SPEC = GuestSpec(
    vmid=128602, hostname="ystad-adm", template=Path("t.tar.zst"), disk_bytes=4 << 30, cores=1, cpulimit=1.5,
    memory_mib=512, swap_mib=256, nics=(NIC,), nameservers=("10.0.0.11",), searchdomain="ystad.example",
)  # fmt: skip
PATHS = GuestPaths(root=Path("/r"), cgroup="pvelab/x/128602", up_script=Path("/up"), console_log=Path("/c"))
V1 = HostFacts(cgroup_version=1, cpus=4, swap_accounting=True)
V2 = HostFacts(cgroup_version=2, cpus=4, swap_accounting=True)


def test_version_1_and_2_limits_say_the_same() -> None:
    one = {name: value for _, name, value in limits(SPEC, V1)}
    two = {name: value for _, name, value in limits(SPEC, V2)}
    assert one["memory.limit_in_bytes"] == two["memory.max"] == str(512 << 20)
    assert int(one["memory.memsw.limit_in_bytes"]) - (512 << 20) == int(two["memory.swap.max"]) == 256 << 20
    assert (one["cpu.cfs_quota_us"], two["cpu.max"]) == ("150000", "150000 100000")
    assert (one["cpu.shares"], two["cpu.weight"]) == ("1024", "100")
    assert one["cpuset.cpus"] == two["cpuset.cpus"] == "2"
    assert one["pids.max"] == two["pids.max"]


def test_guests_together_weigh_more_than_a_command_on_version_2(tmp_path: Path) -> None:
    (tmp_path / "cgroup.controllers").touch()
    (tmp_path / "pvelab/x").mkdir(parents=True)
    Cgroups("x", tmp_path).weigh()
    assert [(tmp_path / one / "cpu.weight").read_text() for one in ("pvelab", "pvelab/x")] == ["400", "400"]


def test_lxc_configuration() -> None:
    text = render_config(SPEC, PATHS, V1)
    for line in (
        "lxc.uts.name = ystad-adm",
        "lxc.idmap = u 0 100000 65536",
        "lxc.environment = SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1",
        "lxc.cgroup.memory.limit_in_bytes = 536870912",
        "lxc.cgroup.dir.container.inner = ns",
        "lxc.net.0.veth.pair = veth128602i0",
        "lxc.net.0.link = a1286",
        "lxc.net.0.mtu = 1450",
    ):
        assert f"{line}\n" in text
    two = render_config(SPEC, PATHS, V2)
    assert "lxc.cgroup2.memory.max = 536870912\n" in two
    assert "LEGACY_FORCE" not in two
    privileged = render_config(GuestSpec(**{**SPEC.__dict__, "unprivileged": False}), PATHS, V2)
    assert "idmap" not in privileged
    assert "lxc.cgroup2.devices.deny = a\n" in privileged


def test_the_guests_network_files() -> None:
    text = interfaces(SPEC.nics)
    assert "iface adm inet static\n\taddress 10.80.96.10/21\n\tgateway 10.80.96.1\n" in text
    assert "iface adm inet6 static\n\taddress fd5a:6d64:1286:1::10/64\n\tgateway fd5a:6d64:1286:1::1\n" in text
    assert hosts(SPEC).splitlines()[0] == "10.80.96.10 ystad-adm.ystad.example ystad-adm"
    assert resolv(SPEC) == "search ystad.example\nnameserver 10.0.0.11\n"
    bare = NicSpec(index=1, name="x", bridge="x", mac=NIC.mac, ip4cidr="dhcp", ip6cidr="auto")
    assert interfaces([bare]) == "auto x\niface x inet dhcp\niface x inet6 auto\n\n"
    assert hosts(GuestSpec(**{**SPEC.__dict__, "nics": ()})) == "127.0.1.1 ystad-adm.ystad.example ystad-adm\n"


@pytest.mark.parametrize("present", ["", "127.0.0.1 localhost\n", "no newline at the end"])
def test_a_marked_part_is_replaced_and_the_rest_kept(present: str) -> None:
    once = tree._replace_part(present, "PVE", "one\n")
    assert once.startswith(present)
    after = f"{once}# mine\n"
    twice = tree._replace_part(after, "PVE", "two\n")
    assert twice == after.replace("one\n", "two\n")
    assert tree._replace_part(twice, "PVE", "two\n") == twice


def test_sources_of_apt_in_both_forms() -> None:
    old = "deb [arch=amd64 signed-by=/k.gpg] http://m.example/debian bookworm main\n"
    old += "# deb http://no.example x y\ndeb-src http://s.example z main\n"
    assert parse_one_line(old) == [Source("http://m.example/debian", ("bookworm",))]
    new = "Types: deb deb-src\n# why\nURIs: http://a.example/debian\n http://b.example/debian\n"
    new += "Suites: trixie trixie-updates\n\nTypes: deb\nEnabled: no\nURIs: http://c.example\nSuites: trixie\n"
    assert parse_deb822(new) == [
        Source("http://a.example/debian", ("trixie", "trixie-updates")),
        Source("http://b.example/debian", ("trixie", "trixie-updates")),
    ]


@pytest.mark.parametrize(
    ("sources", "chosen"),
    [
        ([Source("http://m/debian/", ("bookworm", "bookworm-updates"))], ("http://m/debian", "http://m/debian-security")),
        ([Source("http://s/debian-security", ("trixie-security",)), Source("https://m/debian", ("trixie",))],
            ("https://m/debian", "http://s/debian-security")),
        ([Source("https://p/apt", ("cloud-sdk-bookworm",)), Source("https://n/node", ("nodistro",))], None),
        ([Source("http://apt.example/pub/repos/apt", ("bookworm-pgdg",))], None),
        ([Source("file:/srv/debian", ("trixie",))], None),
        ([], None),
    ],
)  # fmt: skip
def test_which_source_is_debian(sources: list[Source], chosen: tuple[str, str] | None) -> None:
    assert choose(sources) == chosen


def test_a_machine_without_debian_says_how_to_name_a_mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PVELAB_MIRROR", raising=False)
    with pytest.raises(MachineError, match="set PVELAB_MIRROR"):
        mirror.read(tmp_path)
    assert doctest.testmod(mirror).failed == 0


def test_the_recipe_decides_the_templates_folder() -> None:
    here = Mirror(archive="http://a/debian", security="http://a/debian-security")
    frozen = Mirror(archive=here.archive, security=here.security, options=(("Acquire::Check-Valid-Until", "false"),))
    assert template.recipe_digest(here) == template.recipe_digest(Mirror(archive=here.archive, security=here.security))
    assert template.recipe_digest(here) != template.recipe_digest(frozen)
    assert 'Acquire::Check-Valid-Until "false";' in template.apt_conf(frozen)


def test_only_a_finished_archive_of_the_present_recipe_is_a_template(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = Mirror(archive="http://a/debian", security="http://a/debian-security")
    lab = Machine(name="t", state=tmp_path / "state", cache=tmp_path)
    old, new = (template.folder(tmp_path) / digest for digest in ("000000000000", template.recipe_digest(now)))
    for folder in (old, new):
        folder.mkdir(parents=True)
        (folder / ".unfinished-7.tar.zst").touch()
    (old / template.archive_name()).touch()
    monkeypatch.setattr(mirror, "read", lambda: now)
    assert lab.templates() == []
    monkeypatch.setattr(template, "_mmdebstrap", lambda machine, target, log_file, log: target.touch())
    assert template.build(tmp_path, print) == new / template.archive_name()
    assert lab.templates() == [new / template.archive_name()]
    assert list(tmp_path.rglob(".unfinished-*")) == []


def test_a_machine_that_knows_no_mirror_has_no_template(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown() -> Mirror:
        raise MachineError("set PVELAB_MIRROR")

    monkeypatch.setattr(mirror, "read", unknown)
    assert Machine(name="t", state=tmp_path / "state", cache=tmp_path).templates() == []


@pytest.mark.parametrize(
    ("text", "covered"),
    [
        ("root:100000:65536\n", True),
        ("0:0:1000000\n", True),
        ("root:100000:1000\n", False),
        ("someone:100000:65536\n", False),
        ("", False),
    ],
)
def test_subordinate_ids(text: str, covered: bool) -> None:
    assert subid.is_covered(text) is covered


def test_rate_rules() -> None:
    assert nft.rate_rules(7, {"veth7i0": None}) == "table bridge pvelab_rate_7\ndelete table bridge pvelab_rate_7\n"
    assert 'iifname "veth7i0" limit rate over 1500 kbytes/second' in nft.rate_rules(7, {"veth7i0": 1.5})


@pytest.mark.parametrize("name", ["", "-x", "a_b", "Lab", "x" * 31, "../up"])
def test_lab_names_that_are_refused(name: str) -> None:
    with pytest.raises(MachineError, match="lab name"):
        Namespace(name)
