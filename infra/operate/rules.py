"""Rules, checked as the functions will check them, and put where the functions read them."""

import difflib
import json
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer
from pydantic import BaseModel, ValidationError
from rich.text import Text

from infra.operate import ROOT
from infra.operate.command import Desk, command, group
from infra.operate.connection import Connection
from infra.operate.output import Problem, state, table, when
from kundeflyt.adapters.aws.rules import RulesError, parse_rules
from kundeflyt.domain.rules import CommonRules, FlowRules

COMMON = "common"

ModelT = TypeVar("ModelT", bound=BaseModel)

MOST_BYTES = 4096
"""A standard parameter of SSM holds no more."""

commands = group(
    "rules", "What business people may change without a deployment: thresholds, windows, modes, the pilot."
)

Flow = Annotated[str, typer.Argument(help="The flow's name, or common for what all flows share.")]
File = Annotated[Path, typer.Argument(help="A JSON file with the rules.")]


class BadRules(Problem):
    """The rules would not take effect; the text names each value that is wrong."""


def model_of(flow: str) -> type[BaseModel]:
    """What the rules of a flow must look like; raises BadRules when there is no such flow."""
    if flow == COMMON:
        return CommonRules
    if not (ROOT / "functions" / flow / "rules.py").exists():
        known = sorted(file.parent.name for file in (ROOT / "functions").glob("*/rules.py"))
        raise BadRules(f"There are no rules called {flow!r}: use {COMMON} or one of {', '.join(known)}.")
    module = import_module(f"{flow}.rules")
    (model,) = (
        found
        for found in vars(module).values()
        if isinstance(found, type) and issubclass(found, FlowRules) and found.__module__ == module.__name__
    )
    return model


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


def versions(stack: Connection, flow: str) -> list[Any]:
    """Every version SSM remembers of a flow's rules (a hundred), the newest first. Raises Problem."""
    if flow != COMMON:
        stack.known(flow)
    ssm = stack.client("ssm")
    try:
        pages = ssm.get_paginator("get_parameter_history").paginate(Name=_parameter(stack, flow))
        found = [version for page in pages for version in page["Parameters"]]
    except ssm.exceptions.ParameterNotFound:
        raise Problem(
            f"{_parameter(stack, flow)} is missing, so {flow} waits: put it back in SSM, as a String."
        ) from None
    return sorted(found, key=lambda version: int(version["Version"]), reverse=True)


def in_force(stack: Connection, flow: str, model: type[ModelT]) -> ModelT:
    """The newest good rules, as the functions use them; raises Problem when there have never been any."""
    for version in versions(stack, flow):
        try:
            return parse_rules(version["Value"], model)
        except RulesError:
            continue
    raise Problem(f"{flow} has never had rules that can be used: put good ones with `rules put {flow} FILE`.")


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
    wanted = [flow] if flow else [COMMON, *desk.stack.flows]
    if save and not flow:
        raise Problem("Say whose rules to save: `rules show FLOW --save FILE`.")
    told, parts = {}, []
    for name in wanted:
        newest, *older = versions(desk.stack, name)
        wrong = complaint(name, newest["Value"])
        good = next((one for one in (newest, *older) if not complaint(name, one["Value"])), None)
        told[name] = {
            "version": newest["Version"],
            "in_force": good["Version"] if good else None,
            "changed_at": newest["LastModifiedDate"],
            "problem": wrong,
            "rules": json.loads(good["Value"]) if good else None,
        }
        parts += _shown(name, newest, good, wrong)
        if save:
            save.write_text(newest["Value"], encoding="utf-8")
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
        wrong = complaint(flow, one["Value"])
        by = str(one.get("LastModifiedUser", "")).rsplit("/", 1)[-1]
        rows.append(
            {
                "version": one["Version"],
                "put_at": one["LastModifiedDate"],
                "by": by,
                "problem": wrong,
                "rules": one["Value"],
            }
        )
        shown.add_row(
            str(one["Version"]), when(one["LastModifiedDate"]), by, state("wrong" if wrong else "ok"), one["Value"]
        )
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
    newest, *older = versions(desk.stack, flow)
    good = [one for one in older if not complaint(flow, one["Value"]) and one["Value"] != newest["Value"]]
    chosen = next((one for one in good if to is None or one["Version"] == to), None)
    if chosen is None:
        which = f"version {to}" if to else "an earlier version that differs"
        raise Problem(
            f"{flow} has no {which} with rules that can be used: see `rules history {flow}`.\nNothing was changed."
        )
    _put(desk, flow, chosen["Value"], newest)


def _put(desk: Desk, flow: str, text: str, newest: Any) -> None:
    changed = _changes(newest["Value"], text)
    answer = desk.stack.client("ssm").put_parameter(
        Name=_parameter(desk.stack, flow), Value=text, Type="String", Overwrite=True
    )
    desk.output.tell(
        {"flow": flow, "version": answer["Version"], "changes": changed},
        Text(f"The rules of {flow} in {desk.stack.name} are version {answer['Version']}, in force within a minute."),
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


def _shown(name: str, newest: Any, good: Any, wrong: str | None) -> list[Text]:
    title = Text(f"{name}  version {newest['Version']}, put {when(newest['LastModifiedDate'])}", style="bold")
    if wrong is None:
        return [title, Text("\n".join(_lines(newest["Value"])) + "\n")]
    force = f"Version {good['Version']} is in force instead:" if good else "There is no good version: the flow waits."
    return [
        title,
        Text(f"{wrong}\n{force}", style="red"),
        Text("\n".join(_lines(good["Value"])) + "\n" if good else ""),
    ]


def _parameter(stack: Connection, flow: str) -> str:
    return f"{stack.outputs['RulesPrefix']}/{flow}"


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except OSError as unreadable:
        raise Problem(f"The file {file} cannot be read: {unreadable.strerror}.") from unreadable
    except UnicodeDecodeError as unreadable:
        raise Problem(f"The file {file} is not UTF-8 text.") from unreadable
