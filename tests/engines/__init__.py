"""The commands on an index in Milvus, and work on a Ray cluster, for `make test-engines`."""
