"""What the rules in force name of a HubSpot account: properties, outcomes of calls, people."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from pydantic import BaseModel

from infra.operate.connection import Connection
from infra.operate.rules import in_force, model_of
from kundeflyt.wiring.rule_models import COMMON

PROPERTIES: Final[Mapping[tuple[str, str], str]] = {
    (COMMON, "opt_out_properties"): "contacts",
    (COMMON, "organisation_number_property"): "companies",
    ("no_answer", "marketing_basis_property"): "contacts",
    ("sms_inbound", "opt_out_property"): "contacts",
    ("owner_change", "main_contact_property"): "contacts",
    ("owner_change", "informed_property"): "companies",
    ("owner_change", "no_announcement_property"): "companies",
    ("owner_change", "stage_property"): "companies",
    ("owner_change", "report_complete_property"): "companies",
    ("owner_reconcile", "customer_property"): "companies",
    ("sequence_due", "main_contact_property"): "contacts",
    ("sequence_due", "customer_type_property"): "companies",
    ("sequence_ended", "main_contact_property"): "contacts",
    ("sequence_ended", "customer_type_property"): "companies",
    ("review_decided", "inactive_properties"): "companies",
}
"""Whose rule, and on which kind of record the property is that it names."""
OUTCOMES: Final = ("no_answer_dispositions", "connected_dispositions")


def named_properties(stack: Connection) -> Iterator[tuple[str, str]]:
    """Each property that the rules name, as (kind of record, name)."""
    for flow, rules in _ruled(stack):
        for (whose, rule), kind in PROPERTIES.items():
            if whose == flow:
                yield from ((kind, name) for name in _names(getattr(rules, rule)))


def named_outcomes(stack: Connection) -> Iterator[tuple[str, frozenset[str]]]:
    """The ids of outcomes that each flow's rules name."""
    for flow, rules in _ruled(stack):
        if any(rule in type(rules).model_fields for rule in OUTCOMES):
            yield flow, frozenset().union(*(getattr(rules, rule, ()) for rule in OUTCOMES))


def _ruled(stack: Connection) -> Iterator[tuple[str, BaseModel]]:
    return ((flow, in_force(stack, flow, model_of(flow))) for flow in (COMMON, *stack.flows))


def _names(given: str | Iterable[str] | None) -> tuple[str, ...]:
    """One name or several; None is none."""
    return (given,) if isinstance(given, str) else tuple(given or ())
