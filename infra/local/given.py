"""What a person may decide about a stack by environment variables; everything else is chosen anew for each stack."""

import secrets
from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Vendors:
    """Where the vendors are; None means that the stack starts a simulator, or has no such vendor (Metodika)."""

    hubspot: str | None = None
    itx: str | None = None
    metodika: str | None = None

    @classmethod
    def given(cls, environment: Mapping[str, str]) -> "Vendors":
        """The servers named in the environment, without a closing slash."""

        def address(name: str) -> str | None:
            return environment.get(name, "").rstrip("/") or None

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
        """

        def key(name: str, otherwise: str) -> str:
            return environment.get(name, "") or otherwise

        return cls(
            hubspot_client_secret=key("HUBSPOT_CLIENT_SECRET", secrets.token_hex(16)),
            hubspot_access_token=key("HUBSPOT_ACCESS_TOKEN", f"pat-eu1-{secrets.token_hex(16)}"),
            hubspot_app_id=key("HUBSPOT_APP_ID", str(10_000_000 + secrets.randbelow(90_000_000))),
            hubspot_portal_id=key("HUBSPOT_PORTAL_ID", str(2**31 + secrets.randbelow(2**31))),
            itx_key=key("ITX_KEY", secrets.token_urlsafe(24)),
            itx_webhook_secret=key("ITX_WEBHOOK_SECRET", secrets.token_urlsafe(24)),
            metodika_token=key("METODIKA_TOKEN", secrets.token_urlsafe(24)),
        )
