"""Starts a simulated HubSpot as a process of its own."""

import argparse
from pathlib import Path

from infra.simulators.hubspot.app import build
from infra.simulators.hubspot.settings import Settings
from infra.simulators.serving import as_a_process


def main() -> None:
    """Serves until it is told to stop; prints the port it listens on."""
    usual = Settings()
    parser = argparse.ArgumentParser(prog="python -m infra.simulators.hubspot", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--port-file", type=Path, help="written once the port is bound")
    parser.add_argument("--access-token", default=usual.access_token)
    parser.add_argument("--client-secret", default=usual.client_secret)
    parser.add_argument("--app-id", type=int, default=usual.app_id)
    parser.add_argument("--portal-id", type=int, default=usual.portal_id)
    parser.add_argument("--webhook-url", help="where to send webhooks; can be set later with /_sim/settings")
    given = vars(parser.parse_args())
    port, port_file = given.pop("port"), given.pop("port_file")
    as_a_process(build(Settings(**given)), port=port, port_file=port_file)


if __name__ == "__main__":
    main()
