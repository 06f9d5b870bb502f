"""`python -m pvelab` is the `pvelab` command."""

from pvelab.cli import main

main()
