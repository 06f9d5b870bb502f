"""`make`: write the sample registers of members that name a size. `serve`: answer for their school registers.

A stub of the pupils' side of SS 12000:2020 on this host's own loopback: `GET /<member>/organisations`, `/persons`,
`/groups` with `limit` and `pageToken`, and the standard's errors.
"""

from __future__ import annotations

import base64
import json
import shutil
import sys
from datetime import date
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from samdrift.identity.cycle import Config
from samdrift.identity.sample.people import export, school

CONFIG = Path("/etc/samdrift/accounts.json")
PORT = 8012
MOST = 500
"""Objects a page at most."""


def make(config: Config, *, today: date) -> None:
    """Write what is not there yet in this size; people that a test has put in stay until the size changes."""
    for member in config.members:
        folder = Path(config.registers) / member["key"]
        size = member["sample"]
        if not size or stamp(folder) == size:
            continue
        text = export(member["key"], member["domain"], size["staff"], today=today)
        (folder / "hr" / "hr.csv").write_text(text, encoding="utf-8")
        shutil.rmtree(folder / "school", ignore_errors=True)
        (folder / "school").mkdir()
        for path, objects in school(member["key"], member["domain"], size["pupils"]).items():
            (folder / "school" / f"{path}.json").write_text(json.dumps(objects, ensure_ascii=False, indent=0))
        (folder / "sample.json").write_text(json.dumps(size))


def stamp(folder: Path) -> dict[str, int] | None:
    """The size of the sample that is there."""
    file = folder / "sample.json"
    return json.loads(file.read_text()) if file.exists() else None


class Refusal(Exception):
    """What the API answers instead of objects."""

    def __init__(self, status: HTTPStatus, title: str) -> None:
        """An error as the standard has it: code and message."""
        super().__init__(title)
        self.status, self.title = status, title


def answer(config: Config, path: str, query: dict[str, list[str]], token: str) -> dict[str, Any]:
    """Return one page.

    Raises: Refusal.
    """
    parts = path.strip("/").split("/")
    members = {member["key"]: member for member in config.members}
    if len(parts) != 2 or parts[0] not in members or parts[1] not in ("organisations", "persons", "groups"):
        raise Refusal(HTTPStatus.NOT_FOUND, "no such path")
    if token != f"Bearer {members[parts[0]]['school_token']}":
        raise Refusal(HTTPStatus.UNAUTHORIZED, "the token of this register is needed")
    if "pageToken" in query and len(query) > 1:
        raise Refusal(HTTPStatus.BAD_REQUEST, "a page token is sent alone")
    try:
        if "pageToken" in query:
            where, start, limit = json.loads(base64.urlsafe_b64decode(query["pageToken"][0]))
        else:
            where, start, limit = path, 0, min(int(query.get("limit", [str(MOST)])[0]), MOST)
        if where != path or limit < 1:
            raise ValueError(where)
    except (TypeError, ValueError):
        raise Refusal(HTTPStatus.BAD_REQUEST, "limit or pageToken cannot be used") from None
    objects = json.loads((Path(config.registers) / parts[0] / "school" / f"{parts[1]}.json").read_text())
    rest = start + limit
    more = base64.urlsafe_b64encode(json.dumps([path, rest, limit]).encode()).decode() if rest < len(objects) else None
    return {"data": objects[start:rest], "pageToken": more}


class Handler(BaseHTTPRequestHandler):
    """Translates."""

    config: Config

    def do_GET(self) -> None:
        """Answer a page or an error."""
        parts = urlsplit(self.path)
        try:
            status, found = (
                HTTPStatus.OK,
                answer(self.config, parts.path, parse_qs(parts.query), self.headers.get("Authorization", "")),
            )
        except Refusal as refusal:
            status, found = refusal.status, {"code": refusal.status.name, "message": refusal.title}
        content = json.dumps(found, ensure_ascii=False).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: a query may name a person."""


def main(verb: str) -> None:
    """Do it."""
    config = Config.read(CONFIG)
    if verb == "make":
        make(config, today=date.today())
    else:
        Handler.config = config
        ThreadingHTTPServer(("127.0.0.1", PORT), Handler).serve_forever()


if __name__ == "__main__":
    main(sys.argv[1])
