"""Reports of a run: on the console, as an HTML page, and as JUnit XML."""
