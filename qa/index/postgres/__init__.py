"""An index in PostgreSQL. Nothing here imports psycopg before one is opened."""
