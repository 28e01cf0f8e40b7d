"""The settings of the channels, under the name by which the whole of the settings knows them."""

from gaita_adapters.channels.settings import (
    AppriseSettings,
    ChannelSettings,
    EmailSettings,
    WebhookSettings,
    written_path,
)

__all__ = ["AppriseSettings", "ChannelSettings", "EmailSettings", "WebhookSettings", "written_path"]
