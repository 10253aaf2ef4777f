"""An index on a Milvus server, or in a milvus-lite file. Nothing here imports pymilvus before one is opened."""
