"""The host's trust store: Debian's authorities, and those of the federation beside them."""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Iterator, Sequence
from io import StringIO
from typing import Any

from pyinfra import host
from pyinfra.api import FactBase, FileUploadCommand, StringCommand, operation

FOLDER = "/usr/local/share/ca-certificates"
BUNDLE = "/etc/ssl/certs/ca-certificates.crt"


class Trusted(FactBase):
    """Digests of the federation's authorities that are wholly in the store, and of those that still must leave it."""

    default = set

    def command(self) -> str:
        # The second line of a certificate's text holds its serial number: no other has it.
        return (
            f"for file in {FOLDER}/samdrift-*.crt; do [ -e $file ] || continue; "
            f'grep -qF "$(sed -n 2p $file)" {BUNDLE} && sha256sum < $file || echo incomplete; done'
        )

    def process(self, output: list[str]) -> set[str]:
        return {line.split()[0] for line in output}


@operation()
def only(*, certificates: Sequence[str]) -> Iterator[Any]:
    """Trust these authorities (PEM), besides Debian's, and no other of the federation's."""
    wanted = {hashlib.sha256(_text(one).encode()).hexdigest(): _text(one) for one in certificates}
    found = host.get_fact(Trusted)
    if found == set(wanted):
        host.noop("the federation's authorities are trusted, and no others")
        return
    yield StringCommand(f"mkdir -p {FOLDER} && rm -f {FOLDER}/samdrift-*.crt")
    for digest, text in wanted.items():
        path = shlex.quote(f"{FOLDER}/samdrift-{digest[:8]}.crt")
        yield FileUploadCommand(StringIO(text), path)
        yield StringCommand(f"chmod 644 {path}")
    yield StringCommand("update-ca-certificates --fresh > /dev/null")


def _text(certificate: str) -> str:
    return certificate.strip() + "\n"
