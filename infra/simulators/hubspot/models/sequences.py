"""Sequences and who is enrolled in them, as the Sequences API shows them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from infra.simulators import clock

Json = dict[str, Any]
EMAIL, TASK, FINISH = "EMAIL", "TASK", "FINISH_ENROLLMENT"
_DAY_MILLISECONDS = 86_400_000


@dataclass(frozen=True, kw_only=True)
class Step:
    """One step: an e-mail, or a task for the one who enrolled. Days since the step before."""

    id: str
    order: int
    action: str
    after_days: int = 0
    task_type: str = "CALL"

    def as_json(self, created: datetime) -> Json:
        """The step as the API shows it."""
        made = {"createdAt": clock.iso(created), "updatedAt": clock.iso(created)}
        shape: Json = {
            "id": self.id,
            "stepOrder": self.order,
            "actionType": self.action,
            "delayMillis": min(self.after_days * _DAY_MILLISECONDS, 2**31 - 1),
            **made,
        }
        if self.action == EMAIL:
            shape["emailPattern"] = {"id": f"9{self.id}", "templateId": f"8{self.id}", **made}
        if self.action == TASK:
            shape["taskPattern"] = {
                "id": f"7{self.id}",
                "taskType": self.task_type,
                "taskPriority": "NONE",
                "subject": "Ring kunden",
                **made,
            }
        return shape


@dataclass(frozen=True, kw_only=True)
class Sequence:
    """A sequence of a user; the last step ends it."""

    id: str
    name: str
    user_id: int
    created: datetime
    steps: tuple[Step, ...]

    def as_row(self) -> Json:
        """The sequence as a list shows it."""
        return {
            "id": self.id,
            "name": self.name,
            "userId": str(self.user_id),
            "createdAt": clock.iso(self.created),
            "updatedAt": clock.iso(self.created),
        }

    def as_json(self) -> Json:
        """The sequence with its steps."""
        return self.as_row() | {
            "dependencies": [],
            "steps": [step.as_json(self.created) for step in self.steps],
            "settings": {
                "id": f"6{self.id}",
                "eligibleFollowUpDays": "WEEKDAYS_ONLY",
                "sellingStrategy": "LEAD_BASED",
                "sendWindowStartMinute": 480,
                "sendWindowEndMinute": 960,
                "taskReminderMinute": 480,
                "individualTaskRemindersEnabled": False,
                "createdAt": clock.iso(self.created),
                "updatedAt": clock.iso(self.created),
            },
        }


@dataclass(kw_only=True)
class Enrolment:
    """A contact in a sequence: how many steps are done, and whether it is over."""

    id: str
    sequence: Sequence
    contact_id: str
    user_id: int
    sender: str
    to: str
    at: datetime
    updated: datetime
    done: int = 0
    over: bool = False

    def as_row(self) -> Json:
        """The answer to an enrolment."""
        return {
            "id": self.id,
            "toEmail": self.to,
            "enrolledAt": clock.iso(self.at),
            "updatedAt": clock.iso(self.updated),
        }

    def as_json(self) -> Json:
        """The enrolment as it is shown for a contact: no status, no step, no end and no reason."""
        return self.as_row() | {
            "sequenceId": self.sequence.id,
            "sequenceName": self.sequence.name,
            "enrolledBy": str(self.user_id),
            "enrolledByEmail": self.sender,
        }
