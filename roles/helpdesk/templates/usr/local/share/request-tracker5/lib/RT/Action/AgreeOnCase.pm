# managed by roles/helpdesk; change there
package RT::Action::AgreeOnCase;

# The case gets the clock of its member, system and priority, and the group that knows the system.

use strict;
use warnings;
use base 'RT::Action';
use Samdrift::Case;

sub Prepare { return 1 }

sub Commit {
    my $self  = shift;
    my $case  = $self->TicketObj;
    my $level = Samdrift::Case::level_of($case);
    $case->SetSLA($level) if ( $case->SLA // '' ) ne $level;
    my $wanted = Samdrift::Case::system_of($case)->{competence};
    for my $competence ( @{ Samdrift::Case::facts()->{competences} } ) {
        my $group = Samdrift::Case::desk( $competence->{title} );
        my $there = $case->AdminCc->HasMember( $group->PrincipalObj );
        my %whom  = ( Type => 'AdminCc', PrincipalId => $group->id );
        $case->AddWatcher(%whom)    if !$there && $competence->{name} eq $wanted;
        $case->DeleteWatcher(%whom) if $there  && $competence->{name} ne $wanted;
    }
    return 1;
}

1;
