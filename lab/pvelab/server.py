"""The HTTPS face of a lab: parses requests, hands them to dispatch, words the answers."""

import json
import logging
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qs, unquote

import uvicorn
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from pvelab.access.caller import identify
from pvelab.access.permission import ROOT, owner
from pvelab.api.errors import ApiError, failed, forbidden
from pvelab.api.nodes.models import power_off, power_on
from pvelab.dispatch import answer
from pvelab.lab import Lab
from pvelab.runtime.errors import MachineError
from pvelab.wire import REASON, ReasonProtocol, reason_phrase

_LOG = logging.getLogger("pvelab")
_BASE = "/api2/json"
_POWER = "/pvelab/power"


class Application:
    """The ASGI application of one lab."""

    def __init__(self, lab: Lab) -> None:
        self._lab = lab
        file = lab.settings.state / "instance"
        self._instance = file.read_text().strip().encode() if file.exists() else b""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        request = Request(scope, receive)
        response = await self._respond(request)
        response.headers.raw.append((b"x-pvelab-instance", self._instance))
        await response(scope, receive, send)

    async def _respond(self, request: Request) -> Response:
        raw = request.scope["raw_path"].decode("ascii", "replace").partition("?")[0]
        if raw == _POWER and request.method == "POST":
            return await self._power(request)
        if raw != _BASE and not raw.startswith(_BASE + "/"):
            return _refusal(ApiError(501, f"Method '{request.method} {raw}' not implemented"))
        # Split before decoding: a %2F is part of a segment.
        segments = [unquote(part) for part in raw.removeprefix(_BASE).split("/") if part]
        try:
            params, files = await _parameters(request)
            data = await run_in_threadpool(
                lambda: answer(
                    self._lab,
                    verb=request.method,
                    segments=segments,
                    params=params,
                    files=files,
                    headers={name.lower(): value for name, value in request.headers.items()},
                    cookies=request.cookies,
                )
            )
        except ApiError as error:
            return _refusal(error)
        except Exception as error:
            _LOG.exception("fault while answering %s %s", request.method, raw)
            return _refusal(ApiError(500, f"lab fault: {type(error).__name__}: {error}"))
        return Response(json.dumps({"data": data}), media_type="application/json;charset=UTF-8")

    async def _power(self, request: Request) -> Response:
        """The lab's own call, outside the imitated API: cut a node's power or give it back. For root@pam only."""
        node, state = request.query_params.get("node", ""), request.query_params.get("state", "")
        act = {"off": power_off, "on": power_on}.get(state)
        try:
            user = identify(
                self._lab.store, self._lab.seal, "POST", {k.lower(): v for k, v in request.headers.items()}, {}
            )
            if owner(user) != ROOT or not self._lab.authority.may(user, "/", ["Sys.PowerMgmt"]):
                raise forbidden("/, Sys.PowerMgmt")
            if act is None:
                raise ApiError(400, f"state {state!r}: accepted are on and off")
            await run_in_threadpool(act, self._lab, node)
        except ApiError as error:
            return _refusal(error)
        except MachineError as error:
            return _refusal(failed(str(error)))
        return Response(json.dumps({"data": None}), media_type="application/json;charset=UTF-8")


async def _parameters(request: Request) -> tuple[dict[str, list[str]], Mapping[str, Any]]:
    params = parse_qs(request.scope["query_string"].decode(), keep_blank_values=True)
    files: dict[str, Any] = {}
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        form = await request.form(max_part_size=64 * 1024 * 1024)
        for name, value in form.multi_items():
            if isinstance(value, str):
                params.setdefault(name, []).append(value)
            else:
                files[name] = value
                params.setdefault(name, []).append(str(value.filename))
    elif kind == "application/json":
        _add_json(params, await request.body())
    else:
        body = (await request.body()).decode()
        for name, values in parse_qs(body, keep_blank_values=True).items():
            params.setdefault(name, []).extend(values)
    return params, files


def _add_json(params: dict[str, list[str]], body: bytes) -> None:
    try:
        given = json.loads(body or b"{}")
    except ValueError as error:
        raise ApiError(400, f"unable to parse JSON body: {error}") from error
    if not isinstance(given, dict):
        raise ApiError(400, "unable to parse JSON body: not an object")
    for name, value in given.items():
        values = value if isinstance(value, list) else [value]
        params[name] = [str(int(item)) if isinstance(item, bool) else str(item) for item in values]


def _refusal(error: ApiError) -> Response:
    body: dict[str, Any] = {"data": None, "message": error.message.rstrip("\n") + "\n"}
    if error.errors:
        body["errors"] = error.errors
    response = Response(json.dumps(body), status_code=error.status, media_type="application/json;charset=UTF-8")
    response.headers.raw.append((REASON, reason_phrase(error.message)))
    return response


def make_server(lab: Lab, *, cert_file: str, key_file: str) -> uvicorn.Server:
    """A server; `.run(sockets=[...])` with a listening socket."""
    config = uvicorn.Config(
        Application(lab),
        http=ReasonProtocol,
        ws="none",
        lifespan="off",
        ssl_certfile=cert_file,
        ssl_keyfile=key_file,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_keep_alive=60,
        timeout_graceful_shutdown=1,
    )
    return uvicorn.Server(config)
