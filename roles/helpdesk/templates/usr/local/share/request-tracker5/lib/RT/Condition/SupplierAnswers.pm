# managed by roles/helpdesk; change there
package RT::Condition::SupplierAnswers;

# Somebody who is not of the desk wrote in a case that is with a supplier.

use strict;
use warnings;
use base 'RT::Condition';

sub IsApplicable {
    my $self = shift;
    return 0 unless $self->TicketObj->Status eq 'supplier';
    return 0 unless $self->TransactionObj->Type =~ /^(?:Comment|Correspond)$/;
    my $creator = $self->TransactionObj->CreatorObj;
    return !$creator->Privileged && $creator->id != RT->SystemUser->id;
}

1;
