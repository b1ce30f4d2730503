"""The customer's card, as Metodika has it: manager, key information, orders, and the tasks there."""

from datetime import date

from infra.local.page.reading import Json, Seen
from infra.local.page.wording import DOCUMENTS, day


def cards(number: str, seen: Seen) -> list[Json]:
    """The cards with a company's organisation number, however that is written in HubSpot."""
    digits = "".join(sign for sign in number if sign.isdigit())
    found = [card for card in seen.metodika["customers"] if digits and card["orgNumber"] == digits]
    users = {user["id"]: user["name"] for user in seen.metodika["users"]}
    return [_card(card, users, seen) for card in found]


def _card(card: Json, users: dict[str, str], seen: Seen) -> Json:
    manager, updated = card["manager"], card["keyInformationUpdated"]

    def own(kind: str) -> list[Json]:
        return [one for one in seen.metodika[kind] if one.get("customerId") == card["id"]]

    return {
        "id": card["id"],
        "name": card["name"],
        "manager": users.get(manager["userId"], manager["userId"]) if manager else "Ingen",
        "role": f"{manager['role']} siden {day(date.fromisoformat(manager['since']))}" if manager else "",
        "key_information": f"oppdatert {day(date.fromisoformat(updated))}" if updated else "aldri oppdatert",
        "orders": [
            {"id": order["id"], "title": order["title"], "whose": users.get(order["assigneeUserId"], "ingen")}
            for order in own("orders")
            if order["status"] == "ACTIVE"
        ],
        "documents": [
            {"id": one["id"], "what": " ".join(filter(None, (DOCUMENTS[one["kind"]], str(one.get("year", "")))))}
            for one in own("documents")
        ],
        "tasks": [
            {
                "id": task["id"],
                "subject": task["title"],
                "body": task.get("body", ""),
                "due": day(date.fromisoformat(task["dueDate"])),
                "owner": users.get(task["assigneeUserId"], "ingen"),
                "done": task["status"] == "DONE",
            }
            for task in own("tasks")
        ],
    }
