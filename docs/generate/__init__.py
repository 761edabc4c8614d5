"""What `make generate` writes into Pulumi.yaml and the docs."""
