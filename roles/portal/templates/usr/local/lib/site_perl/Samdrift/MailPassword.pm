# managed by roles/portal; change there
package Samdrift::MailPassword;

# Mail programs that cannot show the portal's pages get passwords of their own: a person makes and removes them here, one a
# program. Each has a user name of its own, `account/program`, so that the mail store knows whom to ask: these never go to
# the directory, and the directory's password never comes here. Kept is a salted digest, with the person's second factors.

use strict;
use Convert::Base32 qw(encode_base32);
use Crypt::URandom qw(urandom);
use JSON qw(from_json to_json);
use Mouse;
use POSIX qw(strftime);
use Lemonldap::NG::Common::Session;
use Lemonldap::NG::Common::Util qw(getPSessionID);
use Lemonldap::NG::Portal::Main::Constants qw(PE_NOTOKEN);

extends 'Lemonldap::NG::Portal::Main::Plugin';

our $FIELD = '_mailPasswords';
my $MOST = 10;
my $NAME = qr/^[a-z0-9][a-z0-9-]{0,19}$/;
# Of the same cost as a right one: who asks for a program that is not there is answered as slowly.
my $NOBODY = crypt( 'x', '$6$samdrift$' );

has ott => (
    is      => 'rw',
    lazy    => 1,
    default => sub {
        my $ott = $_[0]->p->loadModule('Lemonldap::NG::Portal::Lib::OneTimeToken');
        $ott->timeout(1800);
        return $ott;
    },
);

sub init {
    my ($self) = @_;
    $self->addAuthRouteWithRedirect( mailpasswords => 'page', ['GET'] );
    $self->addAuthRoute( mailpasswords => 'change', ['POST'] );
    $self->addUnauthRoute( mailcheck => 'check', ['POST'] );
    return 1;
}

# The same conditions as at the door of the webmail, asked again: an open sign-in may be older than what is asked for now.
sub may {
    my ( $self, $req ) = @_;
    my $facts = $self->conf->{customPluginsParams};
    my $in    = $req->userData->{hGroups} || {};
    return 0 if $in->{ $facts->{privileged} } and $req->userData->{authenticationLevel} < $facts->{factor};
    return 0 unless $in->{"agreement-$facts->{agreementVersion}"};
    my $rule = $self->conf->{oidcRPMetaDataOptions}->{ $facts->{mailApplication} }->{oidcRPMetaDataOptionsRule} || '';
    return scalar grep { $in->{$_} } $rule =~ /inGroup\("([^"]+)"\)/g;
}

sub page {
    my ( $self, $req, %told ) = @_;
    my $user = $self->user($req);
    return $self->p->sendError( $req, 'Du har inte e-post', 403 ) unless $self->may($req);
    my $token = $self->ott->createToken( { mailPasswordsOf => $user } );
    my @all   = map {
        { USER => "$user/$_->{name}", NAME => $_->{name}, TOKEN => $token, MADE => strftime( '%Y-%m-%d', localtime $_->{epoch} ) }
    } $self->all($user);
    return $self->p->sendHtml( $req, 'mailpasswords', params => { TOKEN => $token, PASSWORDS => \@all, %told } );
}

sub change {
    my ( $self, $req ) = @_;
    my $user = $self->user($req);
    return $self->p->sendError( $req, 'Du har inte e-post', 403 ) unless $self->may($req);
    # A page of somebody else's cannot have it (cross-site request forgery).
    my $token = $self->ott->getToken( $req->param('token') );
    return $self->p->do( $req, [ sub { PE_NOTOKEN } ] ) unless $token and ( $token->{mailPasswordsOf} // '' ) eq $user;
    my @all = $self->all($user);
    if ( defined( my $gone = $req->param('remove') ) ) {
        $self->keep( $req, $user, grep { $_->{name} ne $gone } @all );
        $self->userLogger->notice("$user removed the mail password $gone");
        return $self->page($req);
    }
    my $name = $req->param('name') // '';
    return $self->page( $req, WRONG => 'Namnet får ha bokstäverna a-z, siffror och bindestreck.' ) unless $name =~ $NAME;
    return $self->page( $req, WRONG => 'Det finns redan ett lösenord med det namnet.' ) if grep { $_->{name} eq $name } @all;
    return $self->page( $req, WRONG => "Fler än $MOST lösenord kan du inte ha. Ta bort ett först." ) if @all >= $MOST;
    my $password = join '-', unpack '(A4)5', lc encode_base32( urandom(13) );    # 100 bits
    my $salt     = '$6$' . substr( lc encode_base32( urandom(10) ), 0, 16 ) . '$';
    $self->keep( $req, $user, @all, { name => $name, digest => crypt( $password, $salt ), epoch => time } );
    $self->userLogger->notice("$user made the mail password $name");
    return $self->page( $req, USER => "$user/$name", PASSWORD => $password );
}

# The mail store asks, as an application asks for a token by password (RFC 6749, 4.3): with the secret of mail. It is told
# whether the password is good as of a token (RFC 7662): an error would be the portal's fault to Dovecot 2.4, not the person's.
sub check {
    my ( $self, $req ) = @_;
    my $client = $self->conf->{customPluginsParams}->{mailApplication};
    my $secret = $self->conf->{oidcRPMetaDataOptions}->{$client}->{oidcRPMetaDataOptionsClientSecret};
    unless ( $secret and ( $req->param('client_id') // '' ) eq $client and same( $req->param('client_secret') // '', $secret ) ) {
        return $self->p->sendJSONresponse( $req, { error => 'invalid_client' }, code => 401 );
    }
    my ( $user, $name ) = split m{/}, lc( $req->param('username') // '' ), 2;
    my ($one) = grep { $_->{name} eq ( $name // '' ) } $self->all( $user // '' );
    my $right = $one ? $one->{digest} : $NOBODY;
    my $given = crypt( $req->param('password') // '', $right ) // '';
    unless ( $one and same( $given, $right ) ) {
        $self->userLogger->notice( 'A mail program of ' . ( $user // '' ) . ' showed a wrong password' );
        $one = undef;
    }
    my %told = ( active => $one ? JSON::true : JSON::false, sub => $user // '', login => join( '/', $user // '', $name // '' ) );
    return $self->p->sendJSONresponse( $req, { access_token => 'none', token_type => 'Bearer', %told } );
}

sub user {
    my ( $self, $req ) = @_;
    return lc $req->userData->{ $self->conf->{whatToTrace} };
}

# As it is kept now: what stands in an open sign-in is a copy.
sub all {
    my ( $self, $user ) = @_;
    return () unless length $user;

    # The portal's own way of asking would make one for whoever is asked for.
    my $session = Lemonldap::NG::Common::Session->new(
        {
            hashStore            => 0,
            storageModule        => $self->conf->{persistentStorage},
            storageModuleOptions => $self->conf->{persistentStorageOptions},
            id                   => getPSessionID($user),
            kind                 => 'Persistent',
        }
    );
    return () if $session->error;
    return @{ from_json( $session->data->{$FIELD} || '[]' ) };
}

sub keep {
    my ( $self, $req, $user, @all ) = @_;
    $self->p->updatePersistentSession( $req, { $FIELD => to_json( \@all ) }, $user );
    return;
}

# In a time that tells nothing of where they differ.
sub same {
    my ( $one, $other ) = @_;
    return 0 if length $one != length $other;
    my $difference = 0;
    $difference |= ord( substr $one, $_, 1 ) ^ ord( substr $other, $_, 1 ) for 0 .. length($one) - 1;
    return $difference == 0;
}

1;
