"""The federation's certificate authority: an ACME server (RFC 8555), from which hosts fetch their certificates.

Serves requirement SEC-05 (everything a user speaks to is encrypted and proves who it is).
"""

from roles.pki.deploy import activate, configure, install
from roles.pki.settings import Settings

__all__ = ["Settings", "activate", "configure", "install"]
