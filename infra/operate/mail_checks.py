"""What e-mail to customers needs of Amazon SES: a sender that is verified, and an account that may write to anybody."""

from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

from infra.operate.connection import Connection
from infra.operate.findings import Finding, State, fine, trouble
from infra.operate.rules import in_force
from kundeflyt.adapters.aws.calls import error_code
from owner_change.rules import OwnerChangeRules

FLOW = "owner_change"


def mail(stack: Connection, _fix: bool) -> Iterator[Finding]:
    """Where the rules let the system write to customers, SES lets it. Nothing is sent."""
    sender = stack.parameters.get("MailSender", "")
    sends = FLOW in stack.flows and in_force(stack, FLOW, OwnerChangeRules).announce == "send"
    if not sender and sends:
        yield trouble(
            "mail",
            f"The rules of {FLOW} say send, and the stack has no MailSender: advisers get tasks instead.",
            "Deploy with MailSender, or put announce task.",
        )
    elif not sender:
        yield fine("mail", "No e-mail is sent: the stack has no MailSender.")
    else:
        lacking = [*_identity(stack.client("sesv2"), sender), *_account(stack.client("sesv2"))]
        state: State = "wrong" if sends else "note"
        yield from (Finding(area="mail", state=state, says=says, then=then) for says, then in lacking)
        if not lacking:
            yield fine("mail", f"SES sends for {sender}{'' if sends else '; the rules do not use it'}.")


def _identity(ses: Any, sender: str) -> Iterator[tuple[str, str]]:
    """The address itself is verified, or the domain it is of."""
    domain = sender.rpartition("@")[2]
    for name in (sender, domain):
        try:
            identity = ses.get_email_identity(EmailIdentity=name)
        except ClientError as error:
            if error_code(error) != "NotFoundException":
                raise
            continue
        if identity.get("VerifiedForSendingStatus"):
            signed = identity.get("DkimAttributes", {}).get("Status")
            if name == domain and signed != "SUCCESS":
                yield (
                    f"E-mails of {domain} are not signed (DKIM is {signed}).",
                    "Put SES' three CNAME records into DNS.",
                )
            return
    yield f"{sender} is not verified in SES, nor is {domain}.", "docs/deploy.md says how to verify the domain."


def _account(ses: Any) -> Iterator[tuple[str, str]]:
    account = ses.get_account()
    if not account.get("ProductionAccessEnabled"):
        yield "The account is in SES' sandbox: only verified addresses get anything.", "Ask AWS for production access."
    if not account.get("SendingEnabled"):
        yield "SES has paused the account's sending.", "See SES' reputation page: bounces, complaints, or a person."
