"""Which function answers which method and path, and what such a function is given."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pvelab.access.permission import Authority
from pvelab.api.errors import ApiError, not_implemented
from pvelab.lab import Lab
from pvelab.schema.format import split_list
from pvelab.task import Work

Handler = Callable[["Call"], Any]


@dataclass
class Call:
    """One authenticated request with checked parameters."""

    lab: Lab
    verb: str
    path: str
    """As the client wrote it, decoded, without the base path."""
    user: str
    """`root@pam` or `user@realm!token`."""
    params: dict[str, Any]
    files: Mapping[str, Any] = field(default_factory=dict)
    """Uploaded files by form field."""
    later: list[Callable[[], None]] = field(default_factory=list)
    """What happens once the change is durable, before the answer."""

    @property
    def authority(self) -> Authority:
        """What the user may do."""
        return self.lab.authority

    def check(self, path: str, *privileges: str, some: bool = False) -> None:
        """Raise 403 unless the user holds all (or `some`) of the privileges on the path."""
        self.authority.check(self.user, path, privileges, some=some)

    def may(self, path: str, *privileges: str, some: bool = False) -> bool:
        """Whether the user holds all (or `some`) of the privileges."""
        return self.authority.may(self.user, path, privileges, some=some)

    def get(self, name: str, default: Any = None) -> Any:
        """A parameter; an empty string counts as not given, as clients send them."""
        value = self.params.get(name, default)
        return default if value == "" else value

    def list(self, name: str) -> list[str]:
        """A list parameter's items."""
        value = self.params.get(name) or ""
        return [str(item) for item in value] if isinstance(value, list) else split_list(str(value))

    def rest(self, *known: str) -> dict[str, Any]:
        """The parameters that are none of the known ones."""
        return {name: value for name, value in self.params.items() if name not in known}

    def task(self, *, node: str, kind: str, subject: str | int, work: Work) -> str:
        """Start a task as soon as the change is durable; the UPID."""
        upid, begin = self.lab.tasks.prepare(node=node, kind=kind, subject=str(subject), user=self.user, work=work)
        self.later.append(begin)
        return upid

    def refuse(self, option: str) -> ApiError:
        """501 for an option that exists in Proxmox VE and that the lab cannot honour."""
        return not_implemented(self.verb, self.path, option)


class Router:
    """The handlers of one area."""

    def __init__(self) -> None:
        self.handlers: dict[tuple[str, str], Handler] = {}

    def add(self, verb: str, template: str) -> Callable[[Handler], Handler]:
        """Decorator: the function answers this method of this path template."""

        def keep(handler: Handler) -> Handler:
            self.handlers[verb, template] = handler
            return handler

        return keep

    def get(self, template: str) -> Callable[[Handler], Handler]:
        """Decorator for GET."""
        return self.add("GET", template)

    def post(self, template: str) -> Callable[[Handler], Handler]:
        """Decorator for POST."""
        return self.add("POST", template)

    def put(self, template: str) -> Callable[[Handler], Handler]:
        """Decorator for PUT."""
        return self.add("PUT", template)

    def delete(self, template: str) -> Callable[[Handler], Handler]:
        """Decorator for DELETE."""
        return self.add("DELETE", template)

    def index(self, template: str, *children: str) -> None:
        """A directory: GET lists the names below it."""
        self.handlers["GET", template] = lambda call: [{"subdir": name} for name in children]
