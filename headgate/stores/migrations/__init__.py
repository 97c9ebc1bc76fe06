"""The revisions of the stores' schema, one module each; `headgate.stores.upgrading` runs them."""
