"""Sabotages of HLP-01: a way to the desk that leads nowhere, and a desk that not everybody of it sees."""

from collections.abc import Iterator
from contextlib import contextmanager

from samdrift.compliance.sabotage import sabotage
from samdrift.compliance.target import Target
from samdrift.federation.support import HOST
from tests.checks.host import changed, run
from tests.checks.scene import Scene
from tests.sabotages.hand import scene_of

RT = """
use lib '/usr/local/share/request-tracker5/lib', '/usr/share/request-tracker5/lib';
use RT; RT::LoadConfig(); RT::Init();
my ( $verb, @rights ) = @ARGV;
my $group = RT::Group->new( RT->SystemUser );
$group->LoadSystemInternalGroup('Privileged');
for my $right (@rights) {
    my ( $ok, $why ) = $group->PrincipalObj->$verb( Right => $right, Object => RT->System );
    die "$why\\n" unless $ok;
}
"""


@contextmanager
def without_rights(scene: Scene, *rights: str) -> Iterator[None]:
    """Take rights from everybody who answers cases, and give them back."""
    try:
        run(scene, HOST, "perl", "-e", RT, "RevokeRight", *rights)
        run(scene, HOST, "systemctl", "restart", "apache2.service")  # RT remembers rights, over a reload too
        yield
    finally:
        run(scene, HOST, "perl", "-e", RT, "GrantRight", *rights)
        run(scene, HOST, "systemctl", "restart", "apache2.service")  # RT remembers rights, over a reload too


@sabotage(requirement="HLP-01", name="mail-becomes-no-case")
def mail_becomes_no_case(target: Target) -> Iterator[None]:
    """The mail server of the desk was moved, and nobody told the program that makes cases of mail."""
    file, unit = "/etc/postfix/master.cf", "postfix.service"
    with scene_of(target) as scene, changed(scene, HOST, file, lambda text: text.replace(":8025", ":8026"), unit=unit):
        yield


@sabotage(requirement="HLP-01", name="technicians-do-not-answer")
def technicians_do_not_answer(target: Target) -> Iterator[None]:
    """Somebody tidied the rights, and the technicians read what they may not answer."""
    # Either lets a person write to the user (RT::Ticket).
    with scene_of(target) as scene, without_rights(scene, "ReplyToTicket", "ModifyTicket"):
        yield


@sabotage(requirement="HLP-01", name="members-mixed-up")
def members_mixed_up(target: Target) -> Iterator[None]:
    """A list of domains was typed again, in another order."""
    with scene_of(target) as scene:
        one, other = (scene.members[0].domain, scene.members[-1].domain)
        path = "/etc/request-tracker5/members.json"
        right, wrong = f'"domain": "{one}"', f'"domain": "moved.{other}"'
        with changed(scene, HOST, path, lambda text: text.replace(right, wrong), unit="apache2.service"):
            yield
