"""The ledger: what happened, one event after another, and every state that follows from it."""
