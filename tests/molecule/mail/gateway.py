"""The mail gateway as the store sees it, played on a bare host: hands mail in with its certificate, takes what comes.

    gateway.py serve                       take everything on port 25, each message a file below TAKEN
    gateway.py hand SENDER RECIPIENT ...   hand in the message of standard input; say where it ended, and the answer

Run there by the scenario's tests with Python's own library alone.
"""

import json
import smtplib
import socket
import socketserver
import ssl
import sys
import time
from pathlib import Path

STORE = "mail.osterlen.example"
KEYS = Path("/root/gateway")
TAKEN = KEYS / "taken"


def hand(sender: str, recipient: str, *words: str) -> tuple[str, int, str]:
    """`words`: `plain` without TLS, `strange` without the gateway's certificate, `4` or `6` for the family."""
    context = ssl.create_default_context(cafile=str(KEYS / "authority.pem"))
    if "strange" not in words:
        context.load_cert_chain(KEYS / "chain.pem", KEYS / "key.pem")
    family = socket.AF_INET6 if "6" in words else socket.AF_INET
    address = str(socket.getaddrinfo(STORE, 25, family)[0][4][0])
    with smtplib.SMTP(address, 25, local_hostname="mx1.osterlen.example", timeout=30) as call:
        call._host = STORE  # type: ignore[attr-defined] # the name to verify
        if "plain" not in words:
            call.starttls(context=context)
        call.ehlo_or_helo_if_needed()
        for step, ask in (
            ("sender", lambda: call.mail(sender)),
            ("recipient", lambda: call.rcpt(recipient)),
            ("message", lambda: call.data(sys.stdin.buffer.read())),
        ):
            code, told = ask()
            if code != 250:
                return step, code, told.decode()
        return "taken", code, told.decode()


class Taker(socketserver.StreamRequestHandler):
    """One connection of the store."""

    def handle(self) -> None:
        self.say("220 mx1.osterlen.example ESMTP")
        envelope: list[str] = []
        while line := self.rfile.readline().decode().strip():
            verb = line.upper()
            if verb.startswith("EHLO"):
                self.say("250-mx1.osterlen.example" if self.plain else "250 mx1.osterlen.example")
                if self.plain:
                    self.say("250 STARTTLS")
            elif verb == "STARTTLS":
                self.say("220 go on")
                self.secure()
            elif verb == "DATA":
                self.say("354 go on")
                self.keep(envelope)
                self.say("250 taken")
            elif verb == "QUIT":
                self.say("221 bye")
                return
            else:
                envelope = [] if verb.startswith("MAIL") else envelope
                envelope.append(line)
                self.say("250 ok")

    @property
    def plain(self) -> bool:
        return not isinstance(self.connection, ssl.SSLSocket)

    def secure(self) -> None:
        context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(KEYS / "authority.pem"))
        context.verify_mode = ssl.CERT_REQUIRED  # as the real one asks for the store's certificate
        context.load_cert_chain(KEYS / "chain.pem", KEYS / "key.pem")
        self.connection = context.wrap_socket(self.connection, server_side=True)
        self.rfile, self.wfile = self.connection.makefile("rb"), self.connection.makefile("wb", buffering=0)

    def keep(self, envelope: list[str]) -> None:
        lines = []
        while (line := self.rfile.readline()) != b".\r\n":
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        text = b"".join(lines).decode(errors="replace")
        (TAKEN / f"{time.time_ns()}.json").write_text(json.dumps({"envelope": envelope, "message": text}))

    def say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


class Door(socketserver.ThreadingTCPServer):
    """Port 25 of both families."""

    address_family = socket.AF_INET6
    allow_reuse_address = True
    daemon_threads = True


if __name__ == "__main__":
    if sys.argv[1] == "hand":
        sys.stdout.write(json.dumps(hand(*sys.argv[2:])))
    else:
        TAKEN.mkdir(exist_ok=True)
        Door(("::", 25), Taker).serve_forever()
