"""Keeps the mail of two regions in one bucket, with a history in each region.

SES publishes to a delivery stream of its own region. Firehose puts the name of the stream into the key of each object
(https://docs.aws.amazon.com/firehose/latest/dev/s3-object-name.html), and here each stream has a name of its own.

We found no page of AWS that says whether a stream may deliver to a bucket of another region: try it before you rely on
it. A customer managed key will not do: the second history allows its use through S3 of its own region alone.
"""

import pulumi
import pulumi_aws as aws
from ses_sending_history import SendingHistory, SendingHistoryArgs


def history_in(region: str, args: SendingHistoryArgs) -> SendingHistory:
    """A history of the mail that SES sends from the region."""
    provider = aws.Provider(region, region=region)
    return SendingHistory(f"mail-{region}", args, pulumi.ResourceOptions(provider=provider))


america = history_in("us-east-1", {"retention_days": 730})
# In the same account the bucket's policy needs no statement for the second stream.
europe = history_in("eu-west-1", {"bucket": america.bucket_name})

pulumi.export("bucket_name", america.bucket_name)
pulumi.export("us-east-1", america.configuration_set_names)
pulumi.export("eu-west-1", europe.configuration_set_names)
