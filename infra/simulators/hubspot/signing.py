"""How HubSpot signs the webhooks it sends."""

import base64
import hashlib
import hmac

# The only percent-codes HubSpot decodes in the URI before it signs (request validation page, v3).
_DECODED = {
    "%3A": ":",
    "%2F": "/",
    "%3F": "?",
    "%40": "@",
    "%21": "!",
    "%24": "$",
    "%27": "'",
    "%28": "(",
    "%29": ")",
    "%2A": "*",
    "%2C": ",",
    "%3B": ";",
}


def signed_uri(uri: str) -> str:
    """The URI as it goes into the signature: twelve percent-codes decoded, all others left as they are."""
    for code, character in _DECODED.items():
        uri = uri.replace(code, character).replace(code.lower(), character)
    return uri


def signature_headers(*, secret: str, method: str, uri: str, body: bytes, timestamp: int) -> dict[str, str]:
    """The headers of a webhook: the v3 signature with its timestamp (milliseconds) and v1 beside it."""
    source = f"{method}{signed_uri(uri)}".encode() + body + str(timestamp).encode()
    v3 = base64.b64encode(hmac.new(secret.encode(), source, hashlib.sha256).digest()).decode()
    v1 = hashlib.sha256(secret.encode() + body).hexdigest()
    return {
        "X-HubSpot-Signature-v3": v3,
        "X-HubSpot-Request-Timestamp": str(timestamp),
        "X-HubSpot-Signature": v1,
        "X-HubSpot-Signature-Version": "v1",
    }
