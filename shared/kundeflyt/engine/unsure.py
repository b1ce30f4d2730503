"""What a person is asked to look into when nobody can say whether something was done."""

from __future__ import annotations

from datetime import datetime, timedelta

from kundeflyt.domain.actions import CHECK, Action, CreateTask, LogEmail, LogReply, LogSms, SendEmail, SendSms
from kundeflyt.domain.wording import moment_in_words
from kundeflyt.engine.step import Step

_WHAT = {
    SendSms: (
        "Sjekk om kunden fikk SMS",
        "ITX tok imot en SMS uten å svare, og kan ikke svare på om den ble sendt. Den blir ikke sendt på nytt. "
        "Se etter i ITX, og ring kunden hvis den ikke kom fram.",
    ),
    LogSms: (
        "Sjekk at SMS-en står på tidslinjen",
        "SMS-en er sendt, men HubSpot svarte ikke da den skulle logges. Se etter på kontaktens tidslinje, "
        "og logg den for hånd hvis den mangler.",
    ),
    SendEmail: (
        "Sjekk om kunden fikk e-posten",
        "En e-post til kunden ble sendt uten at vi fikk svar på om den gikk, og det kan ikke slås opp. Den blir ikke "
        "sendt på nytt. Spør kunden om den kom fram, og send den selv hvis ikke.",
    ),
    LogEmail: (
        "Sjekk at e-posten står på tidslinjen",
        "E-posten er sendt til kunden, men HubSpot svarte ikke da den skulle logges. Se etter på kontaktens tidslinje, "
        "og logg den for hånd hvis den mangler.",
    ),
    LogReply: (
        "Sjekk at kundens SMS står på tidslinjen",
        "HubSpot svarte ikke da en SMS fra kunden skulle logges. Se etter på kontaktens tidslinje. Mangler den, så "
        "finn den i ITX.",
    ),
}
_ANY = (
    "Sjekk om oppgaven ble laget",
    "HubSpot svarte ikke da en oppgave skulle lages, og den kan ikke finnes igjen. Se etter på kontakten eller "
    "selskapet, og lag den for hånd hvis den mangler.",
)


def task_to_look_into(step: Step, now: datetime) -> Action | None:
    """A task for the one who is responsible; None where nobody shall be asked.

    That is where it is such a task itself that could not be settled, and where a customer wants to be left alone.
    """
    if step.action.name.startswith(CHECK) or (isinstance(step.action, LogReply) and step.action.unasked):
        return None
    subject, body = _WHAT.get(type(step.action), _ANY)
    plan = step.stored.plan
    return CreateTask(
        name=f"{CHECK}{step.action.name}",
        task_type="TODO",
        subject=subject,
        body=f"{body}\n\nDet gjelder noe som ble behandlet {moment_in_words(step.stored.planned_at)}.",
        due=now + timedelta(hours=1),
        owner_id=plan.responsible,
        contact_id=plan.contact_id,
        company_id=plan.company_id,
    )
