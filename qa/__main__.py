"""The `qa` command, as ``python -m qa``."""

from qa.cli.main import main

main()
