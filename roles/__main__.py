"""`python -m roles INVENTORY LOGS`: deploy the hosts named on standard input, see roles/run.py."""

import sys
from pathlib import Path

from gevent import monkey

# Before anything that opens a socket is imported: pyinfra's connections are gevent's.
monkey.patch_all()

from roles.run import serve  # noqa: E402

if __name__ == "__main__":
    sys.exit(serve(sys.argv[1], Path(sys.argv[2])))
