"""`python -m infra.operate`, or `make ops ARGS="…"`: everything operations does, as one program."""

import sys

import typer

from infra.operate import dead_letters, doctor, explain, held, people, rules, suppressions, sweeps, texts

app = typer.Typer(
    name="ops",
    help="Looks after a running kundeflyt stack, on this machine or in AWS.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
)
doctor.add_to(app)
explain.add_to(app)
people.add_to(app)
for part in (
    rules.commands,
    texts.commands,
    held.commands,
    sweeps.commands,
    dead_letters.commands,
    suppressions.commands,
):
    app.add_typer(part)


def main(arguments: list[str]) -> int:
    """Runs one command and gives its exit status."""
    try:
        app(arguments, prog_name="ops")
    except SystemExit as ended:
        return int(ended.code or 0)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
