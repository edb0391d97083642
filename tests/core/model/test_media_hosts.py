"""Hosts that OpenTok may be sent to, and every way to write those that it may not."""

import re

import pytest

from chalicelib.core.model.media_hosts import NOT_LISTED, NOT_PUBLIC, MediaHosts
from chalicelib.errors import InvalidField

EVERYWHERE = MediaHosts.parse(["*:*"])

PRIVATE_HOSTS = [
    # Private, loopback, link-local, shared, metadata and other special IPv4 networks.
    *("10.0.0.1", "10.255.255.255", "172.16.0.1", "172.31.255.254", "192.168.0.1"),
    "0.0.0.0",  # noqa: S104  an address to refuse
    *("127.0.0.1", "127.255.255.254", "0.0.0.255", "0.1.2.3", "100.64.0.1", "100.100.100.200"),
    *("169.254.0.1", "169.254.169.254", "169.254.170.2", "168.63.129.16", "192.0.0.192"),
    *("192.0.2.1", "198.51.100.7", "203.0.113.7", "198.18.0.1", "192.88.99.1"),
    *("224.0.0.1", "239.255.255.250", "240.0.0.1", "255.255.255.255"),
    # The same in other spellings: decimal, octal, hexadecimal, short, mixed, overflowing.
    *("2130706433", "017700000001", "0x7f000001", "0X7F000001", "0x7f.0.0.1", "127.0.0.0x1"),
    *("0177.0.0.1", "0177.0.0.01", "127.1", "127.0.1", "0", "0x", "1", "10.1", "0x7f.1"),
    *("2852039166", "0xa9fea9fe", "025177524776", "0xa9.0xfe.0xa9.0xfe", "0251.0376.0251.0376"),
    *("169.16689662", "192.11010049", "4294967297", "127.0.0.257", "1.2.3.4.5", "00127.0.0.1"),
    *("127.00.00.01", "127.000.000.001", "008.8.8.8", "0010.8.8.8", "256.1.1.1"),
    # A trailing dot, an empty label.
    *("127.0.0.1.", "127.1.", "2130706433.", "169.254.169.254.", "localhost.", "127.0.0.1.."),
    *(".", "a..test", ".page.test", "page.test.."),
    # IPv6: loopback, unspecified, link-local, unique local, site-local, multicast, metadata.
    *("[::1]", "[::]", "[0:0:0:0:0:0:0:1]", "[0000::0001]", "[fe80::1]", "[febf::1]", "[fc00::1]"),
    *("[fd00:ec2::254]", "[fd20:ce::254]", "[fec0::1]", "[ff02::1]", "[2001:db8::1]", "[100::1]"),
    # IPv6 with an IPv4 address in it: mapped, compatible, NAT64, 6to4, Teredo, ISATAP.
    *("[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[::FFFF:a9fe:a9fe]", "[::ffff:0:127.0.0.1]"),
    *("[::127.0.0.1]", "[::7f00:1]", "[::ffff:8.8.8.8]", "[::8.8.8.8]"),
    *("[64:ff9b::127.0.0.1]", "[64:ff9b::7f00:1]", "[64:ff9b:1::a9fe:a9fe]"),
    *("[2002:7f00:1::]", "[2002:a9fe:a9fe::1]", "[2001:0:7f00:1::]", "[2001::80ff:fffe]"),
    *("[2600::5efe:127.0.0.1]", "[2600::200:5efe:a00:1]", "[3fff::1]"),
    # IPv6 that is malformed, or has a zone.
    *("[::1%25eth0]", "[fe80::1%25lo]", "[::1", "::1", "[127.0.0.1]", "[]", "[[::1]]", "[::1]a"),
    # Names of the machine itself, its network, its cloud.
    *("localhost", "LOCALHOST", "a.localhost", "localhost.localdomain", "printer.local"),
    *("metadata", "instance-data", "intranet", "kubernetes", "metadata.google.internal"),
    *("METADATA.google.Internal.", "instance-data.ec2.internal", "ip-10-0-0-1.ec2.internal"),
    *("metadata.goog", "metadata.tencentyun.com", "api.svc.cluster.local", "router.lan"),
    *("nas.home", "nas.home.arpa", "wiki.corp", "wiki.intranet", "db.private"),
    # Letters that a parser may turn into others: percent, Unicode, punycode.
    *("%31%32%37.0.0.1", "127%2e0%2e0%2e1", "localhos%74", "%6cocalhost", "page.test%00.local"),
    *("\uff11\uff12\uff17.0.0.1", "\u2460\u2461\u2466.0.0.1", "127\u30020\u30020\u30021"),
    *(
        "127\uff0e0\uff0e0\uff0e1",
        "\uff4c\uff4f\uff43\uff41\uff4c\uff48\uff4f\uff53\uff54",
        "p\u00e4ge.test",
    ),
    *(
        "\u0661\u0662\u0667.0.0.1",
        "xn--8g7ccp.test",
        "xn--orhcp.test",
        "xn--mi7cdqncpe6aj.test",
        "xn--page-.test",
        "xn--ozgb.xn--127-.test",
    ),
    *("xn--127001-rr3ebb.test", "xn--127001-kn68abab.test", "xn--\u00e4.test", "xn--.test"),
    "xn--99999999.test",
    # Names that are none.
    *("", "-page.test", "page-.test", "pa_ge.test", "page.test,evil.test", "page.te$t", "a b.test"),
    *("a" * 64 + ".test", ".".join(["abcdefg"] * 33), "page.test\t", "page.test\n", "page.1test"),
]
TRICKS = [
    # Which host is meant depends on who reads it.
    "https://page.test\\@10.0.0.1/",
    "https://10.0.0.1\\@page.test/",
    "https://page.test\\.evil.test/",
    "https:\\\\page.test",
    "https:/page.test",
    "https:page.test",
    "https:///page.test/",
    "https://page.test@10.0.0.1/",
    "https://page.test:443@10.0.0.1/",
    "https://10.0.0.1@page.test@evil.test/",
    "https://10.0.0.1#@page.test/",
    "https://10.0.0.1?@page.test/",
    "https://10.0.0.1/@page.test/",
    "https://[::1]@[::1]/",
    "https://page.test:0/",
    "https://page.test:65536/",
    "https://page.test:443443/",
    "https://page.test:+443/",
    "https://page.test: 443/",
    "https://page.test:44\u0663/",
    " https://page.test",
    "https://page.test/\r\nHost: 10.0.0.1",
    "http://page.test/",
    "file:///etc/passwd",
    "ftp://page.test/",
    "gopher://page.test:443/_",
    "//page.test/",
    "rtmp://me:s3cret@10.0.0.1/app",
    "rtmp://live.test@127.1/app",
    "rtmp://me@10.0.0.1@live.test/app",
    "rtmps://[::ffff:a9fe:a9fe]:443/app",
    "wss://169.254.169.254/latest/meta-data/",
    "sip:bob@10.0.0.1",
    "sip:bob@127.1;transport=tls",
    "sip:bob@[::1]:5060",
    "sip:bob@localhost",
    "sip:bob@pbx.test@10.0.0.1",
    "sip:10.0.0.1;@pbx.test",
    "sip:10.0.0.1?@pbx.test",
    "sip:bob@pbx.test;maddr=10.0.0.1",
    "sip:bob@pbx.test;transport=tls;MADDR=10.0.0.1",
    "sip:bob@pbx.test;m%61ddr=10.0.0.1",
    "sip:bob@pbx.test?Route=%3Csip:10.0.0.1;lr%3E",
    "sip:bob@pbx.test\\10.0.0.1",
    "sip:bob@pbx.test;a=b maddr=10.0.0.1",
    "sip:bob@pbx.test;a=<10.0.0.1>",
    "sip://bob@pbx.test",
    "sip:",
    "tel:+15555550100",
]
PUBLIC = [
    "https://page.test",
    "https://page.test./",
    "HTTPS://Page.TEST:8443/board?room=standup&next=https://10.0.0.1/#top",
    "https://xn--mnchen-3ya.test/",
    "https://8.8.8.8/",
    "https://172.32.0.1/",
    "https://[2600:1f18::1]:443/",
    "wss://audio.test/in",
    "rtmp://a.rtmp.youtube.com/live2",
    "rtmps://me:pa55%2Fword@live.test:443/app?key=value",
    "sip:bob@pbx.test",
    "sip:pbx.test;transport=tls;region=ie1",
    "SIPS:+15555550100:pin@pbx.test:5061;user=phone",
    "sip:bob%40home.test@pbx.test",
]


def reason(hosts: MediaHosts, url: str) -> str | None:
    """The reason for which a URL is refused; None if it is not."""
    try:
        hosts.check("url", url)
    except InvalidField as refusal:
        ((field, reason),) = [(each.field, each.reason) for each in refusal.fields]
        assert field == "url"
        return reason
    return None


@pytest.mark.parametrize(
    "form", ["https://{}/", "wss://{}:443/in", "rtmp://me:word@{}/app", "sip:bob@{};transport=tls"]
)
def test_no_spelling_of_a_private_host_passes_even_where_every_host_is_allowed(form: str) -> None:
    reasons = {host: reason(EVERYWHERE, form.format(host)) for host in PRIVATE_HOSTS}
    assert {host for host, each in reasons.items() if each != NOT_PUBLIC} == set()


def test_a_url_that_may_be_read_in_two_ways_is_refused() -> None:
    reasons = {url: reason(EVERYWHERE, url) for url in TRICKS}
    assert {url for url, each in reasons.items() if each != NOT_PUBLIC} == set()


@pytest.mark.parametrize("url", PUBLIC)
def test_a_public_host_passes_where_every_host_is_allowed_and_nowhere_by_default(url: str) -> None:
    assert reason(EVERYWHERE, url) is None
    assert reason(MediaHosts(), url) == NOT_LISTED


@pytest.mark.parametrize(
    ("entry", "allowed", "refused"),
    [
        (
            "page.test",
            ["https://page.test/", "https://PAGE.test.:443/", "rtmp://page.test:1935/app"],
            ["https://a.page.test/", "https://page.test:8443/", "https://page.test.evil.test/"],
        ),
        ("Page.TEST.", ["https://page.test/"], ["https://notpage.test/"]),
        (
            "*.page.test",
            ["https://a.page.test/", "wss://b.a.page.test/"],
            ["https://page.test/", "https://apage.test/", "https://a.page.test:444/"],
        ),
        (
            "page.test:8443",
            ["https://page.test:8443/"],
            ["https://page.test/", "https://page.test:443/"],
        ),
        ("page.test:443", ["https://page.test/", "https://page.test:443/"], ["rtmp://page.test/"]),
        ("page.test:*", ["https://page.test:1/", "rtmp://page.test:99/"], ["https://a.test/"]),
        ("*", ["https://any.test/", "sip:bob@any.test"], ["https://any.test:8443/"]),
        ("*:8443", ["https://any.test:8443/"], ["https://any.test/"]),
        ("pbx.test", ["sip:pbx.test:5060", "sip:pbx.test:5061"], ["sips:pbx.test:5060"]),
        ("pbx.test:5061", ["sips:bob@pbx.test"], ["sip:bob@pbx.test"]),
        ("8.8.8.8", ["https://8.8.8.8/"], ["https://8.8.4.4/"]),
        ("[2600:0::1]", ["https://[2600::1]/"], ["https://[2600::2]/"]),
    ],
)
def test_an_entry_allows_its_host_and_port_alone(
    entry: str, allowed: list[str], refused: list[str]
) -> None:
    hosts = MediaHosts.parse([entry])
    assert [url for url in allowed if reason(hosts, url) is not None] == []
    assert {reason(hosts, url) for url in refused} == {NOT_LISTED}


def test_a_host_needs_to_be_in_one_of_the_entries_only() -> None:
    hosts = MediaHosts.parse(["page.test", "*.other.test"])
    assert reason(hosts, "https://a.other.test/") is None


@pytest.mark.parametrize(
    "entry",
    [
        *("10.0.0.1", "localhost", "*.local", "*.com", "page", "[::1]", "127.1", "0x7f000001"),
        *("https://page.test", "page.test/", "me@page.test", "page.*", "*page.test", "**", "*.*"),
        *("page.test:0", "page.test:99999", "page.test:", "page.test:https", "*.8.8.8.8", ":443"),
        *("*.[2600::1]", "2600::1", "pa ge.test", "p\u00e4ge.test"),
    ],
)
def test_an_entry_that_could_never_be_allowed_is_an_error(entry: str) -> None:
    with pytest.raises(ValueError, match=re.escape(entry)):
        MediaHosts.parse(["page.test", entry])
