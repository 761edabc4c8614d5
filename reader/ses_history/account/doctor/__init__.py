"""Looks at every link between a message that is sent and its event in the bucket, and changes nothing."""
