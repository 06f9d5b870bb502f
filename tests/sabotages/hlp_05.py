"""Sabotages of HLP-05: people are not asked, or the figure is prettier than what they said."""

from collections.abc import Iterator

from samdrift.compliance.sabotage import sabotage
from samdrift.compliance.target import Target
from samdrift.federation.support import HOST
from tests.checks.host import changed, run
from tests.sabotages.hand import scene_of
from tests.sabotages.hlp_02 import CASE

SWITCH = """
use lib '/usr/local/share/request-tracker5/lib', '/usr/share/request-tracker5/lib';
use RT; RT::LoadConfig(); RT::Init();
my $rule = RT::Scrip->new( RT->SystemUser );
$rule->LoadByCols( Description => 'On Resolve Notify Requestors' );
my ( $ok, $why ) = $rule->SetDisabled( $ARGV[0] );
die "$why\\n" unless $ok;
"""


@sabotage(requirement="HLP-05", name="nobody-is-asked")
def nobody_is_asked(target: Target) -> Iterator[None]:
    """The mail after closing was switched off: somebody found it annoying."""
    with scene_of(target) as scene:
        try:
            run(scene, HOST, "perl", "-e", SWITCH, "1")
            yield
        finally:
            run(scene, HOST, "perl", "-e", SWITCH, "0")


@sabotage(requirement="HLP-05", name="bad-answers-left-out")
def bad_answers_left_out(target: Target) -> Iterator[None]:
    """ "Those who are angry about something else do not count"."""
    right, wrong = "my @answers = map { $_->Content }", "my @answers = grep { $_ > 1 } map { $_->Content }"
    with (
        scene_of(target) as scene,
        changed(scene, HOST, CASE, lambda text: text.replace(right, wrong), unit="apache2.service"),
    ):
        yield
