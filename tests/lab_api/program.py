"""A Pulumi program with one resource of every type that the platform declares. `STEP` = 2 changes some of each."""

import os

import pulumi
import pulumi_proxmoxve as pve

STEP = int(os.environ["STEP"])
NODE, TEMPLATE = "pve1", os.environ["TEMPLATE"]
KEY = "ssh-ed25519 " + "A" * 68 + " x"
changed = STEP > 1


def after(*resources: pulumi.Resource) -> pulumi.ResourceOptions:
    """Options for a resource that others must precede."""
    return pulumi.ResourceOptions(depends_on=list(resources))


finalizer = pve.sdn.Applier("finalizer", on_create=False, on_destroy=True)
zone = pve.sdn.zone.Vlan(
    "hall", resource_id="hall", bridge="vmbr0", mtu=1400 if changed else None, opts=after(finalizer)
)
vnet = pve.sdn.Vnet("svc", resource_id="svc", zone=zone.resource_id, tag=10, alias="shared" if changed else None)
subnet = pve.sdn.Subnet("services", vnet=vnet.resource_id, cidr="10.0.0.0/24")
applier = pve.sdn.Applier("apply", on_destroy=False, opts=after(vnet, subnet))

pool = pve.PoolLegacy("pool", pool_id="hall", comment="changed" if changed else "first")
role = pve.RoleLegacy(
    "role", role_id="Operator", privileges=["VM.Audit", "VM.PowerMgmt", *(["VM.Console"] if changed else [])]
)
user = pve.UserLegacy("user", user_id="operation@pve", comment="changed" if changed else "first", enabled=True)
token = pve.user.Token("token", user_id=user.user_id, token_name="stack", comment="changed" if changed else "first")
acl = pve.Acl("acl", path="/pool/hall", role_id=role.role_id, user_id=user.user_id, opts=after(pool))
acl_of_token = pve.Acl("acl-of-token", path="/pool/hall", role_id=role.role_id, token_id=token.id, opts=after(pool))

directory = pve.storage.Directory(
    "backups", resource_id="backups", path="/srv/backups", contents=["backup"], shared=False
)
file = pve.download.File(
    "template",
    content_type="vztmpl",
    datastore_id="local",
    node_name=NODE,
    url=os.environ["TEMPLATE_URL"],
    file_name="fetched_1.0_amd64.tar.zst",
    checksum=os.environ["TEMPLATE_SHA256"],
    checksum_algorithm="sha256",
)

guest = pve.ContainerLegacy(
    "guest",
    node_name=NODE,
    vm_id=101,
    unprivileged=True,
    started=True,
    description="changed" if changed else "first",
    tags=["samdrift", "stack-hall", *(["changed"] if changed else [])],
    pool_id=pool.pool_id,
    disk={"datastore_id": "local", "size": 3 if changed else 2},
    cpu={"cores": 2 if changed else 1},
    memory={"dedicated": 384 if changed else 256, "swap": 0},
    features={"nesting": True},
    startup={"order": 2, "up_delay": 5, "down_delay": 30},
    initialization={
        "hostname": "edge",
        "dns": {"domain": "hall.example", "servers": ["10.0.0.11", "10.0.0.12"]},
        "ip_configs": [
            {"ipv4": {"address": "10.0.0.21/24", "gateway": "10.0.0.1"}, "ipv6": {"address": "fd00:10::21/64"}},
            *([{"ipv4": {"address": "10.0.0.22/24"}}] if changed else []),
        ],
        "user_account": {"keys": [KEY]},
    },
    network_interfaces=[
        {"name": "svc", "bridge": "svc", "firewall": True, "mac_address": "BC:24:11:00:06:50"},
        *([{"name": "more", "bridge": "svc", "firewall": True, "mac_address": "BC:24:11:00:06:51"}] if changed else []),
    ],
    operating_system={"template_file_id": TEMPLATE, "type": "debian"},
    opts=after(applier),
)

firewall = pve.cluster.FirewallLegacy(
    "firewall", enabled=True, ebtables=True, input_policy="DROP", output_policy="ACCEPT", forward_policy="ACCEPT",
    log_ratelimit={"enabled": True, "burst": 9 if changed else 5, "rate": "1/second"},
)  # fmt: skip
alias = pve.firewall.AliasLegacy(
    "alias", name="printer", cidr="10.0.0.40" if changed else "10.0.0.4", comment="a printer"
)
ipset = pve.firewall.IpsetLegacy(
    "ipset",
    name="desks",
    comment="desks",
    cidrs=[{"name": "10.0.2.0/24", "comment": "mgt"}, {"name": "10.0.3.7", "nomatch": True}],
)
group = pve.cluster.firewall.security.GroupLegacy(
    "group",
    name="ssh",
    comment="changed" if changed else "first",
    rules=[
        {"type": "in", "action": "ACCEPT", "proto": "tcp", "dport": "22", "source": "+dc/desks", "comment": "way in"},
        *([{"type": "in", "action": "ACCEPT", "macro": "Ping", "comment": "ping"}] if changed else []),
    ],
    opts=after(ipset),
)
options = pve.firewall.OptionsLegacy(
    "options", node_name=NODE, container_id=guest.vm_id, enabled=True, ipfilter=True, macfilter=True, dhcp=False,
    input_policy="DROP", output_policy="DROP" if changed else "ACCEPT",
)  # fmt: skip
_rules = [
    {"security_group": group.name, "comment": "way in"},
    {"type": "in", "action": "ACCEPT", "proto": "tcp", "dport": "53", "comment": "dns tcp"},
    {"type": "in", "action": "ACCEPT", "proto": "udp", "dport": "53", "comment": "dns udp"},
    {"type": "out", "action": "ACCEPT", "dest": "dc/printer", "proto": "tcp", "dport": "9100", "comment": "print"},
]
rules = pve.firewall.RulesLegacy(
    "rules",
    node_name=NODE,
    container_id=guest.vm_id,
    rules=[_rules[3], _rules[0], _rules[2]] if changed else _rules,
    opts=after(alias, group),
)

job = pve.backup.Job(
    "job", resource_id="nightly", schedule="03:30" if changed else "02:30", storage=directory.resource_id,
    pool=pool.pool_id, mode="snapshot", compress="zstd", enabled=True, prune_backups={"keep-daily": "7"},
)  # fmt: skip
resource = pve.Haresource(
    "resource", resource_id=guest.vm_id.apply(lambda number: f"ct:{int(number)}"), type="ct", state="started",
    comment="changed" if changed else "first",
)  # fmt: skip
rule = pve.Harule(
    "rule", rule="hall-first", type="node-affinity", resources=[resource.resource_id],
    nodes={"pve1": 2, "pve2": 1} if changed else {"pve1": 2}, strict=False,
)  # fmt: skip
pulumi.export("token", token.value)
pulumi.export("ipv4", guest.ipv4)
