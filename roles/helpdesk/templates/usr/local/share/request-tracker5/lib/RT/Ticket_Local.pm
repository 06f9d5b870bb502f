# managed by roles/helpdesk; change there
package RT::Ticket;

# RT's own place for a site's rules (docs/writing_extensions): they hold for portal, mail and API alike.

use strict;
use warnings;
use utf8;
no warnings 'redefine';
use Samdrift::Case;

my %own = ( Create => \&Create, SetStatus => \&SetStatus, Correspond => \&Correspond, SetOwner => \&SetOwner );

# A case is its requestor's member's, whichever address or form it came by; a stranger's that of the address.
*Create = sub {
    my ( $self, %args ) = @_;
    my @requestors = grep { defined } ref $args{Requestor} eq 'ARRAY' ? @{ $args{Requestor} } : $args{Requestor};
    my $queue      = Samdrift::Case::queue_of(@requestors) || Samdrift::Case::queue_addressed( $args{MIMEObj} );
    $args{Queue} = $queue if $queue and ( $args{Type} // 'ticket' ) eq 'ticket';
    return $own{Create}->( $self, %args );
};

*SetStatus = sub {
    my $self = shift;
    my %args = @_ == 1 ? ( Status => $_[0] ) : @_;
    my $why  = Samdrift::Case::refusal( $self, $args{Status} );
    return ( 0, $why ) if $why;
    return $own{SetStatus}->( $self, %args );
};

# The user gets answers from the desk: what anybody else writes, a supplier for instance, goes to the desk alone.
*Correspond = sub {
    my ( $self, @args ) = @_;
    my $who = $self->CurrentUser->PrincipalObj;
    my $may = $self->CurrentUser->Privileged || $self->CurrentUser->id == RT->SystemUser->id;
    $may ||= $_->HasMemberRecursively($who) for $self->Requestors, $self->Cc;
    return $may ? $own{Correspond}->( $self, @args ) : $self->Comment(@args);
};

# Once somebody of the desk owns a case, it is never nobody's again.
*SetOwner = sub {
    my ( $self, $owner, @rest ) = @_;
    my $new = RT::User->new( RT->SystemUser );
    $new->Load($owner);
    if ( $self->Owner != RT->Nobody->id and ( $new->id // 0 ) == RT->Nobody->id ) {
        return ( 0, 'Ärendet ägs av servicedesken: lämna det till en kollega' );
    }
    return $own{SetOwner}->( $self, $owner, @rest );
};

1;
