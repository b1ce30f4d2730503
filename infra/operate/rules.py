"""Rules, checked as the functions will check them, and put where the functions read them."""

import difflib
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from pydantic import BaseModel, ValidationError
from rich.text import Text

from infra.operate import ROOT
from infra.operate.command import Desk, command, group
from infra.operate.connection import Connection
from infra.operate.output import Problem, state, table, when
from kundeflyt.adapters.aws.rules import RulesError, parse_rules
from kundeflyt.adapters.aws.rules_history import (
    MOST_BYTES,
    NoSuchRulesError,
    RulesHistory,
    earlier,
    newest_good,
)
from kundeflyt.ports.operations import RulesAsPut
from kundeflyt.wiring.rule_models import COMMON, rule_models

ModelT = TypeVar("ModelT", bound=BaseModel)

commands = group(
    "rules", "What business people may change without a deployment: thresholds, windows, modes, the pilot."
)

Flow = Annotated[str, typer.Argument(help="The flow's name, or common for what all flows share.")]
File = Annotated[Path, typer.Argument(help="A JSON file with the rules.")]


class BadRules(Problem):
    """The rules would not take effect; the text names each value that is wrong."""


def model_of(flow: str) -> type[BaseModel]:
    """What the rules of a flow must look like; raises BadRules when there is no such flow."""
    known = rule_models(ROOT / "functions")
    if flow not in known:
        flows = ", ".join(sorted(known.keys() - {COMMON}))
        raise BadRules(f"There are no rules called {flow!r}: use {COMMON} or one of {flows}.")
    return known[flow]


def checked(flow: str, text: str) -> str:
    """The rules as they will be stored; raises BadRules when the functions would refuse them."""
    if len(text.encode()) > MOST_BYTES:
        raise BadRules(f"The rules of {flow} are {len(text.encode())} bytes and may be {MOST_BYTES} at most.")
    model = model_of(flow)
    try:
        model.model_validate_json(text)
    except ValidationError as refused:
        wrong = [
            f"{'.'.join(str(part) for part in error['loc']) or 'the file'}: {error['msg']}"
            for error in refused.errors(include_input=False, include_url=False)
        ]
        raise BadRules(f"The rules of {flow} are not right:\n" + "\n".join(wrong)) from refused
    try:
        parse_rules(text, model)
    except RulesError as refused:
        raise BadRules(f"The rules of {flow} are not right:\n{refused}") from refused
    if "****" in text:
        raise BadRules(f"The rules of {flow} hold a masked number: take the numbers from `rules show {flow} --save`.")
    return text


def complaint(flow: str, text: str) -> str | None:
    """What is wrong with rules, or None."""
    try:
        checked(flow, text)
    except BadRules as refused:
        return str(refused)
    return None


def versions(stack: Connection, flow: str) -> Sequence[RulesAsPut]:
    """Every version SSM remembers of a flow's rules (a hundred), the newest first. Raises Problem."""
    if flow not in {COMMON, *stack.ruled}:
        stack.known(flow)
    try:
        return _history(stack).versions(flow)
    except NoSuchRulesError as missing:
        raise Problem(f"{missing} is missing, so {flow} waits: put it back in SSM, as a String.") from None


def in_force(stack: Connection, flow: str, model: type[ModelT]) -> ModelT:
    """The newest good rules, as the functions use them; raises Problem when there have never been any."""
    found = newest_good(versions(stack, flow), model)
    if found is None:
        raise Problem(f"{flow} has never had rules that can be used: put good ones with `rules put {flow} FILE`.")
    return found[1]


def _history(stack: Connection) -> RulesHistory:
    return RulesHistory(stack.client("ssm"), prefix=stack.outputs["RulesPrefix"])


@command(commands, "check")
def check(desk: Desk, flow: Flow, file: File) -> None:
    """Say whether the functions would take these rules. Changes nothing and needs no stack."""
    checked(flow, _read(file))
    desk.output.tell({"flow": flow, "good": True}, Text(f"The rules of {flow} are right."))


@command(commands, "show")
def show(
    desk: Desk,
    flow: Annotated[str | None, typer.Argument(help="The flow's name, or common; all of them when left out.")] = None,
    save: Annotated[
        Path | None,
        typer.Option(help="Also write the newest rules, numbers unmasked, to this file, to change and put."),
    ] = None,
) -> None:
    """Show the rules that are in force. Phone numbers in them are masked."""
    wanted = [flow] if flow else [COMMON, *desk.stack.ruled]
    if save and not flow:
        raise Problem("Say whose rules to save: `rules show FLOW --save FILE`.")
    told, parts = {}, []
    for name in wanted:
        newest, *older = versions(desk.stack, name)
        wrong = complaint(name, newest.text)
        good = next((one for one in (newest, *older) if not complaint(name, one.text)), None)
        told[name] = {
            "version": newest.version,
            "in_force": good.version if good else None,
            "changed_at": newest.put_at,
            "problem": wrong,
            "rules": json.loads(good.text) if good else None,
        }
        parts += _shown(name, newest, good, wrong)
        if save:
            save.write_text(newest.text, encoding="utf-8")
    desk.output.tell({"rules": told}, *parts)
    if any(one["problem"] for one in told.values()):
        raise typer.Exit(1)


@command(commands, "put")
def put(desk: Desk, flow: Flow, file: File) -> None:
    """Check rules and put them in force (within a minute). Nothing is changed when something is wrong."""
    try:
        text = checked(flow, _read(file))
        newest = versions(desk.stack, flow)[0]
    except Problem as refused:
        raise Problem(f"{refused}\nNothing was changed.") from refused
    _put(desk, flow, text, newest)


@command(commands, "history")
def history(desk: Desk, flow: Flow) -> None:
    """List the versions of a flow's rules, the newest first."""
    found = versions(desk.stack, flow)
    shown = table(f"Rules of {flow} in {desk.stack.name}", "version", "put", "by", "right", "rules")
    rows = []
    for one in found:
        wrong = complaint(flow, one.text)
        rows.append({"version": one.version, "put_at": one.put_at, "by": one.by, "problem": wrong, "rules": one.text})
        shown.add_row(str(one.version), when(one.put_at), one.by, state("wrong" if wrong else "ok"), one.text)
    desk.output.tell({"flow": flow, "versions": rows}, shown)


@command(commands, "rollback")
def rollback(
    desk: Desk,
    flow: Flow,
    to: Annotated[
        int | None, typer.Option(help="The version to go back to; the last good one before the newest.")
    ] = None,
) -> None:
    """Put an earlier version of the rules in force again, as a new version."""
    found = versions(desk.stack, flow)
    chosen = earlier(found, model_of(flow), to=to)
    if chosen is None:
        which = f"version {to}" if to else "earlier, different version"
        raise Problem(
            f"{flow} has no {which} with rules that can be used: see `rules history {flow}`.\nNothing was changed."
        )
    _put(desk, flow, chosen.text, found[0])


def _put(desk: Desk, flow: str, text: str, newest: RulesAsPut) -> None:
    changed = _changes(newest.text, text)
    version = _history(desk.stack).put(flow, text)
    desk.output.tell(
        {"flow": flow, "version": version, "changes": changed},
        Text(f"The rules of {flow} in {desk.stack.name} are version {version}, in force within a minute."),
        *(Text(line, style="green" if line.startswith("+") else "red") for line in changed),
    )


def _changes(before: str, after: str) -> list[str]:
    lines = difflib.unified_diff(_lines(before), _lines(after), n=0, lineterm="")
    return [line for line in lines if not line.startswith(("---", "+++", "@@"))]


def _lines(text: str) -> list[str]:
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False).splitlines()
    except ValueError:
        return text.splitlines()


def _shown(name: str, newest: RulesAsPut, good: RulesAsPut | None, wrong: str | None) -> list[Text]:
    title = Text(f"{name}  version {newest.version}, put {when(newest.put_at)}", style="bold")
    if wrong is None:
        return [title, Text("\n".join(_lines(newest.text)) + "\n")]
    force = f"Version {good.version} is in force instead:" if good else "There is no good version: the flow waits."
    return [
        title,
        Text(f"{wrong}\n{force}", style="red"),
        Text("\n".join(_lines(good.text)) + "\n" if good else ""),
    ]


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except OSError as unreadable:
        raise Problem(f"The file {file} cannot be read: {unreadable.strerror}.") from unreadable
    except UnicodeDecodeError as unreadable:
        raise Problem(f"The file {file} is not UTF-8 text.") from unreadable
