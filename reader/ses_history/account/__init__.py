"""What asks or changes the AWS account beside the bucket of the history."""
