"""How a command is added: what all of them take, and how each ends.

Exit status 0: done, nothing is wrong. 1: something is wrong or could not be done, and is named. 2: the command was
given wrongly (typer's own). 130: broken off.
"""

import inspect
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, wraps
from pathlib import Path
from typing import Annotated, Any

import typer
from botocore.exceptions import BotoCoreError, ClientError

from infra.local.stack import folder_given
from infra.operate.connection import Connection, Where
from infra.operate.output import Output, Problem
from kundeflyt.ports.failures import Failure

WRONG = 1
PANEL = "Where, and how to answer"


@dataclass
class Desk:
    """What a command works with: the stack it is about, and the way it answers."""

    where: Where
    output: Output

    @cached_property
    def stack(self) -> Connection:
        """The stack the command is about."""
        return Connection(self.where)


def group(name: str, help: str) -> typer.Typer:
    """An empty group of commands."""
    return typer.Typer(name=name, help=help, no_args_is_help=True, rich_markup_mode="rich")


def command(app: typer.Typer, name: str, **settings: Any) -> Callable[[Callable[..., None]], object]:
    """Adds a command to an app or group. Its function takes a Desk first, and then what typer is to read.

    Every command also takes --stack, --stack-dir, --profile, --region and --json. A Problem, a vendor's failure or an
    error of AWS is told without a traceback, with exit status 1.
    """

    def register(work: Callable[..., None]) -> object:
        @wraps(work)
        def run(**given: Any) -> None:
            where = _where(given.pop("stack"), given.pop("stack_dir"), given.pop("profile"), given.pop("region"))
            output = Output(as_json=given.pop("json"))
            try:
                work(Desk(where, output), **given)
            except (Problem, Failure) as told:
                output.complain(str(told))
                raise typer.Exit(WRONG) from None
            except (BotoCoreError, ClientError) as error:
                output.complain(f"AWS did not do it: {error}")
                raise typer.Exit(WRONG) from None

        own = list(inspect.signature(work, eval_str=True).parameters.values())[1:]
        vars(run)["__signature__"] = inspect.Signature([*own, *_SHARED])
        return app.command(name, **settings)(run)

    return register


def _where(stack: str | None, stack_dir: Path | None, profile: str | None, region: str | None) -> Where:
    """What is typed goes before what the shell says: nobody who names a folder means a stack in AWS."""
    if stack and stack_dir:
        raise typer.BadParameter("--stack is in AWS and --stack-dir on this machine: name one of them.")
    if stack_dir is None:
        stack = stack or os.environ.get("KUNDEFLYT_STACK")
    return Where(stack=stack or None, folder=stack_dir or folder_given(), profile=profile, region=region)


def _shared(
    stack: Annotated[
        str | None,
        typer.Option(
            help="A stack in AWS, by name, or KUNDEFLYT_STACK; else the one on this machine.",
            rich_help_panel=PANEL,
        ),
    ] = None,
    stack_dir: Annotated[
        Path | None,
        typer.Option(
            help="Where the stack on this machine runs; .local unless KUNDEFLYT_LOCAL_DIR says otherwise.",
            rich_help_panel=PANEL,
        ),
    ] = None,
    profile: Annotated[str | None, typer.Option(help="AWS profile.", rich_help_panel=PANEL)] = None,
    region: Annotated[
        str | None, typer.Option(help="AWS region; eu-north-1 if the profile names none.", rich_help_panel=PANEL)
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Answer with one JSON document.", rich_help_panel=PANEL)] = False,
) -> None: ...


_SHARED = tuple(
    parameter.replace(kind=inspect.Parameter.KEYWORD_ONLY)
    for parameter in inspect.signature(_shared).parameters.values()
)
