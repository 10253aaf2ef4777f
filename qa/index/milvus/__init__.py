"""An index on a Milvus server, or in a milvus-lite file. pymilvus is imported when one is opened."""
