"""What of a stack can be checked without its vendors: the secret, rules, modes, texts, queues and doors."""

from collections import Counter
from collections.abc import Iterator
from typing import Any, cast

import requests

from infra.operate.connection import Connection
from infra.operate.findings import Finding, fine, trouble, worth_knowing
from infra.operate.output import Problem
from infra.operate.rules import complaint, in_force, model_of, versions
from infra.operate.texts import TOPICS, all_words
from kundeflyt.domain.rules import CommonRules, FlowRules
from kundeflyt.domain.texts import Purpose
from kundeflyt.wiring.door import DoorSecret
from kundeflyt.wiring.itx_door import ItxDoorSecret
from kundeflyt.wiring.kept import ConfigurationError
from kundeflyt.wiring.rule_models import COMMON
from no_answer.rules import NoAnswerRules

OWN_ADDRESS = "-"
SECONDS = 15.0


def secret(stack: Connection, _fix: bool) -> Iterator[Finding]:
    """Everything that must stand in the secret does; no value is told."""
    good = True
    for whose, read in (("front door", DoorSecret.from_json), ("door of ITX", ItxDoorSecret.from_json)):
        try:
            read(stack.secret_text)
        except ConfigurationError as wrong:
            good = False
            yield trouble("secret", f"The {whose} cannot work: {wrong}.", _put_secret(stack))
    try:
        keys = len(stack.secrets.number_hmac_keys)
    except Problem as wrong:
        yield trouble("secret", f"The flows cannot work: {wrong}", _put_secret(stack))
        return
    if good:
        yield fine("secret", f"All fields are there; {keys} key(s) for numbers.")


def _put_secret(stack: Connection) -> str:
    return f"Put the whole JSON value into the secret {stack.outputs['SecretId']} again."


def suppression_keys(stack: Connection, _fix: bool) -> Iterator[Finding]:
    """Nobody who said stop stands under a key that the secret has lost: they would be texted again."""
    marks = {one.split("-")[0] for one in stack.numbers().hashes("")}
    lost = Counter(
        one.number_hashes[0].split("-")[0]
        for one in stack.ledger().suppressions()
        if not marks & {each.split("-")[0] for each in one.number_hashes}
    )
    for mark, count in sorted(lost.items()):
        yield trouble(
            "secret",
            f"{count} who said stop stand under the key {mark} alone, and number_hmac_keys lacks it.",
            "Put that key back, last in the list: without it they get SMS again.",
        )


def rules(stack: Connection, _fix: bool) -> Iterator[Finding]:
    """The newest rules of every flow are those in force."""
    for flow in (COMMON, *stack.ruled):
        newest = versions(stack, flow)[0]
        wrong = complaint(flow, newest.text)
        if wrong:
            yield trouble("rules", wrong, f"`rules rollback {flow}`, or put good ones.")
        else:
            yield fine("rules", f"{flow} version {newest.version} is in force.")
    common = in_force(stack, COMMON, CommonRules)
    if common.callback_number is None and not common.callback_numbers:
        yield worth_knowing(
            "rules",
            "No call-back number is given: no SMS goes out unless the call has one.",
            "callback_number in the common rules.",
        )
    if common.fallback_owner_id is None:
        yield worth_knowing(
            "rules",
            "No fallback owner is given: what nobody is responsible for is nobody's.",
            "fallback_owner_id in the common rules.",
        )
    if common.csc_owner_id is None:
        yield worth_knowing(
            "rules",
            "Nobody stands for customer service: what is theirs goes to the fallback owner.",
            "csc_owner_id in the common rules.",
        )
    if common.pilot:
        who = f"{len(common.pilot.owners)} owner(s) and {len(common.pilot.numbers)} number(s)"
        yield worth_knowing("rules", f"A pilot is on: only {who} are in it, the rest is only shown.")


def modes(stack: Connection, _fix: bool) -> Iterator[Finding]:
    """Every flow is on, none has stopped itself, and nothing is held."""
    ledger = stack.ledger()
    for flow in stack.flows:
        mode = in_force(stack, flow, cast("type[FlowRules]", model_of(flow))).mode
        held = len(ledger.held(flow))
        if reason := ledger.stopped(flow):
            yield trouble(
                "modes",
                f"{flow} has stopped itself ({reason}); {held} held.",
                f"Find out why, then `held release {flow}`.",
            )
        elif mode != "on" or held:
            yield worth_knowing(
                "modes",
                f"{flow} is {'on hold' if mode == 'hold' else mode}; {held} held.",
                f"When it shall work: mode on, then `held release {flow}`.",
            )
        else:
            yield fine("modes", f"{flow} is on.")


def texts(stack: Connection, _fix: bool) -> Iterator[Finding]:
    """Somebody stands behind every text that may be sent; in production the others are not sent."""
    production = stack.parameters.get("Stage") == "production"
    marketing = in_force(stack, "no_answer", NoAnswerRules).marketing_basis_property is not None
    needed = [
        words
        for words in all_words()
        if words.file.stem == TOPICS or marketing or (words.text and words.text.purpose is Purpose.SERVICE)
    ]
    unapproved = [words.name for words in needed if not words.approval.approved]
    if unapproved:
        yield Finding(
            area="texts",
            state="wrong" if production else "note",
            says=f"Not approved in this working tree: {', '.join(unapproved)}. Production does not send them.",
            then="`texts preview`, then `texts approve`, commit and deploy.",
        )
    else:
        yield fine("texts", "All texts in use are approved in this working tree.")


def queues(stack: Connection, _fix: bool) -> Iterator[Finding]:
    """Nothing has been set aside, and each queue has its function."""
    sqs, functions = stack.client("sqs"), stack.client("lambda")
    for flow in stack.flows:
        dead = _messages(sqs, stack.of_flow(flow, "DeadLetterUrl"))
        if dead:
            yield trouble(
                "queues",
                f"{flow} has set {dead} message(s) aside.",
                f"`dead-letters show {flow}`, mend the cause, `dead-letters redrive {flow}`.",
            )
        mappings = functions.list_event_source_mappings(EventSourceArn=stack.of_flow(flow, "QueueArn"))
        states = [str(one.get("State")) for one in mappings["EventSourceMappings"]]
        waiting = _messages(sqs, stack.of_flow(flow, "QueueUrl"))
        if states != ["Enabled"]:
            yield trouble(
                "queues",
                f"No function works the queue of {flow} ({', '.join(states) or 'no trigger'}); {waiting} wait.",
                "Enable the function's trigger, or deploy again.",
            )
        elif not dead:
            yield fine("queues", f"{flow}: {waiting} in the queue, none set aside.")


def _messages(sqs: Any, url: str) -> int:
    names = [
        "ApproximateNumberOfMessages",
        "ApproximateNumberOfMessagesNotVisible",
        "ApproximateNumberOfMessagesDelayed",
    ]
    answer = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)
    return sum(int(count) for count in answer["Attributes"].values())


def doors(stack: Connection, _fix: bool) -> Iterator[Finding]:
    """The doors are awake and refuse who has not signed; HubSpot signs the address we think it does."""
    signed = stack.client("ssm").get_parameter(Name=stack.outputs["SignedUrlParameter"])["Parameter"]["Value"]
    posted_to = stack.local.webhook_url if stack.local else stack.outputs["WebhookUrl"]
    if signed == posted_to or (signed == OWN_ADDRESS and not stack.local):
        yield fine("doors", f"HubSpot has to post to {posted_to}")
    else:
        yield Finding(
            area="doors",
            state="wrong" if stack.local or signed == OWN_ADDRESS else "note",
            says=f"signed-url is {signed}, the API's own address {posted_to}",
            then="HubSpot must post to signed-url exactly, letter by letter; `-` means the API's own address.",
        )
    itx = stack.local.itx_receipts_url if stack.local else stack.outputs.get("ItxReceiptsUrl")
    for door, url in (("front door", posted_to), ("door of ITX", itx)):
        if url:
            yield _refusing(door, url)


def _refusing(door: str, url: str) -> Finding:
    try:
        status = requests.post(url, data=b"[]", timeout=SECONDS).status_code
    except requests.RequestException as lost:
        return trouble("doors", f"The {door} does not answer ({type(lost).__name__}).")
    if status == 401:
        return fine("doors", f"The {door} is awake and refuses who has not signed.")
    return trouble("doors", f"The {door} answered {status} to a request without a signature, not 401.")
