"""Sabotages of HLP-01: a way to the desk that leads nowhere, and a desk that not everybody of it sees."""

from collections.abc import Iterator
from contextlib import contextmanager

from samdrift.compliance.sabotage import sabotage
from samdrift.compliance.target import Target
from samdrift.federation.support import HOST
from tests.checks.scene import Scene
from tests.sabotages.hand import run, scene_of

RT = """
use lib '/usr/local/share/request-tracker5/lib', '/usr/share/request-tracker5/lib';
use RT; RT::LoadConfig(); RT::Init();
my ( $verb, $right ) = @ARGV;
my $group = RT::Group->new( RT->SystemUser );
$group->LoadSystemInternalGroup('Privileged');
my ( $ok, $why ) = $group->PrincipalObj->$verb( Right => $right, Object => RT->System );
die "$why\\n" unless $ok;
"""


@contextmanager
def without_right(scene: Scene, right: str) -> Iterator[None]:
    """Take a right from everybody who answers cases, and give it back."""
    try:
        run(scene, HOST, "perl", "-e", RT, "RevokeRight", right)
        run(scene, HOST, "systemctl", "restart", "apache2.service")  # RT remembers rights, over a reload too
        yield
    finally:
        run(scene, HOST, "perl", "-e", RT, "GrantRight", right)
        run(scene, HOST, "systemctl", "restart", "apache2.service")  # RT remembers rights, over a reload too


@contextmanager
def changed(scene: Scene, path: str, old: str, new: str, unit: str) -> Iterator[None]:
    """Change a file of the desk in place, have it read, and put it back."""
    right = run(scene, HOST, "cat", path)
    if old not in right:
        raise OSError(f"{path} on {HOST} holds no {old!r} to change")
    try:
        run(scene, HOST, "tee", path, given=right.replace(old, new))
        run(scene, HOST, "systemctl", "restart", unit)
        yield
    finally:
        run(scene, HOST, "tee", path, given=right)
        run(scene, HOST, "systemctl", "restart", unit)


@sabotage(requirement="HLP-01", name="mail-becomes-no-case")
def mail_becomes_no_case(target: Target) -> Iterator[None]:
    """The mail server of the desk was moved, and nobody told the program that makes cases of mail."""
    with scene_of(target) as scene, changed(scene, "/etc/postfix/master.cf", ":8025", ":8026", "postfix.service"):
        yield


@sabotage(requirement="HLP-01", name="technicians-do-not-answer")
def technicians_do_not_answer(target: Target) -> Iterator[None]:
    """Somebody tidied the rights, and the technicians read what they may not answer."""
    with scene_of(target) as scene, without_right(scene, "ReplyToTicket"):
        yield


@sabotage(requirement="HLP-01", name="members-mixed-up")
def members_mixed_up(target: Target) -> Iterator[None]:
    """A list of domains was typed again, in another order."""
    with scene_of(target) as scene:
        one, other = (scene.members[0].domain, scene.members[-1].domain)
        path = "/etc/request-tracker5/samdrift.json"
        right = f'"domain": "{one}"'
        with changed(scene, path, right, f'"domain": "moved.{other}"', "apache2.service"):
            yield
