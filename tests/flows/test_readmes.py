"""The pages about the flows say what is so."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from contact_erased.rules import ContactErasedRules
from csc_console.rules import CscConsoleRules
from customer_reached.rules import CustomerReachedRules
from kundeflyt.domain.rules import FlowRules
from owner_change.rules import OwnerChangeRules
from owner_reconcile.rules import OwnerReconcileRules
from records_merged.rules import RecordsMergedRules
from review_decided.rules import ReviewDecidedRules
from sequence_due.rules import SequenceDueRules
from sequence_ended.rules import SequenceEndedRules
from sms_inbound.case import STOP_WORDS
from sms_inbound.rules import SmsInboundRules
from sms_receipt.rules import SmsReceiptRules

ROOT = Path(__file__).parents[2]
FLOWS: dict[str, type[FlowRules]] = {
    "contact_erased": ContactErasedRules,
    "csc_console": CscConsoleRules,
    "owner_change": OwnerChangeRules,
    "owner_reconcile": OwnerReconcileRules,
    "records_merged": RecordsMergedRules,
    "sequence_ended": SequenceEndedRules,
    "review_decided": ReviewDecidedRules,
    "sequence_due": SequenceDueRules,
    "customer_reached": CustomerReachedRules,
    "sms_inbound": SmsInboundRules,
    "sms_receipt": SmsReceiptRules,
}


def page(flow: str) -> str:
    return (ROOT / "functions" / flow / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("flow", sorted(FLOWS))
class TestTheReadme:
    def test_shows_rules_that_are_valid(self, flow: str) -> None:
        [shown] = re.findall(r"```json\n(.*?)```", page(flow), re.DOTALL)
        FLOWS[flow].model_validate(json.loads(shown))

    def test_names_rules_metrics_and_files_that_exist(self, flow: str) -> None:
        own = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "functions" / flow).glob("*.py"))
        shared = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "shared").rglob("*.py"))
        named = set(re.findall(r"`([a-z]+(?:_[a-z]+)+|[A-Z][a-z]+[A-Z]\w+)`", page(flow)))
        assert named
        assert not {name for name in named if name not in own + shared}
        for link in re.findall(r"\]\(([^)#]+)\)", page(flow)):
            assert (ROOT / "functions" / flow / link).exists(), link


@pytest.mark.parametrize("flow", sorted(FLOWS))
def test_a_flow_stands_in_the_table_of_flows(flow: str) -> None:
    assert f"(functions/{flow}/README.md)" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_page_names_every_stop_word() -> None:
    assert all(word.upper() in page("sms_inbound") for word in STOP_WORDS)
