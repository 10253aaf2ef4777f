"""An index on a database server: what every engine is asked for, and the index that is made of it."""
