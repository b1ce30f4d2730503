"""What Metodika keeps: users, customers with their orders, documents and plans, and tasks."""

import hashlib
from collections import defaultdict
from datetime import timedelta
from typing import Any

from infra.simulators import clock
from infra.simulators.metodika.contract import Contract
from infra.simulators.metodika.settings import Settings
from infra.simulators.shell import BadControl

Json = dict[str, Any]
SCHEMAS = {
    "users": "User",
    "customers": "Customer",
    "orders": "Order",
    "documents": "Document",
    "plans": "Plan",
    "tasks": "Task",
}
"""What there is, in the order in which one thing names another, and the contract's word for one."""
OF_A_CUSTOMER = ("orders", "documents", "plans")
_PREFIX = {"users": "U", "customers": "K", "orders": "B", "documents": "D", "plans": "P", "tasks": "O"}
_REFS = ("customerId", "assigneeUserId", "userId")


class Office:
    """The state of one Metodika tenant. Used from the simulator's event loop only.

    A record is as the contract has it. Beside it stands `customerId` where the contract has that in the path.
    """

    def __init__(self, settings: Settings, contract: Contract) -> None:
        self.settings = settings
        self._contract = contract
        self.empty()

    def reset(self) -> None:
        """Forgets everything and behaves as usual again."""
        self.settings = self.settings.as_on_the_first_day()
        self.empty()

    def empty(self) -> None:
        """Forgets everything it keeps."""
        self.records: dict[str, dict[str, Json]] = {kind: {} for kind in SCHEMAS}
        self.refs: dict[str, str] = {}
        self._by_number: defaultdict[str, list[str]] = defaultdict(list)
        self._last = 0

    # -- what the API asks for -------------------------------------------------------------------------

    def customers_with(self, number: str) -> list[Json]:
        """The customers whose cards carry this number."""
        return [self.records["customers"][id_] for id_ in self._by_number.get(number, ())]

    def of_customer(self, kind: str, customer_id: str) -> list[Json]:
        """One customer's orders, documents or plans, as the contract has them."""
        return [shown(record) for record in self.records[kind].values() if record["customerId"] == customer_id]

    def task_with(self, key: str) -> Json | None:
        """The task that was made under this key first."""
        return next((task for task in self.records["tasks"].values() if task["key"] == key), None)

    # -- what changes it -------------------------------------------------------------------------------

    def add(self, kind: str, given: Json) -> Json:
        """A record as declared: the contract's fields, `ref`, and `customerId` where it belongs to a customer.

        Raises BadControl for what breaks the contract or belongs to nobody.
        """
        self._last += 1
        ref = given.get("ref")
        new = f"{_PREFIX[kind]}{100_000 + self._last}"
        record = self._usual(kind) | {"id": new} | self._resolved({k: v for k, v in given.items() if k != "ref"})
        self._must_keep_the_contract(kind, record)
        if kind in OF_A_CUSTOMER and record.get("customerId") not in self.records["customers"]:
            raise BadControl(f"one of {kind} has no customerId of a customer there is")
        if kind == "customers":
            record["version"] = "1"
            self._by_number[record["orgNumber"]].append(record["id"])
        self.records[kind][record["id"]] = record
        if ref:
            self.refs[ref] = record["id"]
        return record

    def change(self, kind: str, id_: str, changes: Json) -> Json:
        """Some fields get other values; a customer's version moves on. Raises BadControl."""
        id_ = self.id_of(id_)
        if id_ not in self.records[kind]:
            raise BadControl(f"none of {kind} has the id {id_}")
        before = self.records[kind][id_]
        record = before | self._resolved(changes) | {"id": id_}
        if kind == "customers":
            record["version"] = str(int(before["version"]) + 1)
        self._must_keep_the_contract(kind, record)
        if kind == "customers":
            self._by_number[before["orgNumber"]].remove(id_)
            self._by_number[record["orgNumber"]].append(id_)
        self.records[kind][id_] = record
        return record

    def store(self, customer_id: str, kind: str, year: int | None, name: str, content: bytes) -> tuple[Json, bool]:
        """A document on a card, and whether it is new: the same content and kind is kept once."""
        digest = hashlib.sha256(content).hexdigest()
        for document in self.records["documents"].values():
            if (document["customerId"], document["kind"], document.get("sha256")) == (customer_id, kind, digest):
                return document, False
        given = {"customerId": customer_id, "kind": kind, "name": name, "sha256": digest}
        return self.add("documents", given if year is None else given | {"year": year}), True

    # -- what a declaration may say --------------------------------------------------------------------

    def id_of(self, name: str) -> str:
        """The id itself, or the id behind an "@ref"; raises BadControl for a ref nobody has."""
        if not name.startswith("@"):
            return name
        if name[1:] not in self.refs:
            raise BadControl(f"nothing has the ref {name[1:]}")
        return self.refs[name[1:]]

    def _usual(self, kind: str) -> Json:
        today = clock.now().date().isoformat()
        match kind:
            case "customers":
                return {"version": "1", "manager": None, "keyInformationUpdated": None}
            case "documents":
                return {"created": clock.iso(clock.now())}
            case "orders":
                return {"status": "ACTIVE", "assigneeUserId": None}
            case "tasks":
                return {"status": "OPEN", "dueDate": today, "key": f"by-hand-{self._last}"}
        return {}

    def _resolved(self, given: Json) -> Json:
        """Refs become ids, a day like "-200d" that many days from now, a year like -1 the one so many years back."""
        return {name: self._value(name, value) for name, value in given.items()}

    def _value(self, name: str, value: Any) -> Any:
        if isinstance(value, dict):
            return self._resolved(value)
        if isinstance(value, list):
            return [self._value(name, one) for one in value]
        if name in _REFS and isinstance(value, str):
            return self.id_of(value)
        if name == "year" and isinstance(value, int) and value <= 0:
            return clock.now().year + value
        if isinstance(value, str) and value[:1] in {"-", "+"} and value[1:-1].isdecimal() and value.endswith("d"):
            moment = clock.now() + timedelta(days=int(value[:-1]))
            return clock.iso(moment) if name == "created" else moment.date().isoformat()
        return value

    def _must_keep_the_contract(self, kind: str, record: Json) -> None:
        fault = self._contract.fault(SCHEMAS[kind], shown(record) if kind in OF_A_CUSTOMER else record)
        if fault is not None:
            raise BadControl(f"one of {kind}: {fault[0]} {fault[1]}")


def shown(record: Json) -> Json:
    """The record as the API shows it under its customer."""
    return {name: value for name, value in record.items() if name != "customerId"}
