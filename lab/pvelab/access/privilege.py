"""Proxmox VE 9's privileges and built-in roles."""

from pvelab.schema.format import accept_privileges

_GROUPS: dict[str, dict[str, tuple[str, ...]]] = {
    "VM": {
        "root": (),
        "admin": (
            "VM.Config.Disk",
            "VM.Config.CPU",
            "VM.Config.Memory",
            "VM.Config.Network",
            "VM.Config.HWType",
            "VM.Config.Options",
            "VM.Allocate",
            "VM.Clone",
            "VM.GuestAgent.Unrestricted",
            "VM.Migrate",
            "VM.Replicate",
            "VM.Snapshot",
            "VM.Snapshot.Rollback",
        ),
        "user": (
            "VM.Config.CDROM",
            "VM.Config.Cloudinit",
            "VM.Console",
            "VM.Backup",
            "VM.PowerMgmt",
            "VM.GuestAgent.FileRead",
            "VM.GuestAgent.FileWrite",
            "VM.GuestAgent.FileSystemMgmt",
        ),
        "audit": ("VM.Audit", "VM.GuestAgent.Audit"),
    },
    "Sys": {
        "root": ("Sys.PowerMgmt", "Sys.Modify", "Sys.Incoming", "Sys.AccessNetwork"),
        "admin": ("Sys.Console", "Sys.Syslog"),
        "user": (),
        "audit": ("Sys.Audit",),
    },
    "Datastore": {
        "root": (),
        "admin": ("Datastore.Allocate", "Datastore.AllocateTemplate"),
        "user": ("Datastore.AllocateSpace",),
        "audit": ("Datastore.Audit",),
    },
    "SDN": {"root": (), "admin": ("SDN.Allocate",), "user": ("SDN.Use",), "audit": ("SDN.Audit",)},
    "User": {
        "root": ("Realm.Allocate",),
        "admin": ("User.Modify", "Group.Allocate", "Realm.AllocateUser"),
        "user": (),
        "audit": (),
    },
    "Pool": {"root": (), "admin": ("Pool.Allocate",), "user": ("Pool.Audit",), "audit": ("Pool.Audit",)},
    "Mapping": {"root": (), "admin": ("Mapping.Modify",), "user": ("Mapping.Use",), "audit": ("Mapping.Audit",)},
}

PRIVILEGES = frozenset(
    {"Permissions.Modify"} | {name for group in _GROUPS.values() for names in group.values() for name in names}
)
accept_privileges(PRIVILEGES)


def _built_in() -> dict[str, frozenset[str]]:
    roles: dict[str, set[str]] = {"NoAccess": set(), "PVEAdmin": set(), "PVEAuditor": set()}
    for area, group in _GROUPS.items():
        admin = {*group["admin"], *group["user"], *group["audit"]}
        if group["admin"]:
            roles[f"PVE{area}Admin"] = admin
        if group["user"]:
            roles[f"PVE{area}User"] = {*group["user"], *group["audit"]}
        roles["PVEAdmin"] |= admin
        roles["PVEAuditor"] |= set(group["audit"])
    roles["PVETemplateUser"] = {"VM.Clone", "VM.Audit"}
    return {**{name: frozenset(held) for name, held in roles.items()}, "Administrator": PRIVILEGES}


BUILT_IN_ROLES: dict[str, frozenset[str]] = _built_in()
"""Name -> privileges of the roles that cannot be changed (Proxmox VE administration guide, "Roles")."""
