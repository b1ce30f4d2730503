"""What the stack needs of HubSpot, ITX and Metodika: tokens that work, scopes, properties, people."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from infra.operate.connection import Connection
from infra.operate.findings import Finding, fine, mended, trouble, worth_knowing
from infra.operate.named import named_outcomes, named_properties
from infra.operate.output import Problem
from infra.operate.portal import Portal, Token
from infra.operate.rules import in_force
from kundeflyt.adapters.hubspot.failures import KEY_PROPERTY
from kundeflyt.adapters.hubspot.paths import VERSION
from kundeflyt.adapters.hubspot.records import CALL_PROPERTIES, COMPANY_PROPERTIES, CONTACT_PROPERTIES
from kundeflyt.adapters.itx.sms import ItxSmsWriter
from kundeflyt.adapters.metodika.client import MetodikaClient
from kundeflyt.adapters.metodika.reader import MetodikaReader
from kundeflyt.domain.rules import CommonRules
from kundeflyt.ports.failures import NotOffered, TryLater, Unsure
from kundeflyt.ports.writers import Sms
from kundeflyt.wiring.door import DoorSecret
from kundeflyt.wiring.kept import ConfigurationError
from kundeflyt.wiring.rule_models import COMMON
from sms_inbound.rules import SmsInboundRules

SCOPES: Final = (
    "crm.objects.contacts.read",
    "crm.objects.contacts.write",
    "crm.objects.companies.read",
    "crm.objects.companies.write",  # a customer whom customer service has decided inactive
    "crm.objects.owners.read",
    "sales-email-read",  # whether a customer has answered by e-mail since
    "automation.sequences.enrollments.write",  # where the rules let the system start sequences
)
"""Calls, tasks, meetings and communications go by the contacts' scopes."""
SCOPE_TO_FIX: Final = "crm.schemas.contacts.write"

OUR_PREFIX: Final = "kundeflyt_"
KEYED: Final = ("tasks", "communications", "notes", "emails")
"""What we make, and must find again after a crash."""
READ: Final[Mapping[str, tuple[str, ...]]] = {
    "calls": CALL_PROPERTIES,
    "contacts": CONTACT_PROPERTIES,
    "companies": COMPANY_PROPERTIES,
}

KEY: Final[Mapping[str, Any]] = {
    "name": KEY_PROPERTY,
    "label": "kundeflyt: nøkkel",
    "description": "Gjenkjenner det kundeflyt har laget. Skal ikke endres.",
    "type": "string",
    "fieldType": "text",
    "hasUniqueValue": True,
}


def checkbox(name: str) -> dict[str, Any]:
    """A box on the contact that means: no SMS to this person."""
    return {
        "name": name,
        "label": "kundeflyt: ønsker ikke SMS",
        "description": "Krysses av når kontakten har svart STOPP på en SMS.",
        "type": "bool",
        "fieldType": "booleancheckbox",
        "options": [
            {"label": "Ja", "value": "true", "displayOrder": 0, "hidden": False},
            {"label": "Nei", "value": "false", "displayOrder": 1, "hidden": False},
        ],
    }


def token(stack: Connection, _fix: bool) -> Iterator[Finding]:
    """The token works, opens the right account for the right app, and may do what the flows do."""
    said = Portal(stack).token()
    if not isinstance(said, Token):
        says = f"What the token is for is unknown: {said}."
        if said.status in {401, 403}:
            yield trouble("hubspot", says, "Put a token that works into the secret: hubspot_access_token.")
        else:
            yield worth_knowing("hubspot", says, "The other checks show whether it works.")
        return
    if said.portal_id != stack.portal_id:
        yield trouble(
            "hubspot",
            f"The token opens the account {said.portal_id}; the stack is for {stack.portal_id}.",
            "Put the right token, or the right hubspot_portal_id, into the secret.",
        )
    try:
        app_id = DoorSecret.from_json(stack.secret_text).app_id
    except ConfigurationError:
        app_id = said.app_id  # the secret's own check has said so
    if said.app_id != app_id:
        yield trouble(
            "hubspot",
            f"The token is of the app {said.app_id}; hubspot_app_id says {app_id}.",
            "Correct hubspot_app_id: by it the front door knows our own changes.",
        )
    missing = [scope for scope in SCOPES if scope not in said.scopes]
    if missing:
        yield trouble(
            "hubspot",
            f"The app lacks the scopes {', '.join(missing)}.",
            "Add them to the app, upload it, and let an administrator install it again.",
        )
    else:
        yield fine("hubspot", f"The token opens {said.portal_id} with all scopes.")


def properties(stack: Connection, fix: bool) -> Iterator[Finding]:
    """Every property the flows read or write is there; `fix` makes those that are ours."""
    portal = Portal(stack)
    _stop_is_heeded(stack)
    wanted = {kind: dict.fromkeys(names) for kind, names in READ.items()}
    for kind, name in named_properties(stack):
        wanted[kind] |= {name: None}
    wanted |= {kind: {KEY_PROPERTY: None} for kind in KEYED}
    for kind, names in wanted.items():
        there = portal.properties(kind)
        missing = [name for name in names if name not in there]
        for name in missing:
            yield _made(portal, kind, name) if fix and name.startswith(OUR_PREFIX) else _missing(kind, name)
        if not missing:
            yield fine("properties", f"{kind} have all {len(names)} that are needed.")
        if KEY_PROPERTY in there and not there[KEY_PROPERTY].get("hasUniqueValue"):
            yield _not_unique(kind)
    yield from _known_words(stack, portal)


def _stop_is_heeded(stack: Connection) -> None:
    common, inbound = in_force(stack, COMMON, CommonRules), in_force(stack, "sms_inbound", SmsInboundRules)
    ours = inbound.opt_out_property
    if ours and ours not in common.opt_out_properties:
        raise Problem(
            f"{ours} is ticked for whoever says stop, but is not among opt_out_properties of the common rules: add it."
        )


def _missing(kind: str, name: str) -> Finding:
    if name.startswith(OUR_PREFIX):
        return trouble(
            "properties",
            f"{kind} lack the property {name}.",
            "`doctor --fix` creates it.",
        )
    return trouble(
        "properties",
        f"{kind} lack the property {name}, which the rules name or HubSpot used to have.",
        "Create it in HubSpot, or take it out of the rules.",
    )


def _made(portal: Portal, kind: str, name: str) -> Finding:
    definition = dict(KEY) if name == KEY_PROPERTY else checkbox(name)
    said = portal.create_property(kind, definition)
    if not said.good and said.status == 400 and definition.pop("hasUniqueValue", False):
        said = portal.create_property(kind, definition)
        if said.good:
            return _not_unique(kind)
    if not said.good:
        return trouble(
            "properties",
            f"{kind} lack {name}, and it could not be created: {said}.",
            f"The app needs the scope {SCOPE_TO_FIX}; or create it by hand as docs/deploy.md says.",
        )
    return mended("properties", f"{kind} now have the property {name}.")


def _not_unique(kind: str) -> Finding:
    return worth_knowing(
        "properties",
        f"{KEY_PROPERTY} of {kind} is not unique.",
        "Nothing: after a crash we look among the contact's records.",
    )


def _known_words(stack: Connection, portal: Portal) -> Iterator[Finding]:
    """The outcomes that the rules name are outcomes of this portal."""
    options = portal.properties("calls").get("hs_call_disposition", {}).get("options") or ()
    known = {str(one.get("value")) for one in options}
    if not known:
        says = "HubSpot does not list the outcomes of calls: compare those in the rules with the account's settings."
        yield worth_knowing("properties", says)
        return
    for flow, outcomes in named_outcomes(stack):
        if strange := sorted(outcomes - known):
            yield trouble(
                "properties",
                f"The rules of {flow} name outcomes the portal has not: {', '.join(strange)}.",
                "Take their ids from HubSpot: settings of calls, or the options of hs_call_disposition.",
            )


def people(stack: Connection, _fix: bool) -> Iterator[Finding]:
    """Owners whom the rules name are there and at work."""
    common = in_force(stack, COMMON, CommonRules)
    named = dict.fromkeys(common.callback_numbers, "callback_numbers")
    named |= dict.fromkeys(common.pilot.owners if common.pilot else (), "pilot")
    stand_ins = {"fallback_owner_id": common.fallback_owner_id, "csc_owner_id": common.csc_owner_id}
    named |= {owner: rule for rule, owner in stand_ins.items() if owner is not None}
    portal = Portal(stack)
    for owner, where in sorted(named.items()):
        said = portal.ask("GET", f"/crm/owners/{VERSION}/{owner}")
        if said.status == 404:
            yield Finding(
                area="people",
                state="wrong" if where in stand_ins else "note",
                says=f"Owner {owner} ({where} in the common rules) is not at work in this portal.",
                then="`rules put common` with somebody who is.",
            )
        elif not said.good:
            raise Problem(f"Owner {owner} cannot be read: {said}.")
    if named:
        yield fine("people", f"{len(named)} owner(s) of the rules were looked up.")


def itx(stack: Connection, _fix: bool) -> Iterator[Finding]:
    """ITX takes our key. Nothing is sent: a message that never was is looked up."""
    writer = ItxSmsWriter(base_url=stack.parameters["ItxBaseUrl"], key=stack.secrets.itx_key)
    never_sent = Sms(reference="kundeflyt-doctor", to="", text="", sender=None, valid_until=datetime.now(UTC))
    [outcome] = writer.find_sms([never_sent])
    if outcome is None:
        yield fine("itx", "ITX answers and takes our key.")
    elif isinstance(outcome, Unsure):
        yield worth_knowing(
            "itx",
            f"ITX answers, but cannot look a message up: {outcome}.",
            "After a crash a person is asked whether an SMS went.",
        )
    else:
        yield trouble("itx", f"{outcome}.", "Check itx_key and ItxBaseUrl.")


def metodika(stack: Connection, _fix: bool) -> Iterator[Finding]:
    """Metodika takes our token, where the stack has one. Nobody is looked up: the address is nobody's."""
    base = stack.parameters.get("MetodikaBaseUrl", "")
    if not base:
        yield fine("metodika", "The stack has no MetodikaBaseUrl: what is to be done there becomes tasks in HubSpot.")
        return
    token = stack.secrets.metodika_token
    try:
        MetodikaReader(MetodikaClient(base_url=base, token=token)).users(["kundeflyt-doctor@invalid"])
    except NotOffered:
        yield worth_knowing(
            "metodika",
            "Metodika answers, but does not tell who its users are.",
            "Its tasks become HubSpot's, and no adviser is compared.",
        )
    except TryLater as silent:
        lacks = "" if token else " The secret has no metodika_token."
        yield trouble("metodika", f"{silent}.{lacks}", "Check metodika_token in the secret, and MetodikaBaseUrl.")
    else:
        yield fine("metodika", "Metodika answers and takes our token.")
