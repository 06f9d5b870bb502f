"""The API, one folder per area: `routes` translate requests, `models` hold state and rules, `errors` the wording."""
