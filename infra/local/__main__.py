"""`python -m infra.local demo | up | down | build`: the local stack's commands, called by make."""

import argparse
import os
import signal
import sys
import time
from pathlib import Path
from types import FrameType
from typing import NoReturn

from rich.console import Console
from rich.text import Text

from infra.local.building import build
from infra.local.demo import RULES, demonstrate, name_customer_service, put_work
from infra.local.given import Vendors
from infra.local.problems import StackProblem
from infra.local.progress import shown_on
from infra.local.queue import fill
from infra.local.raising import end_stack, raise_stack, raised
from infra.local.rules import AT_ONCE
from infra.local.stack import FILE, Stack, folder_given
from infra.local.tools import ROOT

ENDINGS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def demo(folder: Path, console: Console, *, once: bool) -> None:
    """Tells the story of one unanswered call on a stack that ends with the command; raises StackProblem if it fails."""
    elsewhere = Vendors.given(os.environ)
    if elsewhere != Vendors():
        raise StackProblem(
            "The demo plays the vendors itself: leave HUBSPOT_BASE_URL, ITX_BASE_URL and METODIKA_BASE_URL out of it."
        )
    with raised(folder, os.environ, shown_on(console), RULES) as stack:
        name_customer_service(stack, folder)
        demonstrate(stack, console, folder)
        if once:
            return
        put_work(stack)
        waiting = fill(stack)
        console.print(f"\nGo on in the browser, where you play the adviser and the customer: {stack.page_url}")
        console.print("There is a second story: choose Fjellbygg AS, give it another owner, and see what follows.")
        console.print(f"Customer service has a queue of {waiting} customers who did not answer; some are late already.")
        _show_users(stack, console)
        console.print(f"The stack stays up until Ctrl-C; {folder / FILE} says where everything is.")
        try:
            while True:
                time.sleep(3600)
        except KeyboardInterrupt:
            console.print("\nEnding the stack …")


def up(folder: Path, console: Console) -> None:
    """Raises a stack in the background and writes stack.json."""
    stack = raise_stack(folder, os.environ, shown_on(console), AT_ONCE)
    if stack.page_url:
        console.print(f"The page to play on is at {stack.page_url}")
    _show_users(stack, console)
    console.print(f"The stack is up, its webhook at {stack.webhook_url}\n{folder / FILE} says the rest.")


def _show_users(stack: Stack, console: Console) -> None:
    console.print(f"The console is at {stack.console_url} for:")
    for role, user in stack.console_users.items():
        console.print(f"  {role:<5} {user['email']:<24} {user['password']}")


def down(folder: Path, console: Console) -> None:
    """Ends the stack that `up` raised and removes what it left."""
    ended = end_stack(folder)
    console.print("The stack has ended." if ended else f"No stack runs in {folder}.")


def main(arguments: list[str]) -> int:
    """Runs a command; what goes wrong is said without a traceback, with an exit status above 0."""
    asked = _parser().parse_args(arguments)
    console = Console(highlight=False, soft_wrap=True)
    for ending in ENDINGS:
        signal.signal(ending, _end_in_order)
    folder = folder_given()
    try:
        match asked.command:
            case "demo":
                demo(folder, console, once=asked.once)
            case "up":
                up(folder, console)
            case "down":
                down(folder, console)
            case _:
                console.print(f"Built {build(ROOT / '.build' / 'local')}.")
    except StackProblem as problem:
        Console(stderr=True, soft_wrap=True).print(Text(str(problem), style="red"))
        return 1
    except KeyboardInterrupt:
        console.print("Broken off; nothing is left running.")
        return 130
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m infra.local", description="The local stack")
    commands = parser.add_subparsers(dest="command", required=True)
    story = commands.add_parser("demo", help="tell the story of one unanswered call on a stack of its own")
    story.add_argument("--once", action="store_true", help="end when the story has been told")
    commands.add_parser("up", help="raise a stack in the background and write stack.json")
    commands.add_parser("down", help="end that stack and remove what it left")
    commands.add_parser("build", help="only build, for this machine's interpreter")
    return parser


def _end_in_order(_signal: int, _frame: FrameType | None) -> NoReturn:
    # A second Ctrl-C must not leave half of the stack running.
    for ending in ENDINGS:
        signal.signal(ending, signal.SIG_IGN)
    raise KeyboardInterrupt


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
