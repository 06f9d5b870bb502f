"""`python -m roles INVENTORY HOST`: deploy one host, see roles/run.py."""

import sys

from gevent import monkey  # type: ignore[import-untyped]

# Before anything that opens a socket is imported: pyinfra's connections are gevent's.
monkey.patch_all()

from roles.run import main  # noqa: E402

if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
