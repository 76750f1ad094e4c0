"""The line to Node: messages, the supervisor that starts jobs and follows them, and what a job says of itself."""
