<!-- managed by roles/portal; change there -->
<p>Lämna aldrig ut ditt lösenord. Hjälp får du av servicedesken.</p>
