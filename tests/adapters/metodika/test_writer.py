from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from kundeflyt.adapters.metodika.client import AT_ONCE, MetodikaClient
from kundeflyt.adapters.metodika.writer import MetodikaWriter, vendor_key
from kundeflyt.ports.failures import Done, NotOffered, Outdated, Refused, TryLater, Unsure
from kundeflyt.ports.writers import ManagerChange, NewCardTask
from tests.fakes.http_vendor import Answer, HttpVendor, closed_port_url

TASK = NewCardTask(
    key="owner_change/145220017/21745/a-rather-long-moment/metodika-manager",
    assignee_id="U1",
    card_id="K1",
    title="Sett deg som PFA",
    body="Åpne kundekortet for Anne Berg.",
    due=date(2026, 11, 24),
)
KEY = vendor_key(TASK.key)
MADE = {"id": "O1", "key": KEY, "status": "OPEN"}
CHANGE = ManagerChange(card_id="K1", version="7", user_id="U1", role="PFA")
CARD: dict[str, Any] = {"id": "K1", "orgNumber": "310124001", "name": "Fjellbygg AS", "version": "8"}
MANAGED = CARD | {"manager": {"userId": "U1", "role": "PFA", "since": "2026-11-23"}}
ERROR = {"code": "SOME_CODE", "message": "about anne.berg@fjellbygg.example"}

NOT_ACCEPTED = [
    (Answer(status=429, body=ERROR, headers={"Retry-After": "7"}), 7),
    (Answer(status=503, body=ERROR), 60),
    (Answer(status=401, body=ERROR), 900),
    (Answer(status=404, body=b"<html>"), 900),
    (Answer(status=307, body=b"", headers={"Location": "/elsewhere"}), 900),
]
NOBODY_KNOWS = [
    Answer(drop=True),
    Answer(status=500, body=ERROR),
    Answer(status=502, body=b"<html>"),
    Answer(status=201, body=b"<html>"),
    Answer(status=201, body=["O1"]),
    Answer(status=201, body={}),
]


class TestMakingTasks:
    def test_says_all_that_the_contract_wants(self, vendor: HttpVendor, writer: MetodikaWriter) -> None:
        vendor.answer(MADE, status=201)
        assert writer.create_card_tasks([TASK]) == [Done(result="O1")]
        [received] = vendor.requests
        assert (received.method, received.path) == ("POST", "/tasks")
        assert received.headers["Idempotency-Key"] == KEY
        assert 8 <= len(KEY) <= 64
        assert received.json == {
            "assigneeUserId": "U1",
            "customerId": "K1",
            "title": "Sett deg som PFA",
            "body": "Åpne kundekortet for Anne Berg.",
            "dueDate": "2026-11-24",
        }

    def test_cuts_what_is_too_long(self, vendor: HttpVendor, writer: MetodikaWriter) -> None:
        writer.create_card_tasks([replace(TASK, title="æ" * 121, body="ø" * 4001)])
        sent = vendor.requests[0].json
        assert sent["title"] == "æ" * 119 + "…"
        assert len(sent["body"]) == 4000

    def test_one_made_before_is_done(self, vendor: HttpVendor, writer: MetodikaWriter) -> None:
        vendor.answer(MADE | {"status": "DONE"}, status=200)
        assert writer.create_card_tasks([TASK]) == [Done(result="O1")]

    def test_one_made_before_with_other_words_is_done_once_it_is_found(
        self, vendor: HttpVendor, writer: MetodikaWriter
    ) -> None:
        vendor.answer(ERROR, status=409)
        vendor.answer({"results": [MADE]})
        assert writer.create_card_tasks([TASK]) == [Done(result="O1")]
        assert vendor.requests[1].query == {"key": KEY}

    def test_one_made_before_that_cannot_be_found_is_unsure(self, vendor: HttpVendor, writer: MetodikaWriter) -> None:
        vendor.answer(ERROR, status=409)
        vendor.answer(ERROR, status=501)
        assert isinstance(writer.create_card_tasks([TASK])[0], Unsure)

    @pytest.mark.parametrize(
        ("body", "details"),
        [
            ({"code": "REFUSED_FIELD", "message": "m", "field": "assigneeUserId"}, "422 REFUSED_FIELD assigneeUserId"),
            ({"code": "anne@x.example", "message": "m"}, "422 UNKNOWN"),
        ],
    )
    def test_a_refusal_is_explained_by_its_code(
        self, body: object, details: str, vendor: HttpVendor, writer: MetodikaWriter
    ) -> None:
        vendor.answer(body, status=422)
        [outcome] = writer.create_card_tasks([TASK])
        assert isinstance(outcome, Refused)
        assert outcome.reason == f"Metodika ville ikke ta imot det (Metodika {details})"

    def test_what_this_tenant_lacks_is_not_offered(self, vendor: HttpVendor, writer: MetodikaWriter) -> None:
        vendor.answer(ERROR, status=501)
        assert isinstance(writer.create_card_tasks([TASK])[0], NotOffered)

    @pytest.mark.parametrize(("answer", "seconds"), NOT_ACCEPTED, ids=repr)
    def test_what_was_certainly_not_accepted_is_tried_later(
        self, answer: Answer, seconds: int, vendor: HttpVendor, writer: MetodikaWriter
    ) -> None:
        vendor.answers.append(answer)
        [outcome] = writer.create_card_tasks([TASK])
        assert isinstance(outcome, TryLater)
        assert outcome.after == timedelta(seconds=seconds)
        assert len(vendor.requests) == 1

    @pytest.mark.parametrize(
        "answer", [*NOBODY_KNOWS, Answer(status=201, body=MADE | {"key": "somebody else's"})], ids=repr
    )
    def test_what_may_have_been_made_is_unsure_and_never_repeated(
        self, answer: Answer, vendor: HttpVendor, writer: MetodikaWriter
    ) -> None:
        vendor.answers.append(answer)
        assert isinstance(writer.create_card_tasks([TASK])[0], Unsure)
        assert len(vendor.requests) == 1

    def test_what_is_never_answered_is_unsure(self, vendor: HttpVendor, impatient: MetodikaClient) -> None:
        vendor.answer(hang=True)
        assert isinstance(MetodikaWriter(impatient).create_card_tasks([TASK])[0], Unsure)

    def test_what_never_left_is_tried_later(self) -> None:
        writer = MetodikaWriter(MetodikaClient(base_url=closed_port_url(), token="t"))
        assert isinstance(writer.create_card_tasks([TASK])[0], TryLater)

    def test_connections_are_few_and_kept(self, vendor: HttpVendor, writer: MetodikaWriter) -> None:
        writer.create_card_tasks([TASK] * 30)
        writer.find_card_tasks([TASK] * 30)
        assert 1 < vendor.connections <= AT_ONCE


class TestLookingForATask:
    def test_asks_by_our_key(self, vendor: HttpVendor, writer: MetodikaWriter) -> None:
        vendor.answer({"results": [MADE]})
        assert writer.find_card_tasks([TASK]) == [Done(result="O1")]
        assert (vendor.requests[0].path, vendor.requests[0].query) == ("/tasks", {"key": KEY})

    def test_a_look_up_that_ignores_the_key_tells_nothing(self, vendor: HttpVendor, writer: MetodikaWriter) -> None:
        vendor.answer({"results": [MADE | {"key": "somebody else's"}]})
        assert isinstance(writer.find_card_tasks([TASK])[0], Unsure)

    @pytest.mark.parametrize(
        "answer",
        [
            *NOBODY_KNOWS,
            *(answer for answer, _ in NOT_ACCEPTED),
            Answer(status=422, body=ERROR),
            Answer(status=404, body=ERROR),
        ],
        ids=repr,
    )
    def test_is_tried_later_whatever_went_wrong(
        self, answer: Answer, vendor: HttpVendor, writer: MetodikaWriter
    ) -> None:
        vendor.answers.append(answer)
        [found] = writer.find_card_tasks([TASK])
        assert isinstance(found, TryLater)
        assert found.__context__ is None


class TestSettingTheManager:
    def test_says_on_which_version_it_was_decided(self, vendor: HttpVendor, writer: MetodikaWriter) -> None:
        vendor.answer(MANAGED)
        assert writer.set_managers([CHANGE]) == [Done(result="8")]
        [received] = vendor.requests
        assert (received.method, received.path) == ("PUT", "/customers/K1/manager")
        assert received.headers["If-Match"] == "7"
        assert received.json == {"userId": "U1", "role": "PFA"}

    def test_removes_with_null(self, vendor: HttpVendor, writer: MetodikaWriter) -> None:
        vendor.answer(CARD | {"manager": None})
        assert writer.set_managers([replace(CHANGE, user_id=None)]) == [Done(result="8")]
        assert vendor.requests[0].json == {"userId": None, "role": "PFA"}

    def test_a_card_that_somebody_changed_is_outdated(self, vendor: HttpVendor, writer: MetodikaWriter) -> None:
        vendor.answer(ERROR, status=412)
        [outcome] = writer.set_managers([CHANGE])
        assert isinstance(outcome, Outdated)
        assert len(vendor.requests) == 1

    def test_what_this_tenant_lacks_is_not_offered(self, vendor: HttpVendor, writer: MetodikaWriter) -> None:
        vendor.answer(ERROR, status=501)
        assert isinstance(writer.set_managers([CHANGE])[0], NotOffered)

    def test_a_card_that_is_not_there_is_refused(self, vendor: HttpVendor, writer: MetodikaWriter) -> None:
        vendor.answer(ERROR, status=404)
        assert type(writer.set_managers([CHANGE])[0]).__mro__[1] is Refused

    @pytest.mark.parametrize(("answer", "seconds"), NOT_ACCEPTED, ids=repr)
    def test_what_was_certainly_not_accepted_is_tried_later(
        self, answer: Answer, seconds: int, vendor: HttpVendor, writer: MetodikaWriter
    ) -> None:
        vendor.answers.append(answer)
        [outcome] = writer.set_managers([CHANGE])
        assert isinstance(outcome, TryLater)
        assert outcome.after == timedelta(seconds=seconds)

    @pytest.mark.parametrize(
        "answer",
        [
            *NOBODY_KNOWS,
            Answer(body=CARD),
            Answer(body=MANAGED | {"id": "K2"}),
            Answer(body=CARD | {"manager": {"userId": "U1", "role": "KAM", "since": "2026-11-23"}}),
        ],
        ids=repr,
    )
    def test_what_may_have_been_done_is_unsure(
        self, answer: Answer, vendor: HttpVendor, writer: MetodikaWriter
    ) -> None:
        vendor.answers.append(answer)
        assert isinstance(writer.set_managers([CHANGE])[0], Unsure)
        assert len(vendor.requests) == 1


class TestLookingForTheManager:
    @pytest.mark.parametrize(
        ("answer", "found"),
        [
            (Answer(body=MANAGED), Done(result="8")),
            (Answer(body=CARD), None),
            (Answer(status=404, body=ERROR), None),
        ],
        ids=repr,
    )
    def test_reads_the_card(
        self, answer: Answer, found: Done | None, vendor: HttpVendor, writer: MetodikaWriter
    ) -> None:
        vendor.answers.append(answer)
        assert writer.find_managers([CHANGE]) == [found]

    def test_nobody_can_tell_where_cards_are_not_shown(self, vendor: HttpVendor, writer: MetodikaWriter) -> None:
        vendor.answer(ERROR, status=501)
        assert isinstance(writer.find_managers([CHANGE])[0], Unsure)

    @pytest.mark.parametrize("answer", [*NOBODY_KNOWS, *(answer for answer, _ in NOT_ACCEPTED)], ids=repr)
    def test_is_tried_later_whatever_went_wrong(
        self, answer: Answer, vendor: HttpVendor, writer: MetodikaWriter
    ) -> None:
        vendor.answers.append(answer)
        assert isinstance(writer.find_managers([CHANGE])[0], TryLater)


class TestPrivacy:
    @pytest.mark.parametrize("status", [400, 401, 409, 412, 422, 429, 500, 501, 503])
    def test_what_the_task_says_and_what_metodika_says_is_told_nobody(
        self, status: int, vendor: HttpVendor, writer: MetodikaWriter, caplog: pytest.LogCaptureFixture
    ) -> None:
        vendor.usual = Answer(status=status, body=ERROR)
        outcomes = [*writer.create_card_tasks([TASK]), *writer.find_card_tasks([TASK]), *writer.set_managers([CHANGE])]
        told = caplog.text + repr(outcomes) + repr(TASK)
        assert not [private for private in ("anne", "Anne", "127.0.0.1", "metodika-token") if private in told]
