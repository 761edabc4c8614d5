// A sending history in TypeScript. In this folder:
//
//   pulumi package add https://github.com/example/ses-sending-history/components@0.1.0
//   pulumi stack init dev
//   pulumi config set aws:region us-east-1
//   pulumi up
//
// The first command writes the SDK into sdks/ and installs it; Pulumi.yaml and package.json name it already.

import { SendingHistory } from "@example/ses-sending-history";

const history = new SendingHistory("mail", {
    configurationSets: ["receipts", "news"],
    identities: ["example.com"],
    retentionDays: 730,
});

export const bucketName = history.bucketName;
export const configurationSetNames = history.configurationSetNames;
export const dkimRecords = history.dkimRecords;
