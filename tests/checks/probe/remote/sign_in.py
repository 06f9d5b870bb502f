"""Sign in at this workplace as a person does: through PAM, password, account rules and session."""

import base64
import ctypes
import ctypes.util
import pwd
import shutil
from collections.abc import Callable
from pathlib import Path

SUCCESS, PROMPT_HIDDEN, ESTABLISH = 0, 1, 2


class _Message(ctypes.Structure):
    _fields_ = (("style", ctypes.c_int), ("text", ctypes.c_char_p))


class _Response(ctypes.Structure):
    _fields_ = (("text", ctypes.c_void_p), ("code", ctypes.c_int))


_Converse = ctypes.CFUNCTYPE(
    ctypes.c_int,
    ctypes.c_int,
    ctypes.POINTER(ctypes.POINTER(_Message)),
    ctypes.POINTER(ctypes.POINTER(_Response)),
    ctypes.c_void_p,
)


class _Conversation(ctypes.Structure):
    _fields_ = (("converse", _Converse), ("data", ctypes.c_void_p))


def attempt(*, user: str, password: str, service: str = "sshd") -> dict[str, object]:
    """Return `step` at which it ended (`signed in`, `password`, `account`, `session`), PAM's `code`, and `home`.

    Who signed in has a `ticket`, base64 of a Kerberos cache: what the person's programs show to services.
    """
    pam, c = ctypes.CDLL("libpam.so.0"), ctypes.CDLL(None)
    c.calloc.restype, c.strdup.restype = ctypes.c_void_p, ctypes.c_void_p
    conversation = _Conversation(_Converse(_answering(c, password)), None)
    handle = ctypes.c_void_p()
    pam.pam_start(service.encode(), user.encode(), ctypes.byref(conversation), ctypes.byref(handle))
    steps = {
        "password": lambda: pam.pam_authenticate(handle, 0),
        "account": lambda: pam.pam_acct_mgmt(handle, 0),
        "session": lambda: pam.pam_setcred(handle, ESTABLISH) or pam.pam_open_session(handle, 0),
    }
    code, step = SUCCESS, ""
    for step, take in steps.items():  # noqa: B007 - the step it ended at is told
        if code := take():
            break
    ticket = _ticket(pam, handle) if code == SUCCESS else ""
    if code == SUCCESS:
        pam.pam_close_session(handle, 0)
    pam.pam_end(handle, code)
    signed_in = code == SUCCESS
    home = pwd.getpwnam(user).pw_dir if signed_in else ""
    return {"step": "signed in" if signed_in else step, "code": code, "home": home, "ticket": ticket}


def _ticket(pam: ctypes.CDLL, handle: ctypes.c_void_p) -> str:
    pam.pam_getenv.restype = ctypes.c_char_p
    name = (pam.pam_getenv(handle, b"KRB5CCNAME") or b"").decode().removeprefix("FILE:")
    return base64.b64encode(Path(name).read_bytes()).decode() if name else ""


def _answering(c: ctypes.CDLL, password: str) -> Callable[..., int]:
    def converse(count: int, messages: object, responses: object, _: object) -> int:
        # PAM frees what it is given, so it has to come from the C library's own heap.
        space = c.calloc(count, ctypes.sizeof(_Response))
        answers = ctypes.cast(space, ctypes.POINTER(_Response))
        for number in range(count):
            if messages[number].contents.style == PROMPT_HIDDEN:  # type: ignore[index]
                answers[number].text = c.strdup(password.encode())
        responses[0] = answers  # type: ignore[index]
        return SUCCESS

    return converse


def tidy(*, user: str) -> None:
    """Remove the home that signing in has made, and what is remembered of the account."""
    home = Path("/home") / user
    if home.is_dir() and not home.is_symlink():
        shutil.rmtree(home)
