"""What one request does: the SQL line (`statements.py`) and the line protocol line (`lines.py`)."""
