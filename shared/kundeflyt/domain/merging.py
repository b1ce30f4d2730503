"""What a merge in the CRM makes of what we have stored: the same decision, about the record that survives."""

from __future__ import annotations

from typing import Final

from kundeflyt.domain.actions import Action, CreateTask, Plan, RecordKind

_BASIS: Final = "|"
_SLOT: Final = "/"
_WHOSE_SLOT: Final = 2  # a slot begins with the flow and the portal


def merged_plan(plan: Plan, record: RecordKind, old: int, into: int) -> Plan:
    """The plan as it would name the surviving record, in all of its actions."""
    field = f"{record}_id"
    actions = tuple(_merged_action(action, record, old, into) for action in plan.actions)
    whose = into if getattr(plan, field) == old else getattr(plan, field)
    return plan.model_copy(update={"actions": actions, field: whose})


def merged_basis(basis: str, old: int, into: int) -> str:
    """What a decision stood on: a contact is a part of it, between bars, by its id."""
    return _BASIS.join(str(into) if part == str(old) else part for part in basis.split(_BASIS))


def merged_slot(slot: str, old: int, into: int) -> str:
    """A slot of the surviving contact, for the same day."""
    parts = slot.split(_SLOT)
    whose = [str(into) if part == str(old) else part for part in parts[_WHOSE_SLOT:]]
    return _SLOT.join([*parts[:_WHOSE_SLOT], *whose])


def slots_of(plan: Plan) -> tuple[str, ...]:
    """The slots in which the plan would make tasks."""
    return tuple(action.slot for action in plan.actions if isinstance(action, CreateTask) and action.slot)


def _merged_action(action: Action, record: RecordKind, old: int, into: int) -> Action:
    field = f"{record}_id"
    changes: dict[str, object] = {field: into} if getattr(action, field, None) == old else {}
    if record == "contact" and isinstance(action, CreateTask) and action.slot:
        changes["slot"] = merged_slot(action.slot, old, into)
    return action.model_copy(update=changes)
