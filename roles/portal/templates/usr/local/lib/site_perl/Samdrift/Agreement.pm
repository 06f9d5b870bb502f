# managed by roles/portal; change there
package Samdrift::Agreement;

# Nobody's sign-in is complete, and no application is told of anybody, before the user agreement is accepted in its
# present version. Who has accepted it is in its group of the directory: there mail and help desk can ask for it too.
# The acceptance itself is noted by samdrift-agreement, which the portal can ask for and cannot change afterwards.

use strict;
use IO::Socket::UNIX;
use JSON qw(to_json);
use Mouse;
use Lemonldap::NG::Portal::Main::Constants qw(PE_BADCREDENTIALS PE_ERROR PE_OK PE_SENDRESPONSE PE_TOKENEXPIRED);

extends 'Lemonldap::NG::Portal::Main::Plugin';

# At every sign-in, after the second factor; and at every request of somebody who is signed in already.
use constant afterData   => 'ask';
use constant forAuthUser => 'ask';

my $RECORDER = '/run/samdrift-agreement.sock';

has version => ( is => 'rw' );
has group   => ( is => 'rw' );
has ott     => (
    is      => 'rw',
    lazy    => 1,
    default => sub {
        my $ott = $_[0]->p->loadModule('Lemonldap::NG::Portal::Lib::OneTimeToken');
        $ott->timeout(1800);    # long enough to read it
        return $ott;
    },
);

sub init {
    my ($self) = @_;
    $self->version( $self->conf->{customPluginsParams}->{agreementVersion} ) or return 0;
    $self->group( 'agreement-' . $self->version );
    $self->addUnauthRoute( agreement => 'answer', ['POST'] )->addAuthRoute( agreement => 'answer', ['POST'] );
    return 1;
}

sub ask {
    my ( $self, $req ) = @_;
    return PE_BADCREDENTIALS if $req->authResult and $req->authResult > PE_OK;
    return PE_OK             if $req->sessionInfo->{hGroups}->{ $self->group };
    my $token = $self->ott->createToken(
        {
            %{ $req->sessionInfo },
            _agreementSession => $req->id,
            _agreementUrl     => $req->urldc,
            _agreementTime    => $req->sessionInfo->{_utime},
        }
    );
    $req->response( $self->p->sendHtml( $req, 'agreement', params => { TOKEN => $token, DECLINED => 0 } ) );
    return PE_SENDRESPONSE;
}

sub answer {
    my ( $self, $req ) = @_;
    my $session = $self->ott->getToken( $req->param('token') );
    unless ( $session and $session->{_agreementSession} ) {
        return $self->p->do( $req, [ sub { PE_TOKENEXPIRED } ] );
    }
    delete @$session{qw(tokenSessionStartTimestamp tokenTimeoutTimestamp _type)};
    $req->id( delete $session->{_agreementSession} );
    $req->urldc( delete $session->{_agreementUrl} );
    $session->{_utime} = delete $session->{_agreementTime};
    $req->sessionInfo($session);
    my $user = $session->{ $self->conf->{whatToTrace} };

    if ( ( $req->param('answer') // '' ) ne 'accept' ) {
        $self->userLogger->notice("$user declined the user agreement");
        $self->p->deleteSession($req);
        $req->pdata( {} );
        return $self->p->sendHtml( $req, 'agreement', params => { DECLINED => 1 } );
    }
    unless ( $self->note($user) ) {
        $self->userLogger->error("The acceptance of $user could not be noted");
        return $self->p->do( $req, [ sub { PE_ERROR } ] );
    }
    $session->{hGroups}->{ $self->group } = { name => $self->group };
    $session->{groups} = join $self->conf->{multiValuesSeparator}, grep { length } $session->{groups}, $self->group;
    $self->p->updateSession( $req, { groups => $session->{groups}, hGroups => $session->{hGroups} } );
    $req->mustRedirect(1);
    return $self->p->do( $req, [ $self->p->validSession, @{ $self->p->endAuth }, sub { PE_OK } ] );
}

sub note {
    my ( $self, $user ) = @_;
    my $recorder = IO::Socket::UNIX->new( Peer => $RECORDER ) or return 0;
    $recorder->timeout(30);
    print $recorder to_json( { user => $user, version => $self->version } ) . "\n";
    $recorder->shutdown(1);
    my $said = <$recorder> // '';
    return $said eq "noted\n";
}

1;
