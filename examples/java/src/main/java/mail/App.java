// A sending history in Java. In this folder:
//
//   pulumi package add https://github.com/example/ses-sending-history/components@0.1.0
//   cp -r sdks/example-ses-sending-history/src/* src
//   pulumi stack init dev
//   pulumi config set aws:region us-east-1
//   pulumi up
//
// The first command writes the SDK into sdks/, the second puts it beside the program, where Maven compiles it.
package mail;

import com.example.sessendinghistory.SendingHistory;
import com.example.sessendinghistory.SendingHistoryArgs;
import com.pulumi.Pulumi;

public class App {
    public static void main(String[] args) {
        Pulumi.run(ctx -> {
            var history = new SendingHistory("mail", SendingHistoryArgs.builder()
                .configurationSets("receipts", "news")
                .identities("example.com")
                .retentionDays(730.0)
                .build());

            ctx.export("bucketName", history.bucketName());
            ctx.export("configurationSetNames", history.configurationSetNames());
            ctx.export("dkimRecords", history.dkimRecords());
        });
    }
}
