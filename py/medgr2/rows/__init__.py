"""A job's rows: read, checked, bounded, and made into model inputs."""
