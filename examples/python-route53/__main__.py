"""Creates a domain's identity with the DKIM records that verify it in Route 53, and keeps the history of its mail."""

import pulumi
import pulumi_aws as aws
from ses_sending_history import SendingHistory

DOMAIN = "mail.example.com"

EASY_DKIM_TOKENS = 3  # https://docs.aws.amazon.com/ses/latest/dg/send-email-authentication-dkim-easy.html

# A destroy keeps the identity, and so it keeps what verifies it.
kept = pulumi.ResourceOptions(retain_on_delete=True)

# With a zone that exists: zone = aws.route53.get_zone_output(name="example.com")
zone = aws.route53.Zone(DOMAIN, name=DOMAIN, opts=kept)

history = SendingHistory("mail", {"identities": [DOMAIN]})

# SES makes the names up. How many there are is known before, so a preview shows every record.
dkim_records = history.dkim_records.apply(lambda records: sorted(records.items()))
for n in range(EASY_DKIM_TOKENS):
    aws.route53.Record(
        f"{DOMAIN}-dkim-{n + 1}",
        zone_id=zone.zone_id,
        name=dkim_records[n][0],
        type="CNAME",
        ttl=1800,
        records=[dkim_records[n][1]],
        opts=kept,
    )

pulumi.export("bucket_name", history.bucket_name)
pulumi.export("name_servers", zone.name_servers)  # what the parent's zone delegates the domain to
