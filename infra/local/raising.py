"""Raising a whole stack and ending it: all of it runs, or nothing is left."""

import os
import secrets
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

import requests

from infra.local import cloud
from infra.local.building import build
from infra.local.given import Keys, Vendors
from infra.local.ports import LOOPBACK, free_ports, must_be_free
from infra.local.problems import StackProblem
from infra.local.processes import Processes
from infra.local.progress import Step, silent
from infra.local.rules import put_rules
from infra.local.stack import FILE, Stack
from infra.local.tools import ROOT, environment, must_be_writable, must_have_room
from infra.local.users import with_users

REGION = "eu-north-1"
STACK_NAME = "kundeflyt"

Rules = Mapping[str, Mapping[str, object]]
"""Rules by flow, as their JSON files would hold them."""


def raise_stack(folder: Path, given: Mapping[str, str], step: Step = silent, rules: Rules | None = None) -> Stack:
    """Builds, deploys and starts everything and writes stack.json; the stack outlives this process.

    `given` are environment variables that override what would be chosen; `rules` are in force from the first event
    on. Raises StackProblem, and then nothing of the attempt runs any more; its logs stay in the folder for reading.
    """
    folder = folder.resolve()
    must_be_writable(folder)
    processes = Processes(folder)
    if processes.any_running():
        raise StackProblem(f"A stack runs in {folder} already: end it with `make down`, or name another STACK_DIR.")
    _forget(folder, with_logs=True)
    must_have_room(folder)
    try:
        stack = _raise(folder, given, step, processes, rules or {})
    except BaseException:
        processes.end_all()
        _forget(folder, with_logs=False)
        raise
    stack.write(folder)
    return stack


def end_stack(folder: Path, *, keep_logs: bool = False) -> bool:
    """Ends what runs in a folder and removes what it left; False when there was nothing."""
    folder = folder.resolve()
    if not (os.access(folder, os.W_OK) and folder.is_dir()):
        return False
    known = (folder / FILE).exists() or Processes(folder).any_running()
    Processes(folder).end_all()
    _forget(folder, with_logs=not keep_logs)
    return known


@contextmanager
def raised(folder: Path, given: Mapping[str, str], step: Step = silent, rules: Rules | None = None) -> Iterator[Stack]:
    """A stack that lasts as long as the context; when that ends in an error, the logs stay for reading."""
    stack = raise_stack(folder, given, step, rules)
    try:
        yield stack
    except Exception:
        end_stack(folder, keep_logs=True)
        raise
    finally:
        if (folder / FILE).exists():
            end_stack(folder)


def _raise(folder: Path, given: Mapping[str, str], step: Step, processes: Processes, rules: Rules) -> Stack:
    vendors, keys = Vendors.given(given), Keys.given(given)
    free_aws, hubspot, itx, metodika, page = free_ports(5)
    wanted = given.get("KUNDEFLYT_AWS_PORT", "")
    aws = must_be_free(wanted) if wanted else free_aws
    stack = Stack(
        webhook_url="",
        hubspot_url=vendors.hubspot or f"http://{LOOPBACK}:{hubspot}",
        itx_url=vendors.itx or f"http://{LOOPBACK}:{itx}",
        metodika_url=vendors.metodika or f"http://{LOOPBACK}:{metodika}",
        # The page plays the vendors' side, and only ours can be played.
        page_url=None if vendors.hubspot or vendors.itx or vendors.metodika else f"http://{LOOPBACK}:{page}/",
        aws_endpoint_url=f"http://{LOOPBACK}:{aws}",
        aws_access_key_id=f"AKIA{secrets.token_hex(8).upper()}",
        aws_secret_access_key=secrets.token_hex(20),
        region=REGION,
        stack_name=STACK_NAME,
        rules_parameters={},
        **vars(keys),
    )
    with step("Building the functions and their layer"):
        built = build(folder)
    with step("Starting the emulated AWS, IAM enforced"):
        cloud.start(processes, folder, stack)
    with step("Deploying template.yaml"):
        cloud.deploy(folder, built, stack)
        stack = replace(cloud.with_doors(stack), rules_parameters=_rules_parameters(stack.outputs()))
        cloud.hand_over(stack, keys)
        for flow, values in rules.items():
            put_rules(folder, stack, flow, values)
        stack = with_users(stack)
    with step("Waking the functions"):
        cloud.must_refuse_the_unsigned(stack, processes.logs)
        cloud.must_take_an_empty_batch(stack)
        cloud.must_ask_who_it_is(stack, processes.logs)
    if vendors.hubspot is None:
        with step("Starting the HubSpot simulator with a small Norwegian portal"):
            _start_hubspot(processes, folder, stack)
    if vendors.itx is None:
        with step("Starting the ITX simulator"):
            _start_itx(processes, folder, stack)
    if vendors.metodika is None:
        with step("Starting the Metodika simulator with the same customers"):
            _start_metodika(processes, folder, stack)
    if stack.page_url is not None:
        with step("Starting the page"):
            _start_page(processes, folder, stack.page_url)
    processes.must_run()
    return stack


def _rules_parameters(outputs: Mapping[str, str]) -> dict[str, str]:
    prefix = outputs["RulesPrefix"]
    names = [value for value in outputs.values() if value.startswith(f"{prefix}/")]
    return {name.removeprefix(f"{prefix}/"): name for name in sorted(names)}


def _start_hubspot(processes: Processes, folder: Path, stack: Stack) -> None:
    port = stack.hubspot_url.rsplit(":", 1)[1]
    command = [sys.executable, "-m", "infra.simulators.hubspot", "--port", port]
    command += ["--client-secret", stack.hubspot_client_secret, "--access-token", stack.hubspot_access_token]
    command += ["--app-id", stack.hubspot_app_id, "--portal-id", stack.hubspot_portal_id]
    command += ["--webhook-url", stack.webhook_url]
    processes.start("hubspot", command, environment(folder / "tmp"), cwd=ROOT)
    cloud.wait_until_it_answers(f"{stack.hubspot_url}/_sim/log", processes)
    requests.post(f"{stack.hubspot_url}/_sim/seed", json={"name": "norway"}, timeout=30).raise_for_status()


def _start_itx(processes: Processes, folder: Path, stack: Stack) -> None:
    port = stack.itx_url.rsplit(":", 1)[1]
    command = [sys.executable, "-m", "infra.simulators.itx", "--port", port]
    # With =, since a random key may begin with a hyphen.
    command += [f"--key={stack.itx_key}", f"--webhook-secret={stack.itx_webhook_secret}"]
    command += ["--receipts-url", stack.itx_receipts_url or "", "--inbound-url", stack.itx_inbound_url or ""]
    processes.start("itx", command, environment(folder / "tmp"), cwd=ROOT)
    cloud.wait_until_it_answers(f"{stack.itx_url}/_sim/log", processes)


def _start_metodika(processes: Processes, folder: Path, stack: Stack) -> None:
    port = stack.metodika_url.rsplit(":", 1)[1]
    command = [sys.executable, "-m", "infra.simulators.metodika", "--port", port, f"--token={stack.metodika_token}"]
    processes.start("metodika", command, environment(folder / "tmp"), cwd=ROOT)
    cloud.wait_until_it_answers(f"{stack.metodika_url}/_sim/log", processes)
    requests.post(f"{stack.metodika_url}/_sim/seed", json={"name": "norway"}, timeout=30).raise_for_status()


def _start_page(processes: Processes, folder: Path, url: str) -> None:
    command = [sys.executable, "-m", "infra.local.page", "--folder", str(folder), "--port", str(urlsplit(url).port)]
    processes.start("page", command, environment(folder / "tmp"), cwd=ROOT)
    cloud.wait_until_it_answers(url, processes)


def _forget(folder: Path, *, with_logs: bool) -> None:
    """Removes what a stack has left in its folder, and nothing that is not a stack's."""
    for name in (FILE, "processes.json"):
        (folder / name).unlink(missing_ok=True)
    for name in ("build", "tmp", *(["logs"] if with_logs else [])):
        shutil.rmtree(folder / name, ignore_errors=True)
    if folder.exists() and not any(folder.iterdir()):
        folder.rmdir()
