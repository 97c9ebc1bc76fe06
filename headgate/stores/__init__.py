"""The durable ledger: events, plans and holds in SQLite, or in PostgreSQL for teams."""
