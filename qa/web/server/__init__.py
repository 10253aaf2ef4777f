"""The server: access control, endpoints and limits."""
