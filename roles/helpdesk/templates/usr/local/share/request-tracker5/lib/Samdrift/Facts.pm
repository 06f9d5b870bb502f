# managed by roles/helpdesk; change there
package Samdrift::Facts;

# What RT, its rules and samdrift-helpdesk share. Members come and go while RT runs: its processes take seconds to begin,
# so the file of the members is read again when it is another one, and what follows from it for RT is set anew.

use strict;
use warnings;
use utf8;
use JSON ();

use constant FILES => map { "/etc/request-tracker5/$_.json" } qw(samdrift members);

my ( $facts, $seen );

sub facts {
    my $now = join ' ', map { ( stat $_ )[ 1, 9 ] } FILES;    # inode, time of change
    return $facts if $facts and $now eq $seen;
    my $runs = defined $facts;
    ( $facts, $seen ) = ( +{ map {; %{ of_file($_) } } FILES }, $now );
    if ($runs) {
        my %wanted = by_members();
        RT->Config->Set( $_, @{ $wanted{$_} } ) for sort keys %wanted;
    }
    return $facts;
}

sub of_file {
    my $path = shift;
    open my $file, '<', $path or die "$path: $!";
    local $/;
    return JSON::decode_json(<$file>);
}

# Settings of RT that follow from the members: name, and what it is set to.
sub by_members {
    my $own = join '|', map { quotemeta } $facts->{internal}, sort keys %{ $facts->{addresses} };
    my ( %levels, %hours );
    # A clock for every member, system and priority. It stands still only while the user is waited for.
    for my $whose ( { name => $facts->{entry}, support => $facts->{support} }, @{ $facts->{members} } ) {
        my $agreed = $whose->{support};
        my %day    = ( Start => $agreed->{opens}, End => $agreed->{closes} );
        $hours{ $whose->{name} } = { ( map { $_ => { Name => "day $_", %day } } 1 .. 5 ), holidays => $facts->{holidays} };
        for my $system ( @{ $facts->{systems} } ) {
            my $unit  = $system->{always} ? 'RealMinutes' : 'BusinessMinutes';
            my %pause = ( IgnoreOnStatuses => ['stalled'], ExcludeTimeOnIgnoredStatuses => 1 );
            for my $number ( 0 .. $#{ $facts->{priorities} } ) {
                $levels{"$whose->{name}, $system->{title}, $facts->{priorities}[$number]{name}"} = {
                    BusinessHours => $whose->{name},
                    Starts        => { $unit => 0 },
                    Response      => { $unit => $agreed->{answered}[$number], %pause },
                    Resolve       => { $unit => $agreed->{solved}[$number], %pause },
                };
            }
        }
    }
    return (
        RTAddressRegexp      => ["^(?:$own)\$"],
        ServiceAgreements    => [ Levels => \%levels ],
        ServiceBusinessHours => [%hours],
    );
}

1;
