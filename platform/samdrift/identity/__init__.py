"""Accounts by rule: from the members' registers to the directory's accounts, groups and mailboxes.

Runs on the hall's host `accounts` as it stands here, on Debian's Python with what Debian packages: so nothing but the
standard library, httpx and ldap3 is imported, and nothing else of samdrift. Everything but `directory`, `school` and
`cycle` is pure.

    registers (hr, school) -> entries -> desired (rule, ledger) -> difference <- present (directory)
                                                                      |
                                                            guard -> apply -> journal
"""
