"""Where webhooks may go: public addresses only, unless the settings say otherwise."""

import ipaddress
import socket

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gaita_adapters.channels.not_taken import NotTaken
from gaita_adapters.channels.webhook_address import AddressCheck, ForbiddenAddress, target_of


class Names:
    """A resolver that knows what it is told, and counts how often it is asked."""

    def __init__(self, *addresses: str) -> None:
        self.addresses = addresses
        self.asked: list[tuple[str, int]] = []

    def __call__(self, host: str, port: int) -> list[str]:
        self.asked.append((host, port))
        return list(self.addresses)


class NoNames:
    """A resolver that finds nothing."""

    def __call__(self, host: str, port: int) -> list[str]:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")


def check(*addresses: str, allow: tuple[str, ...] = ()) -> tuple[str, ...]:
    allowed = tuple(ipaddress.ip_network(each) for each in allow)
    return AddressCheck(allowed, Names(*addresses)).addresses(target_of("https://receiver.example/"))


@pytest.mark.parametrize(
    "address",
    [
        "93.184.215.14",
        "8.8.8.8",
        "2606:2800:21f:cb07:6820:80da:af6b:8b2c",
        "::ffff:8.8.8.8",
        "64:ff9b::808:808",
    ],
)
def test_a_public_address_is_one_to_go_to(address: str) -> None:
    assert check(address) == (address,)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "127.8.9.1",
        "0.0.0.0",
        "0.1.2.3",
        "10.0.0.1",
        "172.16.0.1",
        "172.31.255.255",
        "192.168.1.1",
        "169.254.169.254",
        "100.64.0.1",
        "100.127.255.254",
        "192.0.0.8",
        "192.0.2.1",
        "198.18.0.1",
        "224.0.0.1",
        "239.1.1.1",
        "240.0.0.1",
        "255.255.255.255",
        "::",
        "::1",
        "fe80::1",
        "fe80::1%eth0",
        "fc00::1",
        "fd12:3456::1",
        "fec0::1",
        "ff02::1",
        "2001:db8::1",
        "100::1",
        "::ffff:127.0.0.1",
        "::ffff:10.0.0.1",
        "::ffff:169.254.169.254",
        "::ffff:0:127.0.0.1",
        "::127.0.0.1",
        "::10.0.0.1",
        "2002:808:808::",
        "2002:7f00:1::",
        "2002:a00:1::1",
        "2001:0:7f00:1::1",
        "2001:0:4136:e378:8000:63bf:f5ff:fffe",
        "64:ff9b::7f00:1",
        "64:ff9b::a9fe:a9fe",
        "64:ff9b:1::808:808",
        "2a00:1450::5efe:10.0.0.1",
        "2a00:1450::200:5efe:127.0.0.1",
    ],
)
def test_what_is_not_public_is_refused_however_it_is_written(address: str) -> None:
    with pytest.raises(ForbiddenAddress, match="public addresses only"):
        check(address)


def test_one_forbidden_address_among_several_is_enough() -> None:
    with pytest.raises(ForbiddenAddress, match=r"10\.0\.0\.1, is a private network"):
        check("8.8.8.8", "10.0.0.1")


@pytest.mark.parametrize(
    ("address", "allow"),
    [
        ("10.0.0.1", "10.0.0.0/8"),
        ("::ffff:10.0.0.1", "10.0.0.0/8"),
        ("127.0.0.1", "127.0.0.1/32"),
        ("64:ff9b::a00:1", "10.0.0.0/8"),
        ("fd00::1", "fd00::/8"),
        ("100.64.0.1", "100.64.0.0/10"),
    ],
)
def test_a_network_can_be_allowed(address: str, allow: str) -> None:
    assert check(address, allow=("192.168.7.0/24", allow)) == (address,)


def test_a_network_that_is_allowed_allows_no_other() -> None:
    with pytest.raises(ForbiddenAddress):
        check("192.168.1.1", allow=("10.0.0.0/8", "::/0"))
    with pytest.raises(ForbiddenAddress):
        check("2002:a00:1::1", allow=("2002::/16",))


@pytest.mark.parametrize("host", ["2130706433", "0x7f.1", "127.1", "0177.0.0.1", "localhost"])
def test_this_machine_is_known_by_its_other_names(host: str) -> None:
    with pytest.raises(ForbiddenAddress, match="this machine itself"):
        AddressCheck().addresses(target_of(f"https://{host}/"))


def test_a_host_without_an_address_is_tried_again() -> None:
    with pytest.raises(NotTaken, match=r"receiver\.example cannot be resolved: Name or service not known"):
        AddressCheck((), NoNames()).addresses(target_of("https://receiver.example/"))
    with pytest.raises(NotTaken, match="no address"):
        check()


@pytest.mark.parametrize(
    ("url", "host", "authority", "path"),
    [
        ("https://receiver.example", "receiver.example", "receiver.example", "/"),
        ("https://Receiver.Example:8443/a?b=c#d", "receiver.example", "receiver.example:8443", "/a?b=c"),
        ("https://[2001:db8::1]:444/x", "2001:db8::1", "[2001:db8::1]:444", "/x"),
        ("https://bērziņš.example/ā", "xn--brzi-bva32apg.example", "xn--brzi-bva32apg.example", "/%C4%81"),
        ("https://a.example/x%2Fy?ķ", "a.example", "a.example", "/x%2Fy?%C4%B7"),
    ],
)
def test_a_url_is_taken_apart(url: str, host: str, authority: str, path: str) -> None:
    target = target_of(url)
    assert (target.host, target.authority, target.path) == (host, authority, path)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "receiver.example",
        "ftp://receiver.example/",
        "file:///etc/passwd",
        "https://",
        "https:///x",
        "https://a.example:0/",
        "https://a.example:99999/",
        "https://a.example:x/",
        "https://[::1/",
        "https://[fe80::1%25eth0]/",
        "https://a..example/",
        "https://a.example/\r\nHost: b",
        "https://a.example\\@b.example/",
        " https://a.example/",
        "https://user:pass@a.example/",
        "https://user@a.example/",
        "http://a.example/",
    ],
)
def test_what_is_no_usable_url_is_refused_without_being_repeated(url: str) -> None:
    with pytest.raises(ValueError, match=r"https URL") as raised:
        target_of(url)
    assert len(url) < 10 or url not in str(raised.value)


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_is_judged_alike_however_it_is_wrapped(address: ipaddress.IPv4Address) -> None:
    number = int(address)
    wrapped = [
        ipaddress.IPv6Address((0xFFFF << 32) | number),
        ipaddress.IPv6Address((0x64FF9B << 96) | number),
        ipaddress.IPv6Address((0x2A001450 << 96) | (0x5EFE << 32) | number),
    ]
    refused = AddressCheck().refusal(address) is not None
    assert {AddressCheck().refusal(each) is not None for each in wrapped} == {refused}


def test_http_is_taken_where_it_is_allowed() -> None:
    assert str(target_of("http://a.example:80/secret", allow_http=True)) == "http://a.example"
    assert "secret" not in repr(target_of("http://a.example:80/secret", allow_http=True))
