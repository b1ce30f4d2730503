"""What the store of cases promises of DynamoDB alone; what every store promises is in tests/contracts."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from kundeflyt.adapters.aws.cases import READS_PER_PAGE, DynamoDbCaseStore, case_item
from kundeflyt.adapters.aws.ledger_items import to_dynamodb
from kundeflyt.domain import cases
from kundeflyt.domain.cases import ReviewCase
from kundeflyt.ports.cases import CaseQuery
from kundeflyt.ports.failures import TryLater
from tests.adapters.aws.answers import answers, counting
from tests.domain.case_situation import NOW, RULES, UNA, an_open_case, later, request
from tests.fakes.aws import LocalAws

MANY = 1000
THROUGH_FILTER = 120
FEW = 4  # of MANY: rare enough that all that is read for a page may hold none of them
RARE_OWNER, COMMON_OWNER = 12, 11


class Store:
    """A store on a table of its own, with the client it uses."""

    def __init__(self, aws: LocalAws) -> None:
        self.table = aws.cases_table()
        self.client: Any = aws.client("dynamodb")
        self.pauses: list[float] = []
        self.cases = DynamoDbCaseStore(
            self.client, self.table, read_through_filter=THROUGH_FILTER, pause=self.pauses.append
        )

    def upset(self, hook: Any, operation: str = "*") -> None:
        self.client.meta.events.register(f"before-send.dynamodb.{operation}", hook)

    def holds(self, held: list[ReviewCase]) -> None:
        rows = [{"PutRequest": {"Item": to_dynamodb(case_item(case, NOW))}} for case in held]
        for first in range(0, len(rows), 25):
            self.client.batch_write_item(RequestItems={self.table: rows[first : first + 25]})


@pytest.fixture
def store(aws: LocalAws) -> Store:
    return Store(aws)


@pytest.fixture(scope="module")
def full(aws: LocalAws) -> Store:
    """Thousands of open cases, some claimed, and one adviser who has a few of them."""
    store = Store(aws)
    plain = an_open_case()
    held = []
    for number in range(1, MANY + 1):
        at = NOW - timedelta(minutes=number * 37 % 10007)
        owner = RARE_OWNER if number % (MANY // FEW) == 0 else COMMON_OWNER
        case = plain.model_copy(
            update={
                "id": f"{number}-{int(at.timestamp())}",
                "company": plain.company.model_copy(update={"id": number, "owner_id": owner}),
                "opened_at": at,
                "evidence_at": at,
                "due_at": at + timedelta(days=7),
            }
        )
        held.append(cases.claim(case, UNA, NOW, RULES)[0] if number % 5 == 0 else case)
    store.holds(held)
    return store


def pages(store: Store, query: CaseQuery, *, size: int = 50) -> Iterator[tuple[list[ReviewCase], int]]:
    """All pages, each with how often DynamoDB was asked for it."""
    asked: list[str] = []
    hook = counting(asked)
    store.upset(hook)
    try:
        cursor: str | None = None
        while True:
            asked.clear()
            page = store.cases.page(query, cursor=cursor, size=size)
            yield list(page.cases), len(asked)  # type: ignore[arg-type]
            cursor = page.cursor
            if cursor is None:
                return
    finally:
        store.client.meta.events.unregister("before-send.dynamodb.*", hook)


class TestAPageOfThousands:
    @pytest.mark.parametrize("sort", ["newest_evidence", "oldest", "due"])
    def test_is_full_and_costs_one_read_for_each_state(self, full: Store, sort: Any) -> None:
        found, reads = next(pages(full, CaseQuery(sort=sort)))
        assert (len(found), reads) == (50, 2)
        moments = [
            getattr(one, {"newest_evidence": "evidence_at", "oldest": "opened_at"}.get(sort, "due_at")) for one in found
        ]
        assert moments == sorted(moments, reverse=sort == "newest_evidence")

    @pytest.mark.parametrize(
        "query",
        [
            CaseQuery(owner_id=RARE_OWNER, sort="due"),
            CaseQuery(states=("open",), owner_id=RARE_OWNER, sort="oldest"),
            CaseQuery(recommendation="keep"),
            CaseQuery(states=("claimed",), claimed_by=UNA),
            CaseQuery(opened_before=NOW - timedelta(minutes=9000)),
        ],
        ids=["rare by due", "rare by age", "none", "claimed by", "old"],
    )
    def test_never_costs_more_than_two_reads_and_leads_to_all_of_them(self, full: Store, query: CaseQuery) -> None:
        expected = {
            number
            for number in range(1, MANY + 1)
            if ("claimed" if number % 5 == 0 else "open") in query.states
            and query.owner_id in (None, RARE_OWNER if number % (MANY // FEW) == 0 else COMMON_OWNER)
            and query.recommendation in (None, "inactive")
            and (query.opened_before is None or number * 37 % 10007 > 9000)
        }
        seen: list[int] = []
        for found, reads in pages(full, query, size=100):
            assert 1 <= reads <= READS_PER_PAGE
            assert len(found) <= 100
            seen += [one.company.id for one in found]
        assert len(seen) == len(set(seen))
        assert set(seen) == expected

    def test_of_three_states_costs_one_read_for_each(self, full: Store) -> None:
        found, reads = next(pages(full, CaseQuery(states=("waiting", "open", "claimed"), sort="due")))
        assert (len(found), reads) == (50, 3)

    def test_tells_who_looks_at_its_cases_in_one_more_read(self, full: Store) -> None:
        page = full.cases.page(CaseQuery(), size=50)
        ids = [one.id for one in page.cases]
        full.cases.look(ids[-1], UNA, NOW)
        asked: list[str] = []
        hook = counting(asked)
        full.upset(hook)
        try:
            assert dict(full.cases.looking(ids, NOW)) == {ids[-1]: [UNA]}
        finally:
            full.client.meta.events.unregister("before-send.dynamodb.*", hook)
        assert len(asked) == 1

    def test_of_an_advisers_own_is_found_at_once(self, full: Store) -> None:
        found, reads = next(pages(full, CaseQuery(owner_id=RARE_OWNER)))
        assert (len(found), reads) == (FEW, 1)


class TestCountsOfMany:
    def test_cost_one_read(self, store: Store) -> None:
        for company in range(1, 20):
            store.cases.open(*cases.opened(request(company), NOW, RULES))
        asked: list[str] = []
        store.upset(counting(asked))
        assert store.cases.counts()["open"] == 19
        assert asked == ["Query"]


class TestAWriteThatMeetsAnother:
    def test_is_tried_again_and_says_so_when_it_goes_on(self, store: Store) -> None:
        clash = _clash()
        store.client.meta.events.register("before-call.dynamodb.TransactWriteItems", clash)
        with pytest.raises(TryLater, match="at the same moment"):
            store.cases.open(*cases.opened(request(), NOW, RULES))
        assert len(store.pauses) == clash.seen == 6
        assert store.cases.open_case_of(9001) is None

    def test_goes_through_when_the_other_is_done(self, store: Store) -> None:
        store.client.meta.events.register("before-call.dynamodb.TransactWriteItems", _clash(times=2))
        assert store.cases.open(*cases.opened(request(), NOW, RULES))
        assert len(store.pauses) == 2


class _clash:  # noqa: N801 - reads as what happens
    """DynamoDB cancels the transaction because another one is at the same item."""

    def __init__(self, times: int = 99) -> None:
        self.times, self.seen = times, 0

    def __call__(self, **_: Any) -> tuple[Any, dict[str, Any]] | None:
        self.seen += 1
        if self.seen > self.times:
            return None

        class _Response:
            status_code = 400

        error = {
            "Error": {"Code": "TransactionCanceledException", "Message": "cancelled"},
            "CancellationReasons": [{"Code": "None"}, {"Code": "TransactionConflict"}],
            "ResponseMetadata": {"HTTPStatusCode": 400},
        }
        return _Response(), error


class TestAStoreThatDoesNotAnswer:
    def test_means_later_for_every_question(self, store: Store) -> None:
        case = an_open_case()
        store.upset(answers("InternalServerError", 500))
        for ask in (
            lambda: store.cases.case(case.id),
            lambda: store.cases.open_case_of(9001),
            lambda: store.cases.cases_of(9001),
            lambda: store.cases.case_of_message(9001, "key"),
            lambda: store.cases.page(CaseQuery()),
            store.cases.counts,
            lambda: store.cases.search("Fjord"),
            lambda: store.cases.audit(case.id),
            lambda: store.cases.cases_about(501),
            lambda: store.cases.forget_contact(501),
            lambda: store.cases.rewrite([cases.opened(request(), NOW, RULES)[1]]),
            lambda: store.cases.move(*cases.company_merged(case, 9002, NOW), left=9001, seen_version=1),
            lambda: store.cases.open(*cases.opened(request(), NOW, RULES)),
            lambda: store.cases.save(*cases.claim(case, UNA, NOW, RULES), seen_version=1),
        ):
            with pytest.raises(TryLater):
                ask()


class TestWhatIsKept:
    def test_is_forgotten_two_years_after_the_case_was_closed_and_never_before(self, store: Store) -> None:
        case, audit = cases.opened(request(), NOW, RULES)
        assert store.cases.open(case, audit)
        assert "expires_at" not in _item(store, case)
        closed, audit = cases.withdraw(case, later(days=3), because="Svarte.")
        assert store.cases.save(closed, audit, seen_version=1)
        assert int(_item(store, case)["expires_at"]["N"]) >= int(later(days=3 + 730).timestamp())
        reopened, audit = cases.reopen(closed, UNA, later(days=4), RULES, reason="Feil.")
        assert store.cases.save(reopened, audit, seen_version=2)
        assert "expires_at" not in _item(store, case)

    def test_of_who_leads_to_a_case_is_forgotten_with_it(self, store: Store) -> None:
        """Its contacts, and the company that its own was merged into."""
        case, audit = cases.opened(request(), NOW, RULES)
        assert store.cases.open(case, audit)
        moved, audit = cases.company_merged(case, 9002, later(hours=1))
        assert store.cases.move(moved, audit, left=9001, seen_version=1)
        places = [("CONTACT/501", f"CASE/{case.id}"), ("COMPANY/9002", f"CASE/{_opened(case)}/9001")]

        def expiries() -> list[Any]:
            keys = [{"pk": {"S": pk}, "sk": {"S": sk}} for pk, sk in places]
            items = [store.client.get_item(TableName=store.table, Key=key)["Item"] for key in keys]
            return [item.get("expires_at") for item in items]

        assert expiries() == [None, None]
        closed, audit = cases.withdraw(moved, later(days=3), because="Svarte.")
        assert store.cases.save(closed, audit, seen_version=2)
        assert expiries() == [_item(store, case)["expires_at"]] * 2


def _opened(case: ReviewCase) -> str:
    return f"{int(case.opened_at.timestamp()):012}"


def _item(store: Store, case: ReviewCase) -> dict[str, Any]:
    key = {"pk": {"S": f"COMPANY/{case.company.id}"}, "sk": {"S": f"CASE/{_opened(case)}"}}
    item: dict[str, Any] = store.client.get_item(TableName=store.table, Key=key)["Item"]
    return item
