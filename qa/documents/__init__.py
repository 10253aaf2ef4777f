"""Loading of documents in many formats, and their structure, tables and chunks."""
