"""Options, rules, groups, aliases and IP sets at the datacenter, node and guest level."""
