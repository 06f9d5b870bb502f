"""Pulumi components: what a stack declares on the hypervisor, one ComponentResource per file.

A component takes federation records, never configuration, and exports nothing. Its children inherit the provider it was
given: `administration` (the organisation's token) or `operation` (the stack's own, made by `Access`).
"""
