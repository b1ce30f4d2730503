"""Is everything in place? Names what is not, and mends what it can."""

from typing import Annotated

import typer
from rich.text import Text

from infra.operate import mail_checks, probing, stack_checks, vendor_checks
from infra.operate.command import WRONG, Desk, command
from infra.operate.findings import Check, found
from infra.operate.output import state, table

CHECKS: tuple[tuple[str, Check], ...] = (
    ("secret", stack_checks.secret),
    ("secret", stack_checks.suppression_keys),
    ("rules", stack_checks.rules),
    ("modes", stack_checks.modes),
    ("texts", stack_checks.texts),
    ("queues", stack_checks.queues),
    ("doors", stack_checks.doors),
    ("hubspot", vendor_checks.token),
    ("properties", vendor_checks.properties),
    ("people", vendor_checks.people),
    ("itx", vendor_checks.itx),
    ("metodika", vendor_checks.metodika),
    ("mail", mail_checks.mail),
)


def add_to(app: typer.Typer) -> None:
    """Adds the command to the program."""

    @command(app, "doctor")
    def doctor(
        desk: Desk,
        fix: Annotated[
            bool, typer.Option("--fix", help="Create the HubSpot properties of ours that are missing.")
        ] = False,
        try_out: Annotated[
            bool,
            typer.Option(
                "--probe", help="Try out what HubSpot does not document, on records made for it; needs --test-portal."
            ),
        ] = False,
        test_portal: Annotated[
            int | None, typer.Option(help="The id of the HubSpot test account that --probe may write in.")
        ] = None,
    ) -> None:
        """Check the secret, rules, modes, texts, queues, doors, HubSpot, ITX, Metodika and SES.

        Changes nothing without --fix. Exit status 1 when something is wrong.
        """
        if try_out:
            if test_portal is None:
                raise typer.BadParameter("--probe writes in HubSpot: name the test account with --test-portal ID.")
            probing.run(desk, test_portal)
            return
        findings = list(found(desk.stack, fix, CHECKS))
        wrong = sum(finding.state == "wrong" for finding in findings)
        shown = table(f"{desk.stack.name}", "", "", "")
        shown.show_header = False
        for finding in findings:
            says = Text(finding.says)
            if finding.then:
                says.append(f"\n→ {finding.then}", style="dim")
            shown.add_row(finding.area, state(finding.state), says)
        desk.output.tell(
            {
                "stack": desk.stack.name,
                "stage": desk.stack.parameters.get("Stage"),
                "wrong": wrong,
                "findings": [finding.as_json() for finding in findings],
            },
            shown,
            Text(f"{wrong} wrong." if wrong else "Nothing is wrong.", style="bold red" if wrong else "bold green"),
        )
        if wrong:
            raise typer.Exit(WRONG)
