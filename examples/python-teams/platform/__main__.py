"""One history for all teams: a bucket and a delivery stream, and no configuration set."""

import pulumi
from ses_sending_history import SendingHistory

history = SendingHistory("mail", {"configuration_sets": []})

pulumi.export("bucket_name", history.bucket_name)
pulumi.export("delivery_stream_arn", history.delivery_stream_arn)
