"""Amazon SES sending history, looked up: a local store of the events kept in S3, and questions to it."""
