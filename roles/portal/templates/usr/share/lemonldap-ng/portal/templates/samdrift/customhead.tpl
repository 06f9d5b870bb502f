<!-- managed by roles/portal; change there -->
<link rel="stylesheet" type="text/css" href="/samdrift/portal.css" />
