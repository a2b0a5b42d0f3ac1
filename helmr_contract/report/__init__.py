"""What a run has found: on the console, as an HTML page, as JUnit XML."""
