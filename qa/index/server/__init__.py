"""An index on a database server: the protocol of an engine, and the index built on it."""
