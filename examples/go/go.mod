module mail

go 1.26.6

require (
	github.com/example/pulumi-ses-sending-history/sdk/go v0.1.0
	github.com/pulumi/pulumi/sdk/v3 v3.274.1
)

replace github.com/example/pulumi-ses-sending-history/sdk/go => ./sdks/example-ses-sending-history
