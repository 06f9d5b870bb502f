"""Users, groups, roles, ACLs, tokens, tickets."""
