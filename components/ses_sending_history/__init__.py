"""Pulumi components that keep the sending history of Amazon SES in an S3 bucket."""

from ses_sending_history.args import EventPublisherArgs, SendingHistoryArgs
from ses_sending_history.default_configuration_set import DefaultConfigurationSet
from ses_sending_history.event_types import EVENT_TYPES
from ses_sending_history.publisher import EventPublisher
from ses_sending_history.sending_history import SendingHistory

__all__ = [
    "EVENT_TYPES",
    "DefaultConfigurationSet",
    "EventPublisher",
    "EventPublisherArgs",
    "SendingHistory",
    "SendingHistoryArgs",
]
