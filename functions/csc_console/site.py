"""The console's own files: served as they lie in `pages`, compressed and to be kept; the scripts joined into one.

Fifteen scripts asked for at once would wake fifteen functions. What a page is made of has the hash of all of it in its
address, so a browser keeps it for good and a new deployment is a new address. Only the entry is asked for anew.
"""

from __future__ import annotations

import base64
import gzip
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

FOLDER: Final = Path(__file__).with_name("pages")
ENTRY: Final = "/"
STAGE: Final = "console/"
TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
}
_IMPORT: Final = re.compile(r'^import ((?:\* as \w+)|(?:\{[^}]*\})) from "\./([\w.]+)";\n', re.MULTILINE)
_EXPORT: Final = re.compile(r"^export (?:const|class|function|async function) (\w+)", re.MULTILINE)
_LISTED: Final = re.compile(r"^export \{ ([^}]*) \};\n", re.MULTILINE)
FOR_GOOD: Final = "public, max-age=31536000, immutable"
ASKED_ANEW: Final = "no-cache"

_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Strict-Transport-Security": "max-age=63072000",
    "X-Frame-Options": "DENY",
    "Vary": "Accept-Encoding",
}


@dataclass(frozen=True, kw_only=True)
class File:
    """A file as it is sent."""

    body: bytes
    packed: bytes
    content_type: str
    tag: str


@dataclass(frozen=True, kw_only=True)
class Site:
    """The files by their names, under the hash of them all."""

    version: str
    entry: File
    files: Mapping[str, File]


def answer(event: Mapping[str, Any], *, login_origin: str) -> dict[str, Any] | None:
    """The answer to a request for one of the console's files; None when it asks for something else.

    `event` is API Gateway's; `login_origin` is where tokens are asked for, and with ourselves all a page may speak to.
    """
    path = str(event.get("path") or "")
    if event.get("httpMethod") != "GET":
        return None
    if path == ENTRY and not str((event.get("requestContext") or {}).get("path") or ENTRY).endswith("/"):
        # Addresses in the page are relative to the entry with its stroke.
        return {"statusCode": 302, "headers": {"Location": STAGE, "Cache-Control": ASKED_ANEW}, "body": ""}
    site = _site()
    version, _, name = path.removeprefix("/").partition("/")
    file = site.entry if path == ENTRY else site.files.get(name)
    if file is None:
        return None
    # Whoever began to load before a deployment gets what there is now, and does not keep it under the old address.
    kept = FOR_GOOD if version == site.version else ASKED_ANEW
    return _sent(file, event, {**_HEADERS, "Cache-Control": kept, "Content-Security-Policy": policy(login_origin)})


def policy(login_origin: str) -> str:
    """Nothing but our own files, no inline script or style, no frame around us, no markup made from text."""
    return (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
        f"connect-src 'self' {login_origin}; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
        "require-trusted-types-for 'script'; trusted-types 'none'"
    )


def _sent(file: File, event: Mapping[str, Any], headers: dict[str, str]) -> dict[str, Any]:
    asked = {str(name).lower(): str(value) for name, value in (event.get("headers") or {}).items()}
    headers = {**headers, "ETag": file.tag}
    if asked.get("if-none-match") == file.tag:
        return {"statusCode": 304, "headers": headers, "body": ""}
    packed = "gzip" in asked.get("accept-encoding", "")
    return {
        "statusCode": 200,
        "headers": {**headers, "Content-Type": file.content_type, **({"Content-Encoding": "gzip"} if packed else {})},
        "body": base64.b64encode(file.packed if packed else file.body).decode(),
        "isBase64Encoded": True,
    }


@cache
def _site() -> Site:
    paths = sorted(path for path in FOLDER.rglob("*") if path.suffix in TYPES)
    bodies = {path.relative_to(FOLDER).as_posix(): path.read_bytes() for path in paths}
    entry = bodies.pop("index.html").decode()
    told = hashlib.sha256(entry.encode())
    for name, body in bodies.items():
        told.update(f"\0{name}\0".encode() + body)
    version = told.hexdigest()[:12]
    scripts = {name: bodies.pop(name).decode() for name in list(bodies) if name.endswith(".js")}
    bodies["console.js"] = joined(scripts).encode()
    return Site(
        version=version,
        entry=_file("index.html", entry.replace("{assets}", version).encode()),
        files={name: _file(name, body) for name, body in bodies.items()},
    )


def joined(scripts: Mapping[str, str], first: str = "main.js") -> str:
    """Modules as one: each becomes a function's inside, those it imports before it; what it exports is what is left.

    Our own modules are written so that this is enough: imports stand first, each name is exported where it is declared,
    and no module imports one that imports it. Raises ValueError where one is not.
    """
    done: dict[str, str] = {}

    def add(name: str, on_the_way: tuple[str, ...]) -> None:
        if name in on_the_way or name not in scripts:
            raise ValueError(f"{' > '.join((*on_the_way, name))}: not a script, or one that imports itself")
        for _, imported in _IMPORT.findall(scripts[name]):
            if imported not in done:
                add(imported, (*on_the_way, name))
        inside = _IMPORT.sub(
            lambda found: f'const {found[1].removeprefix("* as ")} = modules["{found[2]}"];\n', scripts[name]
        )
        exported = [*_EXPORT.findall(inside), *(one for names in _LISTED.findall(inside) for one in names.split(", "))]
        inside = _LISTED.sub("", _EXPORT.sub(lambda found: found[0].removeprefix("export "), inside))
        if re.search(r"^(import|export)\b", inside, re.MULTILINE):
            raise ValueError(f"{name} imports or exports in a way that is not joined")
        done[name] = f'modules["{name}"] = (() => {{\n{inside}return {{ {", ".join(exported)} }};\n}})();\n'

    add(first, ())
    return "const modules = {};\n" + "".join(done.values())


def _file(name: str, body: bytes) -> File:
    return File(
        body=body,
        packed=gzip.compress(body, mtime=0),
        content_type=TYPES[Path(name).suffix],
        tag=f'"{hashlib.sha256(body).hexdigest()[:32]}"',
    )
