// A sending history in C#. In this folder:
//
//   pulumi package add https://github.com/example/ses-sending-history/components@0.1.0
//   pulumi stack init dev
//   pulumi config set aws:region us-east-1
//   pulumi up
//
// The first command writes the SDK into sdks/; Pulumi.yaml and mail.csproj name it already.

using System.Collections.Generic;
using Example.SesSendingHistory;

return await Pulumi.Deployment.RunAsync(() =>
{
    var history = new SendingHistory("mail", new SendingHistoryArgs
    {
        ConfigurationSets = { "receipts", "news" },
        Identities = { "example.com" },
        RetentionDays = 730,
    });

    return new Dictionary<string, object?>
    {
        ["bucketName"] = history.BucketName,
        ["configurationSetNames"] = history.ConfigurationSetNames,
        ["dkimRecords"] = history.DkimRecords,
    };
});
