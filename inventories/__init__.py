"""Host records become hosts: for pyinfra, for testinfra, and for OpenSSH."""
