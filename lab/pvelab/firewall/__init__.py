"""Proxmox VE's guest firewall: a model of its rules, and a compiler from it to an nftables ruleset. Pure."""
