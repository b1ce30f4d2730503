"""Who has changed what through the console, in the ledger's table: it is kept as long as the audit trail."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Final

from kundeflyt.adapters.aws.ledger_history import cursor_of, key_of
from kundeflyt.adapters.aws.ledger_items import Item, kept_from, moment, single_key
from kundeflyt.adapters.aws.table import Table
from kundeflyt.ports.operations import Change, ChangePage

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

LIST: Final = "console"
"""The list, in the index by customer, of all changes."""


class LedgerChanges:
    """The Changes in DynamoDB; a change of a moment ago may be missing from `newest`."""

    def __init__(self, client: DynamoDBClient, table: str) -> None:
        self._table = Table(client, table)

    def begin(self, change: Change) -> None:
        """Writes a change down before it is made."""
        values = {
            "id": change.id,
            "by": change.by,
            "operation": change.operation,
            "about": dict(change.about),
            "customer": LIST,
            "at": moment(change.at),
            "expires_at": kept_from(change.at),
        }
        self._table.put(single_key("CONSOLE", change.id) | values)

    def end(self, change: Change, *, outcome: int) -> None:
        """Writes down how it ended."""
        self._table.update(
            single_key("CONSOLE", change.id),
            setting={"outcome": outcome},
            condition="attribute_exists(pk)",
            meaning={},
        )

    def newest(self, *, cursor: str | None, size: int) -> ChangePage:
        """The newest changes, or those older than the page before."""
        keys = self._table.keys_of_customer(LIST, after=key_of(cursor) if cursor else None, size=size)
        more = keys[-1] if len(keys) == size else None
        return ChangePage(
            changes=tuple(_change(item) for item in self._table.whole(keys)), next=cursor_of(more) if more else None
        )


def _change(item: Item) -> Change:
    return Change(
        id=item["id"],
        at=datetime.fromisoformat(item["at"]),
        by=item["by"],
        operation=item["operation"],
        about=item["about"],
        outcome=item.get("outcome"),
    )
