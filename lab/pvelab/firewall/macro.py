"""Proxmox VE's firewall macros as data: name -> services, in its own port notation (`a:b` is a range).

Source: the table in the appendix "Firewall Macro Definitions" of the Proxmox VE administration guide.
"""

Service = tuple[str, str | None]
"""Protocol and destination ports; for `icmp`/`icmpv6` the message type; None: any."""


def _both(ports: str) -> tuple[Service, ...]:
    return (("tcp", ports), ("udp", ports))


def _tcp(ports: str) -> tuple[Service, ...]:
    return (("tcp", ports),)


def _udp(ports: str) -> tuple[Service, ...]:
    return (("udp", ports),)


_PING: tuple[Service, ...] = (("icmp", "echo-request"), ("icmpv6", "echo-request"))

MACROS: dict[str, tuple[Service, ...]] = {
    "Amanda": (*_udp("10080"), *_tcp("10080")),
    "Auth": _tcp("113"),
    "BGP": _tcp("179"),
    "BitTorrent": (*_tcp("6881:6889"), *_udp("6881")),
    "BitTorrent32": (*_tcp("6881:6999"), *_udp("6881")),
    "Ceph": (*_tcp("6789"), *_tcp("3300"), *_tcp("6800:7300")),
    "CVS": _tcp("2401"),
    "Citrix": (*_tcp("1494"), *_udp("1604"), *_tcp("2598")),
    "DAAP": _both("3689"),
    "DCC": _tcp("6277"),
    "DHCPfwd": _udp("67:68"),
    "DHCPv6": (*_udp("546:547"),),
    "DNS": (*_udp("53"), *_tcp("53")),
    "Distcc": _tcp("3632"),
    "FTP": _tcp("21"),
    "Finger": _tcp("79"),
    "GRE": (("gre", None),),
    "Git": _tcp("9418"),
    "HKP": _tcp("11371"),
    "HTTP": _tcp("80"),
    "HTTP/3": _udp("443"),
    "HTTPS": _tcp("443"),
    "ICPV2": _udp("3130"),
    "IMAP": _tcp("143"),
    "IMAPS": _tcp("993"),
    "IPIP": (("ipencap", None),),
    "IPsec": (*_udp("500"), ("esp", None)),
    "IPsecah": (*_udp("500"), ("ah", None)),
    "IPsecnat": (*_udp("500"), *_udp("4500"), ("esp", None)),
    "IRC": _tcp("6667"),
    "Jetdirect": _tcp("9100"),
    "L2TP": _udp("1701"),
    "LDAP": _tcp("389"),
    "LDAPS": _tcp("636"),
    "MDNS": _udp("5353"),
    "MSSQL": _tcp("1433"),
    "Mail": (*_tcp("25"), *_tcp("465"), *_tcp("587")),
    "Munin": _tcp("4949"),
    "MySQL": _tcp("3306"),
    "NNTP": _tcp("119"),
    "NNTPS": _tcp("563"),
    "NTP": _udp("123"),
    "NeighborDiscovery": (
        ("icmpv6", "router-solicitation"),
        ("icmpv6", "router-advertisement"),
        ("icmpv6", "neighbor-solicitation"),
        ("icmpv6", "neighbor-advertisement"),
    ),
    "OSPF": (("ospf", None),),
    "OpenVPN": _udp("1194"),
    "PBS": _tcp("8007"),
    "PMG": _tcp("8006"),
    "POP3": _tcp("110"),
    "POP3S": _tcp("995"),
    "PPtP": (("gre", None), *_tcp("1723")),
    "Ping": _PING,
    "PostgreSQL": _tcp("5432"),
    "Printer": _tcp("515"),
    "RDP": _tcp("3389"),
    "RIP": _udp("520"),
    "RNDC": _tcp("953"),
    "Razor": _tcp("2703"),
    "Rdate": _tcp("37"),
    "Rsync": _tcp("873"),
    "SANE": _tcp("6566"),
    "SMB": (*_udp("135,445"), *_udp("137:139"), *_tcp("135,139,445")),
    "SMTP": _tcp("25"),
    "SMTPS": _tcp("465"),
    "SNMP": (*_udp("161:162"), *_tcp("161")),
    "SPAMD": _tcp("783"),
    "SPICEproxy": _tcp("3128"),
    "SSH": _tcp("22"),
    "SVN": _tcp("3690"),
    "Squid": _tcp("3128"),
    "Submission": _tcp("587"),
    "Syslog": _both("514"),
    "TFTP": _udp("69"),
    "Telnet": _tcp("23"),
    "Telnets": _tcp("992"),
    "Time": _tcp("37"),
    "Trcrt": (*_udp("33434:33524"), *_PING),
    "VNC": _tcp("5900:5999"),
    "VXLAN": _udp("4789"),
    "Web": (*_tcp("80"), *_tcp("443")),
    "Webcache": _tcp("8080"),
    "WireGuard": _udp("51820"),
    "Webmin": _tcp("10000"),
    "Whois": _tcp("43"),
}


def find(name: str) -> tuple[str, tuple[Service, ...]] | None:
    """A macro by its name in any case: its proper name and its services.

    >>> find("ssh")
    ('SSH', (('tcp', '22'),))
    """
    for proper, services in MACROS.items():
        if proper.lower() == name.lower():
            return proper, services
    return None
