"""A rival: DuckDB over the objects themselves. Run as `python -m bench.duckdb_scan FOLDER [RECIPIENT]`.

With a recipient it looks that one up; without, it reads every field that a row of history is made of.
"""

import sys

import duckdb

_RECIPIENTS = "STRUCT(emailAddress VARCHAR, status VARCHAR, diagnosticCode VARCHAR)[]"
_BOUNCED = "STRUCT(emailAddress VARCHAR, action VARCHAR, status VARCHAR, diagnosticCode VARCHAR)[]"
_TOPICS = "STRUCT(topicName VARCHAR, subscriptionStatus VARCHAR)[]"
_COLUMNS = {
    "eventType": "VARCHAR",
    "mail": 'STRUCT("timestamp" TIMESTAMP, messageId VARCHAR, source VARCHAR, sourceArn VARCHAR, '
    "sendingAccountId VARCHAR, destination VARCHAR[], "
    "commonHeaders STRUCT(subject VARCHAR, cc VARCHAR[], replyTo VARCHAR[]), tags MAP(VARCHAR, VARCHAR[]))",
    "bounce": 'STRUCT(bounceType VARCHAR, bounceSubType VARCHAR, "timestamp" TIMESTAMP, feedbackId VARCHAR, '
    f"reportingMTA VARCHAR, bouncedRecipients {_BOUNCED})",
    "complaint": 'STRUCT(complainedRecipients STRUCT(emailAddress VARCHAR)[], "timestamp" TIMESTAMP, '
    "feedbackId VARCHAR, complaintFeedbackType VARCHAR, complaintSubType VARCHAR, userAgent VARCHAR, "
    "arrivalDate TIMESTAMP)",
    "delivery": 'STRUCT("timestamp" TIMESTAMP, processingTimeMillis BIGINT, recipients VARCHAR[], '
    "smtpResponse VARCHAR, reportingMTA VARCHAR, remoteMtaIp VARCHAR)",
    "deliveryDelay": 'STRUCT("timestamp" TIMESTAMP, delayType VARCHAR, expirationTime TIMESTAMP, '
    f"reportingMTA VARCHAR, delayedRecipients {_RECIPIENTS})",
    "open": 'STRUCT("timestamp" TIMESTAMP, ipAddress VARCHAR, userAgent VARCHAR, isBotEvent VARCHAR)',
    "click": 'STRUCT("timestamp" TIMESTAMP, ipAddress VARCHAR, userAgent VARCHAR, isBotEvent VARCHAR, link VARCHAR, '
    "linkTags MAP(VARCHAR, VARCHAR[]))",
    "reject": "STRUCT(reason VARCHAR)",
    "failure": "STRUCT(templateName VARCHAR, errorMessage VARCHAR)",
    "subscription": 'STRUCT(contactList VARCHAR, "timestamp" TIMESTAMP, source VARCHAR, '
    f"newTopicPreferences STRUCT(unsubscribeAll BOOLEAN, topicSubscriptionStatus {_TOPICS}))",
}


def main() -> None:
    """Scan, and print what was found or read."""
    folder, *recipient = sys.argv[1:]
    duckdb.execute("SET preserve_insertion_order = false")
    records = duckdb.read_json(f"{folder}/**/*.gz", format="newline_delimited", columns=_COLUMNS, compression="gzip")
    if recipient:
        answer = records.filter(f"list_contains(mail.destination, '{recipient[0]}')").aggregate("count(*)")
    else:
        answer = records.aggregate(", ".join(f'bit_xor(hash("{column}"))' for column in _COLUMNS))
    sys.stdout.write(f"{answer.fetchall()}\n")


if __name__ == "__main__":
    main()
