"""What a merge in the CRM, or somebody who is forgotten, makes of the review cases."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Any, Final

from kundeflyt.domain import cases
from kundeflyt.domain.actions import RecordKind
from kundeflyt.domain.cases import NotAllowed, ReviewCase
from kundeflyt.ports.cases import CaseStore
from kundeflyt.ports.failures import TryLater

_TRIES: Final = 5
_A_MOMENT: Final = timedelta(seconds=5)
_UNTIL_IT_IS_DONE: Final = timedelta(minutes=5)


def follow_merge(record: RecordKind, old: int, into: int, store: CaseStore, now: datetime) -> int:
    """Cases of the old record are the survivor's; says how many that were. What has followed is not found again.

    Raises TryLater also while two companies that became one both have an open case and one of them is decided: what
    was decided is carried out first.
    """
    return _follow_company(old, into, store, now) if record == "company" else _follow_contact(old, into, store, now)


def forget_in_cases(contact_ids: Collection[int], store: CaseStore, now: datetime) -> tuple[ReviewCase, ...]:
    """No case names these contacts any more; gives those that did, as they were. May be repeated. Raises TryLater."""

    def forgotten(standing: ReviewCase) -> bool:
        # The audit first: while the case names the person it is found again, whatever breaks off in between.
        store.rewrite(cases.audit_without_people(store.audit(standing.id), contact_ids))
        after, audit = cases.without_people(standing, contact_ids, now)
        return store.save(after, audit, seen_version=standing.version)

    found = cases_naming(contact_ids, store)
    for case in found:
        _until_saved(case.id, store, forgotten, when=lambda one: not one.people.isdisjoint(contact_ids))
    for contact_id in contact_ids:
        store.forget_contact(contact_id)
    return found


def cases_naming(contact_ids: Collection[int], store: CaseStore) -> tuple[ReviewCase, ...]:
    """The cases whose evidence names any of these contacts, the first opened first."""
    found = {case.id: case for contact_id in contact_ids for case in store.cases_about(contact_id)}
    return tuple(sorted(found.values(), key=lambda case: (case.opened_at, case.id)))


def held_about(case: ReviewCase, contact_ids: Collection[int]) -> dict[str, Any]:
    """What a case holds about these contacts, in plain values: their endings, and all that people wrote on it."""
    decision = case.decision
    return {
        "case_id": case.id,
        "company_id": case.company.id,
        "state": case.state,
        "opened_at": case.opened_at.isoformat(),
        "evidence": [one.model_dump(mode="json") for one in case.evidence if not one.people.isdisjoint(contact_ids)],
        "decision": decision.model_dump(mode="json", exclude_none=True) if decision else None,
        "comments": [one.model_dump(mode="json") for one in case.comments],
    }


def _follow_company(old: int, into: int, store: CaseStore, now: datetime) -> int:
    def moved(standing: ReviewCase) -> bool:
        beside = None if standing.closed else store.open_case_of(into)
        if beside is not None:
            return _join(standing, beside, store, now)
        after, audit = cases.company_merged(standing, into, now)
        return store.move(after, audit, left=old, seen_version=standing.version)

    # Those that are closed first: the one that is open may have to wait.
    theirs = [case for case in store.cases_of(old) if case.company.id == old]
    for case in sorted(theirs, key=lambda case: not case.closed):
        _until_saved(case.id, store, moved, when=lambda one: one.company.id == old)
    return len(theirs)


def _join(case: ReviewCase, beside: ReviewCase, store: CaseStore, now: datetime) -> bool:
    """The survivor's case goes on with the evidence of this one, which is over; False when it has yet to follow."""
    try:
        if not all(beside.rests_on(one) for one in case.evidence):
            after, audit = cases.joined(beside, case, now)
            if not store.save(after, audit, seen_version=beside.version):
                return False
        after, audit = cases.joined_into(case, beside, now)
    except NotAllowed as undone:
        raise TryLater(f"cases {case.id} and {beside.id}: {undone.reason}", after=_UNTIL_IT_IS_DONE) from undone
    store.save(after, audit, seen_version=case.version)
    return False


def _follow_contact(old: int, into: int, store: CaseStore, now: datetime) -> int:
    def renamed(standing: ReviewCase) -> bool:
        after, audit = cases.contact_merged(standing, old, into, now)
        return store.save(after, audit, seen_version=standing.version)

    theirs = store.cases_about(old)
    for case in theirs:
        _until_saved(case.id, store, renamed, when=lambda one: old in one.people)
    store.forget_contact(old)
    return len(theirs)


def _until_saved(
    case_id: str, store: CaseStore, save: Callable[[ReviewCase], bool], *, when: Callable[[ReviewCase], bool]
) -> None:
    """Saves what is to become of a case as it stands, unless there is nothing left to do about it."""
    for _ in range(_TRIES):
        standing = store.case(case_id)
        if standing is None or not when(standing) or save(standing):
            return
    raise TryLater(f"others keep changing case {case_id}", after=_A_MOMENT)
