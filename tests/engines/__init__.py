"""An index on every engine, for `make test-engines`; elsewhere FAISS alone is tested."""
