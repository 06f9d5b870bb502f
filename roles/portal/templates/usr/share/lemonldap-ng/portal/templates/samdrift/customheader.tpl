<!-- managed by roles/portal; change there -->
<p class="samdrift-title"><a href="/">Inloggning</a></p>
