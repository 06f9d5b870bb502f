# managed by roles/helpdesk; change there
package RT::Condition::AwaitedAnswer;

# The one that a case waits for has written: the user where it is stalled, somebody else where it is with a supplier.

use strict;
use warnings;
use base 'RT::Condition';

sub IsApplicable {
    my $self = shift;
    my $case = $self->TicketObj;
    return 0 unless $case->Status =~ /^(?:stalled|supplier)$/;
    return 0 unless $self->TransactionObj->Type =~ /^(?:Comment|Correspond)$/;
    my $who = $self->TransactionObj->CreatorObj;
    return 0 if $who->Privileged or $who->id == RT->SystemUser->id;
    my $is_user = grep { $_->HasMemberRecursively( $who->PrincipalObj ) } $case->Requestors, $case->Cc;
    return $case->Status eq 'stalled' ? $is_user : !$is_user;
}

1;
