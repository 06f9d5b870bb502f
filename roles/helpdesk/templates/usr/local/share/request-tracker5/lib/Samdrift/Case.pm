# managed by roles/helpdesk; change there
package Samdrift::Case;

# The rules of a case, in one place: whose it is, who gets it, by when, and when it may be closed.

use strict;
use warnings;
use utf8;
use Digest::SHA ();
use Samdrift::Facts;

use constant SYSTEM       => 'System';
use constant SATISFACTION => 'Nöjdhet';
use constant MEMBER       => 'Kommun';
use constant AGENTS       => 'Servicedesk';

sub facts { return Samdrift::Facts::facts() }

# The queue of the member whose the requestor is; undef for somebody unknown.
sub queue_of {
    for my $requestor (@_) {
        my $address = $requestor;
        if ( ref $address or $address =~ /^\d+$/ ) {
            my $user = RT::User->new( RT->SystemUser );
            $user->Load( ref $address ? $address->id : $address );
            $address = $user->EmailAddress;
        }
        my ($domain) = lc( $address // '' ) =~ /\@([a-z0-9.-]+)/ or next;
        for my $member ( @{ facts()->{members} } ) {
            return $member->{name} if $domain eq $member->{domain} or $domain =~ /\.\Q$member->{domain}\E$/;
        }
    }
    return undef;
}

# The queue of the address that a message came to: postfix writes it on top, above whatever the sender wrote.
sub queue_addressed {
    my $message = shift or return undef;
    my $address = $message->head->get( 'X-Original-To', 0 ) // '';
    chomp $address;
    return facts()->{addresses}{ lc $address };
}

sub desk {
    my $group = RT::Group->new( RT->SystemUser );
    $group->LoadUserDefinedGroup(shift);
    return $group;
}

# Why the case may not get this status; undef where it may.
sub refusal {
    my ( $case, $status ) = @_;
    return undef unless $case->LifecycleObj->Name eq 'case';
    if ( $status eq 'supplier' and $case->Owner == RT->Nobody->id ) {
        return 'Någon på servicedesken måste äga ärendet innan det lämnas till en leverantör';
    }
    if ( $case->LifecycleObj->IsInactive($status) and not is_answered($case) ) {
        return 'Ärendet kan inte stängas utan lösning: skriv svaret till användaren först';
    }
    return undef;
}

# Whether the last word to the user is the desk's. What a supplier did counts only once the desk has told it.
sub is_answered {
    my $case         = shift;
    my $transactions = RT::Transactions->new( RT->SystemUser );
    $transactions->LimitToTicket( $case->id );
    $transactions->OrderBy( FIELD => 'id', ORDER => 'DESC' );
    while ( my $one = $transactions->Next ) {
        return $one->CreatorObj->Privileged if $one->Type eq 'Correspond';
        return 0 if $one->Type eq 'Create';
        return 0 if $one->Type eq 'Status' and $one->OldValue eq 'supplier';
    }
    return 0;
}

sub system_of {
    my $case   = shift;
    my $title  = $case->FirstCustomFieldValue(SYSTEM) // '';
    my @known  = @{ facts()->{systems} };
    my ($found) = grep { $_->{title} eq $title } @known;
    return $found || $known[0];
}

sub level_of {
    my $case       = shift;
    my @priorities = @{ facts()->{priorities} };
    my ($found)    = grep { $case->Priority >= $_->{value} } @priorities;
    my $name       = ( $found || $priorities[-1] )->{name};
    return join ', ', $case->QueueObj->Name, system_of($case)->{title}, $name;
}

# The word by which a person answers about this case without signing in.
sub key_of {
    my $case   = shift;
    my $secret = RT->Config->Get('SamdriftSatisfaction');
    return substr Digest::SHA::hmac_sha256_hex( 'satisfaction ' . $case->id, $secret ), 0, 32;
}

# Answers and their mean by member, from the cases themselves: {"Ystad": {"answers": 3, "index": 83.3}}.
sub satisfaction {
    my %found;
    for my $member ( @{ facts()->{members} } ) {
        my $values = RT::ObjectCustomFieldValues->new( RT->SystemUser );
        my $field  = RT::CustomField->new( RT->SystemUser );
        $field->Load(SATISFACTION);
        $values->Limit( FIELD => 'CustomField', VALUE => $field->id );
        $values->Limit( FIELD => 'ObjectType', VALUE => 'RT::Ticket' );
        $values->Limit( FIELD => 'Disabled', VALUE => 0 );
        my $cases = $values->Join( ALIAS1 => 'main', FIELD1 => 'ObjectId', TABLE2 => 'Tickets', FIELD2 => 'id' );
        my $queue = RT::Queue->new( RT->SystemUser );
        $queue->Load( $member->{name} );
        $values->Limit( ALIAS => $cases, FIELD => 'Queue', VALUE => $queue->id );
        my @answers = map { $_->Content } @{ $values->ItemsArrayRef };
        my $sum     = 0;
        $sum += $_ for @answers;
        # 1 is 0 and 5 is 100: an index as people know it from other surveys.
        my $index = @answers ? sprintf( '%.1f', 25 * ( $sum / @answers - 1 ) ) + 0 : undef;
        $found{ $member->{name} } = { answers => scalar @answers, index => $index };
    }
    return \%found;
}

1;
