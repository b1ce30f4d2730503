"""Sends e-mails through Amazon SES."""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence
from email.utils import formataddr
from typing import TYPE_CHECKING, Any, Final

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from kundeflyt.adapters.mail.failures import failure_of
from kundeflyt.domain.mail import usable_address
from kundeflyt.ports.failures import Done, Outcome, Refused, Unsure
from kundeflyt.ports.writers import Mail

if TYPE_CHECKING:
    from mypy_boto3_sesv2 import SESV2Client

CLIENT_CONFIG: Final = Config(
    connect_timeout=3,
    read_timeout=10,
    # boto3 would send it once more when the answer is late, and the customer would have it twice.
    retries={"total_max_attempts": 1},
)
_UTF8: Final = "UTF-8"


class SesMailWriter:
    """The MailWriter for SES. Addresses and words never reach a log or an exception's text.

    `client` is built when the first e-mail goes. `sender` is the address all of them are from, empty where there is
    none; `configuration_set` may be empty.
    """

    def __init__(self, client: Callable[[], SESV2Client], *, sender: str, configuration_set: str = "") -> None:
        self._client = client
        self._sender = sender
        self._configuration_set = configuration_set

    def send_mails(self, mails: Sequence[Mail]) -> Sequence[Outcome]:
        """Hands each e-mail to SES once, one after the other; accepted means queued, not delivered."""
        return [self._send(mail) for mail in mails]

    def _send(self, mail: Mail) -> Outcome:
        to, reply_to = usable_address(mail.to), usable_address(mail.reply_to)
        if to is None or reply_to is None:
            return Refused(f"{'kundens' if to is None else 'rådgiverens'} e-postadresse kan ikke brukes")
        if not self._sender:
            return Refused("det er ikke satt noen avsender av e-post")
        try:
            answer = self._client().send_email(**self._request(mail, to, reply_to))
        except (BotoCoreError, ClientError) as error:
            return failure_of(error, mail.key)
        sent = answer.get("MessageId")
        return Done(result=sent) if sent else Unsure(f"SES did not say what became of e-mail {mail.key}")

    def _request(self, mail: Mail, to: str, reply_to: str) -> Any:
        request: dict[str, Any] = {
            "FromEmailAddress": formataddr((mail.sender_name, self._sender)),
            "ReplyToAddresses": [formataddr((mail.reply_name, reply_to))],
            "Destination": {"ToAddresses": [to]},
            "Content": {
                "Simple": {
                    "Subject": {"Data": mail.subject, "Charset": _UTF8},
                    "Body": {
                        "Text": {"Data": mail.body, "Charset": _UTF8},
                        "Html": {"Data": _as_html(mail.body), "Charset": _UTF8},
                    },
                }
            },
        }
        return request | ({"ConfigurationSetName": self._configuration_set} if self._configuration_set else {})


def _as_html(text: str) -> str:
    """The same words with nothing added: no picture, no link that counts who follows it."""
    paragraphs = html.escape(text, quote=False).split("\n\n")
    return "".join(f"<p>{paragraph.replace(chr(10), '<br>')}</p>" for paragraph in paragraphs)
