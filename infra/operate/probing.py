"""Running the probe: only where it is certain to write in a test account, and tidy afterwards."""

from dataclasses import asdict
from datetime import UTC, datetime

import typer
from rich.text import Text

from infra.operate.command import WRONG, Desk
from infra.operate.connection import Connection
from infra.operate.output import Problem, table
from infra.operate.portal import Portal, Token
from infra.operate.probe import Probe, Tried

TEST_ACCOUNTS = frozenset({"DEVELOPER_TEST", "SANDBOX", "APP_DEVELOPER"})
STYLES = {"confirmed": "green", "differs": "bold red", "needs a person": "yellow"}


def run(desk: Desk, test_portal: int) -> None:
    """Tries the whole list out and tidies up; refuses wherever it is not certain to be in a test account."""
    stack = desk.stack
    portal = Portal(stack)
    token = _allowed(stack, portal, test_portal)
    probe = Probe(stack, portal, token)
    tried: list[Tried] = []
    try:
        tried += probe.all()
    finally:
        left = probe.tidy()
    differ = sum(one.verdict == "differs" for one in tried)
    shown = table(f"HubSpot account {test_portal}, {datetime.now(UTC):%Y-%m-%d}", "", "", "")
    shown.show_header = False
    for one in tried:
        shown.add_row(str(one.item), Text(one.verdict, style=STYLES[one.verdict]), f"{one.what}\n{one.says}")
    desk.output.tell(
        {"portal": test_portal, "differs": differ, "left_behind": left, "items": [asdict(one) for one in tried]},
        shown,
        *([Text(f"Could not be removed, do it by hand: {', '.join(left)}.", style="red")] if left else []),
        Text(
            f"{differ} differ from what the code expects." if differ else "Nothing differs from what the code expects."
        ),
    )
    if differ or left:
        raise typer.Exit(WRONG)


def _allowed(stack: Connection, portal: Portal, test_portal: int) -> Token:
    if stack.parameters.get("Stage") == "production":
        raise Problem(f"{stack.name} is a production stack: the probe runs on a test stack only.\nNothing was written.")
    token = portal.token()
    if not isinstance(token, Token):
        raise Problem(f"Which account the token opens is unknown: {token}.\nNothing was written.")
    if token.portal_id != test_portal:
        raise Problem(f"The token opens the account {token.portal_id}, not {test_portal}.\nNothing was written.")
    kind = portal.account_type()
    if kind not in TEST_ACCOUNTS:
        raise Problem(
            f"The account {test_portal} is {kind or 'of an unknown kind'}, no test account.\nNothing was written."
        )
    return token
