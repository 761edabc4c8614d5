"""What asks AWS about the account that sends, beside the bucket that keeps its history."""
