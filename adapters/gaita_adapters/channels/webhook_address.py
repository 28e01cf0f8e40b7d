"""Where a webhook may go: its URL taken apart, and every address of its host checked before connecting.

A URL in the settings could otherwise reach, by mistake or by somebody who rules a name's DNS, what only
this machine can reach: a database's port, a cloud's metadata, a printer (SSRF). The host is therefore
resolved once, every address found is checked, and the connection goes to an address that was checked; no
name is resolved a second time, so that a name cannot change its mind in between (DNS rebinding).

Any port is allowed: the operator who writes the settings writes the port.
"""

import ipaddress
import re
import socket
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network
from typing import Final, Protocol, TypeAlias
from urllib.parse import quote, urlsplit

from gaita import GaitaError
from gaita.phrase import phrase
from gaita_adapters.channels.not_taken import NotTaken

Network: TypeAlias = IPv4Network | IPv6Network
Address: TypeAlias = IPv4Address | IPv6Address

_PORTS: Final = {"http": 80, "https": 443}
_SPECIAL: Final[tuple[tuple[Network, str], ...]] = tuple(
    (ipaddress.ip_network(network), kind)
    for network, kind in (
        ("100.64.0.0/10", "a provider's shared network"),
        ("192.0.0.0/24", "reserved"),
        ("192.88.99.0/24", "reserved"),
        ("198.18.0.0/15", "reserved for measurements"),
        ("64:ff9b:1::/48", "a local translation to IPv4"),
        ("2001::/32", "a tunnel to IPv4"),
        ("2002::/16", "a tunnel to IPv4"),
        ("fec0::/10", "a private network"),
        ("3fff::/20", "reserved for documentation"),
        ("5f00::/16", "reserved"),
    )
)
"""Beside what ``ipaddress`` calls private, reserved and so on, which differs between versions of Python."""
_TRANSLATED: Final = ipaddress.IPv6Network("64:ff9b::/96")
"""The last 32 bits are an IPv4 address that is reached through it (NAT64)."""
_ISATAP: Final = (0x0000_5EFE, 0x0200_5EFE)
"""What stands before the IPv4 address in the host's half of an ISATAP address."""
_CONTROL: Final = re.compile(r"[\x00-\x20\x7f\\]")


class ForbiddenAddress(GaitaError):
    """A webhook's host lies where webhooks may not go: see the setting `allow` if it shall."""


class Resolver(Protocol):
    """Whatever knows the addresses of a host."""

    def __call__(self, host: str, port: int) -> Sequence[str]:
        """Return the addresses of ``host``, the preferred first; raise ``OSError`` where there is none."""
        ...


def resolve(host: str, port: int) -> Sequence[str]:
    """Return the addresses of ``host`` as this machine resolves names."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


@dataclass(frozen=True, slots=True)
class Target:
    """A webhook's URL, taken apart."""

    scheme: str
    host: str
    """In ASCII; an IPv6 address without its brackets."""
    port: int
    path: str = field(repr=False)
    """The path and the query: it may hold a secret, and is shown nowhere."""

    @property
    def authority(self) -> str:
        """The host, and the port where it is not the usual one: what the header ``Host`` says."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    def __str__(self) -> str:
        return f"{self.scheme}://{self.authority}"


def target_of(url: str, *, allow_http: bool = False) -> Target:
    """Return ``url`` taken apart. Raises ``ValueError`` that says what was expected, never the URL."""
    schemes = phrase("an http or https URL") if allow_http else phrase("an https URL")
    expected = phrase("%(schemes)s such as https://example.org/hook", schemes=schemes)
    try:
        parts = urlsplit("" if _CONTROL.search(url) else url)
        host, port = (parts.hostname or "").encode("idna").decode("ascii"), parts.port
    except ValueError:  # UnicodeError is one
        raise ValueError(expected) from None
    if parts.scheme not in _PORTS or not host or port == 0 or "%" in host:
        raise ValueError(expected)
    if parts.username is not None or parts.password is not None:
        message = phrase(
            "%(schemes)s without a user name or password: receivers know us by the signature", schemes=schemes
        )
        raise ValueError(message)
    if parts.scheme == "http" and not allow_http:
        message = phrase(
            "%(expected)s, or allow_http = true where nobody can listen on the way", expected=expected
        )
        raise ValueError(message)
    path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return Target(parts.scheme, host, port or _PORTS[parts.scheme], quote(path, safe="%/:?#[]@!$&'()*+,;=~"))


@dataclass(frozen=True, slots=True)
class AddressCheck:
    """Finds the addresses of a host, and lets only those pass to which a webhook may go."""

    allowed: tuple[Network, ...] = ()
    """Networks that are allowed though they are private, or special in another way."""
    resolver: Resolver = resolve

    def addresses(self, target: Target) -> tuple[str, ...]:
        """Return the addresses to connect to, the preferred first.

        Raises ``ForbiddenAddress`` where any of them is not allowed, and ``NotTaken`` where the host
        cannot be resolved.
        """
        try:
            found = self.resolver(target.host, target.port)
        except (OSError, UnicodeError) as error:
            reason = getattr(error, "strerror", None) or str(error)
            raise NotTaken(f"the host {target.host} cannot be resolved: {reason}") from None
        if not found:
            raise NotTaken(f"the host {target.host} has no address")
        for address in found:
            kind = self.refusal(ipaddress.ip_address(address))
            if kind:
                named = "" if target.host == address else f", which is {address},"
                raise ForbiddenAddress(
                    f"{target.host}{named} is {kind}: webhooks go to public addresses only; "
                    "if it shall go there, add its network to `allow` in the channel's settings"
                )
        return tuple(found)

    def refusal(self, address: Address) -> str | None:
        """Return what ``address`` is that no webhook may go there; ``None`` where it may."""
        for each in unwrapped(address):
            if not any(each in network for network in self.allowed):
                kind = _kind(each)
                if kind:
                    return kind
        return None


def unwrapped(address: Address) -> Iterator[Address]:
    """Yield every address that is reached by way of ``address``: itself, and IPv4 ones inside IPv6."""
    if isinstance(address, IPv4Address):
        yield address
        return
    if address.ipv4_mapped:  # only another way of writing it
        yield address.ipv4_mapped
        return
    number = int(address)
    if address in _TRANSLATED or (number >> 32) & 0xFFFF_FFFF in _ISATAP:
        yield IPv4Address(number & 0xFFFF_FFFF)
    if address.sixtofour:
        yield address.sixtofour
    if address.teredo:
        yield from address.teredo
    yield address


def _kind(address: Address) -> str | None:
    """Return what is special about ``address``; ``None`` where it is an ordinary public one."""
    for is_so, kind in (
        (address.is_unspecified, "no address at all"),
        (address.is_loopback, "this machine itself"),
        (address.is_link_local, "a link-local address"),
        (address.is_multicast, "a multicast address"),
    ):
        if is_so:
            return kind
    for network, kind in _SPECIAL:
        if address in network:
            return kind
    if address.is_private:
        return "a private network"
    if address.is_reserved and address not in _TRANSLATED:
        return "reserved"
    return None
