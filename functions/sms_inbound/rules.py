"""What business people can change about text messages from customers, without a new deployment."""

from __future__ import annotations

from kundeflyt.domain.rules import FlowRules


class SmsInboundRules(FlowRules):
    """What marks a contact who wants no more SMS.

    `opt_out_property` is the checkbox on the contact that is ticked for everybody to see; it should also be among the
    common rules' `opt_out_properties`. None ticks nothing; the number is suppressed all the same.
    """

    opt_out_property: str | None = "kundeflyt_sms_optout"
