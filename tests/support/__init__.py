"""What the Python tests share. A test is a script; tests/run runs it with tests/ on Python's path."""
