"""What a person may decide about a stack by environment variables; everything else is chosen anew for each stack."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit

from infra.local.problems import StackProblem


@dataclass(frozen=True, kw_only=True)
class Vendors:
    """Where the vendors are; None means that the stack starts a simulator."""

    hubspot: str | None = None
    itx: str | None = None
    metodika: str | None = None

    @classmethod
    def given(cls, environment: Mapping[str, str]) -> "Vendors":
        """The servers named in the environment, without a closing slash; raises StackProblem for what is no address."""

        def address(name: str) -> str | None:
            wanted = environment.get(name, "").rstrip("/")
            if wanted and not _is_address(wanted):
                raise StackProblem(f"{name} is {wanted!r}: it must be an address such as http://127.0.0.1:8080.")
            return wanted or None

        return cls(
            hubspot=address("HUBSPOT_BASE_URL"), itx=address("ITX_BASE_URL"), metodika=address("METODIKA_BASE_URL")
        )


@dataclass(frozen=True, kw_only=True)
class Keys:
    """The vendors' keys of one stack."""

    hubspot_client_secret: str
    hubspot_access_token: str
    hubspot_app_id: str
    hubspot_portal_id: str
    itx_key: str
    itx_webhook_secret: str
    metodika_token: str

    @classmethod
    def given(cls, environment: Mapping[str, str]) -> "Keys":
        """The keys named in the environment; what is not named is random and differs for every stack.

        HubSpot's ids are above 2^31 for the portal, as real ones soon are, so that nothing keeps them in 32 bits.
        Raises StackProblem when one of them is not a number.
        """

        def key(name: str, otherwise: str) -> str:
            return environment.get(name, "") or otherwise

        def number(name: str, otherwise: int) -> str:
            wanted = key(name, str(otherwise))
            if not (wanted.isascii() and wanted.isdigit() and int(wanted) > 0):
                raise StackProblem(f"{name} is {wanted!r}: HubSpot's ids are whole numbers above 0.")
            return wanted

        return cls(
            hubspot_client_secret=key("HUBSPOT_CLIENT_SECRET", secrets.token_hex(16)),
            hubspot_access_token=key("HUBSPOT_ACCESS_TOKEN", f"pat-eu1-{secrets.token_hex(16)}"),
            hubspot_app_id=number("HUBSPOT_APP_ID", 10_000_000 + secrets.randbelow(90_000_000)),
            hubspot_portal_id=number("HUBSPOT_PORTAL_ID", 2**31 + secrets.randbelow(2**31)),
            itx_key=key("ITX_KEY", secrets.token_urlsafe(24)),
            itx_webhook_secret=key("ITX_WEBHOOK_SECRET", secrets.token_urlsafe(24)),
            metodika_token=key("METODIKA_TOKEN", secrets.token_urlsafe(24)),
        )


def _is_address(wanted: str) -> bool:
    try:
        parts = urlsplit(wanted)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
