"""AWS on the loopback, played by moto over real HTTP, one request at a time.

DynamoDB decides each conditional write of an item as one step. moto checks and writes in two, so threads inside one
process may both win; a server that takes one request after the other gives the real promise back. The race that is
left, between clients, is the one our code has to stand.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

from infra.template import written

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

ACCOUNT = "123456789012"
_QUICK = Config(connect_timeout=2, read_timeout=60, retries={"total_max_attempts": 1}, max_pool_connections=20)
_numbers = itertools.count()  # one for all servers: moto keeps what they store in one place


class _Silent(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:
        """Says nothing: a test's output is its own."""


@dataclass
class LocalAws:
    """Where AWS is; `client` gives a boto3 client for it, which tries once unless told otherwise."""

    url: str

    def client(self, service: Any, *, config: Config = _QUICK) -> Any:
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name="eu-north-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=config,
        )

    def fresh(self, what: str) -> str:
        """A name nobody has used before, so that tests never meet."""
        return f"{what}-{next(_numbers)}"

    def ledger_table(self) -> str:
        """An empty table with the keys and the indexes that the ledger has in the template."""
        client: DynamoDBClient = self.client("dynamodb")
        name = self.fresh("ledger")
        client.create_table(
            TableName=name,
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[
                {"AttributeName": "pk", "AttributeType": "S"},
                {"AttributeName": "sk", "AttributeType": "S"},
                {"AttributeName": "customer", "AttributeType": "S"},
                {"AttributeName": "at", "AttributeType": "S"},
                {"AttributeName": "contact_id", "AttributeType": "N"},
            ],
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            GlobalSecondaryIndexes=[
                {
                    "IndexName": "customer",
                    "KeySchema": [
                        {"AttributeName": "customer", "KeyType": "HASH"},
                        {"AttributeName": "at", "KeyType": "RANGE"},
                    ],
                    "Projection": {"ProjectionType": "KEYS_ONLY"},
                },
                {
                    "IndexName": "contact",
                    "KeySchema": [{"AttributeName": "contact_id", "KeyType": "HASH"}],
                    "Projection": {"ProjectionType": "KEYS_ONLY"},
                },
            ],
        )
        return name

    def cases_table(self) -> str:
        """An empty table such as the template makes for review cases."""
        client: DynamoDBClient = self.client("dynamodb")
        name = self.fresh("cases")
        described = written()["Resources"]["CasesTable"]["Properties"]
        wanted = ("BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")
        client.create_table(TableName=name, **{key: described[key] for key in wanted})
        return name


@contextmanager
def running() -> Iterator[LocalAws]:
    """Runs until the block ends, on a free port."""
    application = DomainDispatcherApplication(create_backend_app)
    server = make_server("127.0.0.1", 0, application, threaded=False, request_handler=_Silent)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield LocalAws(f"http://127.0.0.1:{server.server_port}")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
