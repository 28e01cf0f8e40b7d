"""The channels: what carries notices and digests to people and to other programs."""

from gaita_adapters.channels.factory import make_channel
from gaita_adapters.channels.settings import ChannelSettings, written_path

__all__ = ["ChannelSettings", "make_channel", "written_path"]
