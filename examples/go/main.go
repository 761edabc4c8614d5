// A sending history in Go. In this folder:
//
//	pulumi package add https://github.com/example/ses-sending-history/components@0.1.0
//	pulumi stack init dev
//	pulumi config set aws:region us-east-1
//	pulumi up
//
// The first command writes the SDK into sdks/; Pulumi.yaml and go.mod name it already.
package main

import (
	"github.com/example/pulumi-ses-sending-history/sdk/go/sessendinghistory"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

func main() {
	pulumi.Run(func(ctx *pulumi.Context) error {
		history, err := sessendinghistory.NewSendingHistory(ctx, "mail", &sessendinghistory.SendingHistoryArgs{
			ConfigurationSets: []string{"receipts", "news"},
			Identities:        []string{"example.com"},
			RetentionDays:     pulumi.Float64Ref(730),
		})
		if err != nil {
			return err
		}
		ctx.Export("bucketName", history.BucketName)
		ctx.Export("configurationSetNames", history.ConfigurationSetNames)
		ctx.Export("dkimRecords", history.DkimRecords)
		return nil
	})
}
