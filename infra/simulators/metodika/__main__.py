"""Starts a simulated Metodika as a process of its own."""

import argparse
from pathlib import Path

from infra.simulators.metodika.app import build
from infra.simulators.metodika.settings import Settings
from infra.simulators.serving import as_a_process


def main() -> None:
    """Serves until it is told to stop; prints the port it listens on."""
    usual = Settings()
    parser = argparse.ArgumentParser(prog="python -m infra.simulators.metodika", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--port-file", type=Path, help="written once the port is bound")
    parser.add_argument("--token", default=usual.token, help="what the Authorization header must bear")
    given = vars(parser.parse_args())
    port, port_file = given.pop("port"), given.pop("port_file")
    as_a_process(build(Settings(**given)), port=port, port_file=port_file)


if __name__ == "__main__":
    main()
