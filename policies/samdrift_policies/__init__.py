"""The policies of the agreed standard's preview stage, a module per topic.

The pack takes nothing from the program it judges: it reads the stack files itself (`declaration`), computes the address
plan again with its own few lines (`plan`) and looks at the properties that are about to be sent to the hypervisor. So a
mistake in the records, the address plan or a component does not repeat itself here and is caught.

Unknown values: during a preview a property may still be unknown; the policy that reads it then ends with the engine's
advisory note, and the engine runs it again with the value known, before the resource is made.
"""

from pulumi_policy import Policy

from samdrift_policies import (
    address,
    backup,
    boundary,
    confidential,
    firewall,
    gateway,
    privilege,
    separation,
    spoofing,
    tag,
    template,
    vlan,
)

POLICIES: tuple[Policy, ...] = (
    separation.vnet_in_class_zone,
    separation.class_zones_apart,
    separation.guest_in_one_class,
    vlan.vnet_tag_unique,
    gateway.subnet_without_gateway,
    address.guest_address_in_plan,
    boundary.rule_respects_denies,
    boundary.internet_set_public,
    firewall.datacenter_firewall_drops,
    firewall.guest_firewall_drops,
    firewall.guest_has_firewall,
    firewall.interface_firewall_on,
    spoofing.interface_mac_pinned,
    spoofing.guest_source_filtered,
    privilege.guest_unprivileged,
    template.guest_template_approved,
    tag.guest_has_tags,
    backup.guest_in_backup_job,
    confidential.no_plain_secret,
    confidential.output_without_secret,
)
