# managed by roles/helpdesk; change there
package RT::Condition::CaseChanges;

# What a case is about, how urgent it is, or whose it is, has been said.

use strict;
use warnings;
use base 'RT::Condition';
use Samdrift::Case;

sub IsApplicable {
    my $self = shift;
    my $one  = $self->TransactionObj;
    return 1 if $one->Type eq 'Create';
    return 1 if $one->Type eq 'Set' and $one->Field =~ /^(?:Priority|Queue)$/;
    return 0 unless $one->Type eq 'CustomField';
    my $field = RT::CustomField->new( RT->SystemUser );
    $field->Load( $one->Field );
    return ( $field->Name // '' ) eq Samdrift::Case::SYSTEM;
}

1;
