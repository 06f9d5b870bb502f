<!-- managed by roles/portal; change there -->
<TMPL_INCLUDE NAME="header.tpl">

<main id="logincontent" class="container">
  <div id="mailpasswords" class="card">
    <div class="card-body">
      <h1>Lösenord för e-postprogram</h1>
      <p>Ett e-postprogram som inte kan visa portalens inloggning, till exempel i en telefon, får ett eget användarnamn och lösenord. De gäller bara för e-post, och bara tills du tar bort dem.</p>
<TMPL_IF NAME="WRONG">
      <div class="message message-warning alert" role="alert"><TMPL_VAR NAME="WRONG" ESCAPE=HTML></div>
</TMPL_IF>
<TMPL_IF NAME="PASSWORD">
      <div class="message message-positive alert" role="alert">
        <p>Skriv in detta i programmet nu. Lösenordet visas aldrig igen.</p>
        <p>Användarnamn: <code id="made-user"><TMPL_VAR NAME="USER" ESCAPE=HTML></code><br />
        Lösenord: <code id="made-password"><TMPL_VAR NAME="PASSWORD" ESCAPE=HTML></code></p>
      </div>
</TMPL_IF>
<TMPL_LOOP NAME="PASSWORDS">
      <form action="/mailpasswords" method="post">
        <input type="hidden" name="token" value="<TMPL_VAR NAME="TOKEN">" />
        <input type="hidden" name="remove" value="<TMPL_VAR NAME="NAME" ESCAPE=HTML>" />
        <p><strong><TMPL_VAR NAME="USER" ESCAPE=HTML></strong>, från <TMPL_VAR NAME="MADE">
        <button type="submit" class="btn btn-secondary btn-sm">Ta bort</button></p>
      </form>
</TMPL_LOOP>
      <form id="make" action="/mailpasswords" method="post">
        <input type="hidden" name="token" value="<TMPL_VAR NAME="TOKEN">" />
        <p><label for="name">Vilket program eller vilken apparat (a-z, 0-9 och -)</label>
        <input id="name" name="name" class="form-control" maxlength="20" required pattern="[a-z0-9][a-z0-9\-]*" autocomplete="off" autocapitalize="none" placeholder="telefon" /></p>
        <button type="submit" class="btn btn-success">Skapa lösenord</button>
      </form>
    </div>
  </div>
  <div class="buttons"><a href="<TMPL_VAR NAME="PORTAL_URL">" class="btn btn-primary" role="button">Till mina tjänster</a></div>
</main>

<TMPL_INCLUDE NAME="footer.tpl">
