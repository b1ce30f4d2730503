"""The object types, properties and association types a portal has from HubSpot's side."""

from dataclasses import dataclass, field
from typing import Any

DISPOSITIONS = {
    "73a0d17f-1163-4015-bdd5-ec830791da20": "No answer",
    "f240bbac-87c9-4f6e-bf70-924b57d47db7": "Connected",
    "9d9162e7-6cf3-4944-bf63-4dff82258764": "Busy",
    "a4c4c377-d246-4b32-a13b-75a56a4cd0ff": "Left live message",
    "b2cf5968-551e-4856-9783-52b3da59a7d0": "Left voicemail",
    "17b47fee-58de-441e-a44c-c6300d46f273": "Wrong number",
}


SEARCHABLE_NUMBERS = {
    "phone": "hs_searchable_calculated_phone_number",
    "mobilephone": "hs_searchable_calculated_mobile_number",
}
"""What HubSpot calculates from a number, for searching by it."""
_COUNTRY_CODES = ("44", "45", "46", "47", "48", "49", "358", "1")


@dataclass(kw_only=True)
class Property:
    """One property of an object type. An empty `options` on an enumeration means the portal defines them."""

    name: str
    type: str = "string"
    field_type: str = "text"
    label: str = ""
    group: str = "information"
    options: dict[str, str] = field(default_factory=dict)
    unique: bool = False
    read_only: bool = False
    hubspot_defined: bool = True

    def as_json(self) -> dict[str, Any]:
        """The property as the Properties API shows it."""
        return {
            "name": self.name,
            "label": self.label or self.name,
            "type": self.type,
            "fieldType": self.field_type,
            "description": "",
            "groupName": self.group,
            "options": [
                {"label": label, "value": value, "displayOrder": order, "hidden": False}
                for order, (value, label) in enumerate(self.options.items())
            ],
            "displayOrder": -1,
            "calculated": False,
            "externalOptions": self.name == "hubspot_owner_id",
            "hasUniqueValue": self.unique,
            "hidden": False,
            "hubspotDefined": self.hubspot_defined,
            "formField": False,
            "archived": False,
            "modificationMetadata": {
                "archivable": not self.hubspot_defined,
                "readOnlyDefinition": self.hubspot_defined,
                "readOnlyValue": self.read_only,
            },
        }


@dataclass(frozen=True, kw_only=True)
class ObjectType:
    """One kind of record: its names, the id in paths and webhooks, and what HubSpot insists on."""

    plural: str
    singular: str
    id: str
    required: tuple[str, ...]
    shown: tuple[str, ...]
    created: str
    modified: str
    properties: tuple[Property, ...]


def _strings(names: str) -> list[Property]:
    return [Property(name=name) for name in names.split()]


def _typed(type_: str, field_type: str, names: str) -> list[Property]:
    return [Property(name=name, type=type_, field_type=field_type) for name in names.split()]


def _enumeration(name: str, options: str = "") -> Property:
    return Property(name=name, type="enumeration", field_type="select", options={o: o for o in options.split()})


def _checkbox(names: str) -> list[Property]:
    return _typed("bool", "booleancheckbox", names)


def _common(created: str, modified: str) -> list[Property]:
    stamps = {"hs_createdate", "hs_lastmodifieddate", created, modified}
    fixed = [Property(name=name, type="datetime", field_type="date", read_only=True) for name in sorted(stamps)]
    fixed += [
        Property(name=name, read_only=True)
        for name in ("hs_object_source", "hs_object_source_id", "hs_created_by_user_id")
    ]
    return [
        *fixed,
        Property(name="hs_object_id", type="number", field_type="number", read_only=True, unique=True),
        Property(name="hubspot_owner_id", type="enumeration", field_type="select"),
        *_typed("datetime", "date", "hubspot_owner_assigneddate"),
    ]


def _activity(
    plural: str, singular: str, id_: str, required: tuple[str, ...], *own: Property, always: str = ""
) -> ObjectType:
    created, modified = "hs_createdate", "hs_lastmodifieddate"
    return ObjectType(
        plural=plural,
        singular=singular,
        id=id_,
        required=("hs_timestamp", *required),
        shown=(created, modified, "hs_object_id"),
        created=created,
        modified=modified,
        properties=(
            *_common(created, modified),
            *_typed("datetime", "date", "hs_timestamp"),
            *_strings("hs_attachment_ids hs_activity_type " + always),
            *own,
        ),
    )


def searchable_number(written: str) -> str:
    """A number as HubSpot keeps it for searches: digits alone, and no country code where a plus says there is one."""
    digits = "".join(filter(str.isdigit, written))
    code = next((code for code in _COUNTRY_CODES if written.strip().startswith(f"+{code}")), "")
    return digits.removeprefix(code)


TYPES = (
    ObjectType(
        plural="contacts",
        singular="contact",
        id="0-1",
        required=(),
        shown=("createdate", "email", "firstname", "hs_object_id", "lastmodifieddate", "lastname"),
        created="createdate",
        modified="lastmodifieddate",
        properties=(
            *_common("createdate", "lastmodifieddate"),
            Property(name="email", unique=True),
            *_strings(
                "firstname lastname jobtitle company city country hs_country_region_code zip address website"
                " hs_timezone hs_email_hard_bounce_reason_enum hs_legal_basis"
                " hs_additional_emails"
            ),
            *_typed("string", "phonenumber", "phone mobilephone hs_whatsapp_phone_number"),
            *(Property(name=name, read_only=True) for name in SEARCHABLE_NUMBERS.values()),
            *_checkbox("hs_email_optout hs_sequences_is_enrolled hs_email_quarantined"),
            *_typed(
                "number",
                "number",
                "associatedcompanyid hs_sequences_enrolled_count hs_sequences_actively_enrolled_count"
                " hs_latest_sequence_enrolled num_notes",
            ),
            *_typed(
                "datetime",
                "date",
                "notes_last_contacted notes_last_updated hs_sales_email_last_replied"
                " hs_latest_sequence_enrolled_date hs_latest_sequence_finished_date"
                " hs_latest_sequence_unenrolled_date hs_latest_sequence_ended_date",
            ),
            _enumeration("hs_language", "nb no nn nb-no nn-no sv sv-se da da-dk en en-gb en-us"),
            _enumeration("lifecyclestage", "subscriber lead opportunity customer evangelist other"),
            _enumeration("hs_lead_status"),
        ),
    ),
    ObjectType(
        plural="companies",
        singular="company",
        id="0-2",
        required=(),
        shown=("createdate", "domain", "hs_lastmodifieddate", "hs_object_id", "name"),
        created="createdate",
        modified="hs_lastmodifieddate",
        properties=(
            *_common("createdate", "hs_lastmodifieddate"),
            *_strings("name domain city country hs_country_code zip address website industry description"),
            *_typed("string", "phonenumber", "phone"),
            *_typed("number", "number", "numberofemployees num_associated_contacts annualrevenue"),
            *_typed("datetime", "date", "notes_last_contacted notes_last_updated"),
            _enumeration("lifecyclestage", "subscriber lead opportunity customer evangelist other"),
        ),
    ),
    _activity(
        "calls",
        "call",
        "0-48",
        (),
        *_typed("number", "number", "hs_call_duration hs_call_callee_object_id"),
        *_checkbox("hs_call_has_voicemail"),
        *_typed("string", "phonenumber", "hs_call_from_number hs_call_to_number"),
        Property(name="hs_call_disposition", type="enumeration", field_type="select", options=dict(DISPOSITIONS)),
        _enumeration("hs_call_direction", "INBOUND OUTBOUND"),
        _enumeration(
            "hs_call_status",
            "BUSY CALLING_CRM_USER CANCELED COMPLETED CONNECTING FAILED IN_PROGRESS MISSED NO_ANSWER QUEUED RINGING",
        ),
        always="hs_call_title hs_call_body hs_call_recording_url hs_call_source hs_call_callee_object_type",
    ),
    _activity(
        "tasks",
        "task",
        "0-27",
        (),
        *_typed(
            "number",
            "number",
            "hs_task_reminders hs_task_sequence_step_enrollment_id hs_task_sequence_step_order",
        ),
        *_typed("datetime", "date", "hs_task_completion_date"),
        _enumeration("hs_task_status", "NOT_STARTED IN_PROGRESS WAITING COMPLETED DEFERRED"),
        _enumeration("hs_task_priority", "NONE LOW MEDIUM HIGH"),
        _enumeration("hs_task_type", "CALL EMAIL LINKED_IN_CONNECT LINKED_IN_MESSAGE MEETING TODO"),
        always="hs_task_subject hs_task_body hs_queue_membership_ids",
    ),
    _activity(
        "emails",
        "email",
        "0-49",
        ("hs_email_direction",),
        _enumeration("hs_email_direction", "EMAIL INCOMING_EMAIL FORWARDED_EMAIL"),
        _enumeration("hs_email_status", "BOUNCED FAILED SCHEDULED SENDING SENT"),
        *_typed("number", "number", "hs_sequence_id"),
        always="hs_email_subject hs_email_text hs_email_html hs_email_headers",
    ),
    _activity(
        "meetings",
        "meeting",
        "0-47",
        (),
        *_typed("datetime", "date", "hs_meeting_start_time hs_meeting_end_time"),
        _enumeration("hs_meeting_outcome", "SCHEDULED COMPLETED RESCHEDULED NO_SHOW CANCELED CANCELLED"),
        always="hs_meeting_title hs_meeting_body hs_meeting_location hs_internal_meeting_notes",
    ),
    _activity("notes", "note", "0-46", (), always="hs_note_body"),
    _activity(
        "communications",
        "communication",
        "0-18",
        ("hs_communication_channel_type",),
        _enumeration("hs_communication_channel_type", "SMS WHATS_APP LINKEDIN_MESSAGE"),
        _enumeration("hs_communication_logged_from", "CRM"),
        always="hs_communication_body",
    ),
)
_BY_NAME = {name: kind for kind in TYPES for name in (kind.plural, kind.singular, kind.id)}

ASSOCIATION_TYPES: dict[tuple[str, str], int] = {("contacts", "companies"): 279, ("companies", "contacts"): 280}
for _activity_type, _to_contact, _to_company in (
    ("calls", 194, 182),
    ("emails", 198, 186),
    ("meetings", 200, 188),
    ("notes", 202, 190),
    ("tasks", 204, 192),
):
    ASSOCIATION_TYPES[_activity_type, "contacts"] = _to_contact
    ASSOCIATION_TYPES["contacts", _activity_type] = _to_contact - 1
    ASSOCIATION_TYPES[_activity_type, "companies"] = _to_company
    ASSOCIATION_TYPES["companies", _activity_type] = _to_company - 1
ASSOCIATION_TYPES |= {
    ("communications", "contacts"): 81,
    ("contacts", "communications"): 82,
    ("communications", "companies"): 87,
    ("companies", "communications"): 88,
}
PRIMARY_COMPANY = {("contacts", "companies"): 1, ("companies", "contacts"): 2}
LABELS = {1: "Primary", 2: "Primary"}


def object_type(name: str) -> ObjectType | None:
    """The object type by its plural name, singular name or id (`calls`, `call`, `0-48`), or None."""
    return _BY_NAME.get(name.lower())


def known_association_ids(from_type: str, to_type: str) -> set[int]:
    """Every HubSpot-defined association type id from the one type to the other."""
    pair = (from_type, to_type)
    return {table[pair] for table in (ASSOCIATION_TYPES, PRIMARY_COMPANY) if pair in table}
