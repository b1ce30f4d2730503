"""`python -m infra.local.page --folder .local --port 8080`: the page of a stack, until it is told to stop."""

import argparse
from pathlib import Path

from infra.local.page.app import build
from infra.simulators.serving import as_a_process


def main() -> None:
    """Serves the page on the loopback address."""
    parser = argparse.ArgumentParser(description="The local stack's page")
    parser.add_argument("--folder", type=Path, required=True, help="the stack's folder, where stack.json is or will be")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one, which is printed")
    given = parser.parse_args()
    as_a_process(build(given.folder.resolve()), port=given.port, port_file=None)


if __name__ == "__main__":
    main()
