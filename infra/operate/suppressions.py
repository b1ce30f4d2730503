"""Who wants no more text messages, and letting somebody have them again.

`python -m infra.operate.suppressions list STACK` and `... lift STACK WHOM`, with the AWS credentials of the
environment. WHOM is an id from the list, a contact's id in HubSpot, or `-` to type a number that nobody sees.
"""

import sys
from collections import Counter
from getpass import getpass
from importlib import import_module
from typing import Any

import boto3

from infra.operate.held import ledger_of, outputs_of
from infra.operate.rules import model_of

USE = "Use: python -m infra.operate.suppressions list STACK | lift STACK WHOM\n"
ID_LENGTH = 21
"""The key's mark and twelve digits of the hash: enough to tell people apart, too little to guess a number from."""


def id_of(suppression: Any) -> str:
    """What a suppression is called in the list."""
    newest: str = suppression.number_hashes[0]
    return newest[:ID_LENGTH]


def show(outputs: dict[str, str]) -> int:
    """Prints the list, the first first, and how many stand under one key alone, which then must stay in the secret."""
    listed = ledger_of(outputs).suppressions()
    for one in listed:
        contacts = "".join(f"  contact {contact}" for contact in one.contact_ids)
        sys.stdout.write(f"{one.since:%Y-%m-%d %H:%M} UTC  {id_of(one)}{contacts}\n")
    alone = Counter(one.number_hashes[0].split("-")[0] for one in listed if len(one.number_hashes) == 1)
    for mark, count in sorted(alone.items()):
        sys.stdout.write(f"{count} under the key {mark} alone: it must stay in number_hmac_keys.\n")
    sys.stdout.write(f"{len(listed)} suppressed.\n")
    return 0


def lift(outputs: dict[str, str], whom: str) -> int:
    """Takes somebody off the list; exit status 1 when nobody on it is meant."""
    ledger = ledger_of(outputs)
    hashes = set(_hashes_of(getpass("Number: "), outputs)) if whom == "-" else set()
    meant = [
        one
        for one in ledger.suppressions()
        if id_of(one) == whom or whom in map(str, one.contact_ids) or hashes.intersection(one.number_hashes)
    ]
    if not meant:
        sys.stderr.write("Nobody on the list is meant by that; `list` shows the ids.\nNothing was changed.\n")
        return 1
    for one in meant:
        ledger.lift_suppression(one.number_hashes)
        sys.stdout.write(f"{id_of(one)} may get SMS again.\n")
        for contact in one.contact_ids:
            sys.stdout.write(f"If the box for no SMS is ticked on contact {contact} in HubSpot, clear it there.\n")
    return 0


def _hashes_of(number: str, outputs: dict[str, str]) -> tuple[str, ...]:
    secret = boto3.client("secretsmanager").get_secret_value(SecretId=outputs["SecretId"])["SecretString"]
    keys = import_module("kundeflyt.adapters.aws.secrets").Secrets.from_json(secret).number_hmac_keys
    e164 = import_module("kundeflyt.domain.phones").sender_number(number, "NO")
    hashes: tuple[str, ...] = import_module("kundeflyt.adapters.aws.numbers").NumberIdentity(keys).hashes(e164 or "")
    return hashes


def main(arguments: list[str]) -> int:
    """Runs a command; exit status 2 for a wrong one."""
    model_of("common")  # puts the product on the path
    match arguments:
        case ["list", stack]:
            return show(outputs_of(stack))
        case ["lift", stack, whom]:
            return lift(outputs_of(stack), whom)
        case _:
            sys.stderr.write(USE)
            return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
