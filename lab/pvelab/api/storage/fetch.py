"""Fetch a file by HTTP from the machine, as a node does for `download-url`."""

import hashlib
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO
from urllib.parse import unquote, urlsplit

import httpx

from pvelab.api.errors import failed
from pvelab.task import Log, TaskError

_TIMEOUT = httpx.Timeout(30.0)
_STEP = 64 * 1024 * 1024


def metadata(url: str, *, verify: bool) -> dict[str, str | int]:
    """Size, name and type of what an URL offers; 500 in Proxmox VE's words otherwise."""
    try:
        with httpx.Client(verify=verify, timeout=_TIMEOUT, follow_redirects=True) as client:
            response = client.head(url)
            if response.status_code in (405, 501):
                with client.stream("GET", url) as opened:
                    response = opened
    except httpx.HTTPError as error:
        raise failed(f"invalid server response: '500 {error}'") from error
    if response.status_code != 200:
        raise failed(f"invalid server response: '{response.status_code} {response.reason_phrase}'")
    found: dict[str, str | int] = {"filename": _filename(url, response.headers.get("content-disposition", ""))}
    if "content-length" in response.headers:
        found["size"] = int(response.headers["content-length"])
    found["mimetype"] = response.headers.get("content-type", "application/octet-stream").partition(";")[0]
    return found


def _filename(url: str, disposition: str) -> str:
    for piece in disposition.split(";"):
        key, _, value = piece.strip().partition("=")
        if key.lower() == "filename" and value:
            return Path(value.strip('"')).name
    return Path(unquote(urlsplit(url).path)).name


def download(url: str, target: Path, log: Log, *, verify: bool, algorithm: str | None, checksum: str | None) -> None:
    """Fetch to the target, whole or not at all; a given checksum must match."""
    log(f"downloading {url} to {target.name}")
    if target.exists():
        if algorithm and _digest(target, algorithm) == checksum:
            log("OK, got correct file already, no need to download")
            return
        raise TaskError(f"refusing to override existing file '{target.name}'")
    with _in_place_of(target) as part:
        _stream(url, part, log, verify=verify)
        if algorithm:
            _compare(part, algorithm, checksum, log)
    log("download finished")


def _stream(url: str, part: Path, log: Log, *, verify: bool) -> None:
    done = said = 0
    try:
        with (
            httpx.Client(verify=verify, timeout=_TIMEOUT, follow_redirects=True) as client,
            client.stream("GET", url) as response,
            part.open("wb") as out,
        ):
            if response.status_code != 200:
                raise TaskError(f"download failed: {response.status_code} {response.reason_phrase}")
            for piece in response.iter_bytes(1 << 20):
                out.write(piece)
                done += len(piece)
                if done - said >= _STEP:
                    said = done
                    log(f"{done >> 20} MiB")
    except httpx.HTTPError as error:
        raise TaskError(f"download failed: {error}") from error


def _compare(file: Path, algorithm: str, checksum: str | None, log: Log) -> None:
    log(f"calculating checksum ({algorithm})")
    found = _digest(file, algorithm)
    if found != (checksum or "").lower():
        raise TaskError(f"checksum mismatch: got '{found}' != expect '{checksum}'")
    log("OK, checksum verified")


def _digest(file: Path, algorithm: str) -> str:
    with file.open("rb") as source:
        return hashlib.file_digest(source, algorithm).hexdigest()


def store(
    source: IO[bytes], target: Path, log: Log, *, algorithm: str | None = None, checksum: str | None = None
) -> None:
    """Copy to the target, whole or not at all; a given checksum must match."""
    with _in_place_of(target) as part:
        with part.open("wb") as out:
            shutil.copyfileobj(source, out, 1 << 20)
        if algorithm:
            _compare(part, algorithm, checksum, log)


@contextmanager
def _in_place_of(target: Path) -> Iterator[Path]:
    """A file of its own, which becomes the target when all went well and goes otherwise."""
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".{uuid.uuid4().hex}.part")
    try:
        yield part
        part.rename(target)
    finally:
        part.unlink(missing_ok=True)
