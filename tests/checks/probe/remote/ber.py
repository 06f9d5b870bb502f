"""Just enough of ASN.1's basic encoding to speak LDAP and Kerberos."""

from collections.abc import Iterator


def wrap(tag: int, *parts: bytes) -> bytes:
    """Return one element of definite length.

    >>> wrap(0x30, number(1)).hex()
    '3003020101'
    """
    content = b"".join(parts)
    size = len(content)
    if size < 128:
        return bytes([tag, size]) + content
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + content


def number(value: int, tag: int = 0x02) -> bytes:
    """Return an integer (or enumeration) of at most 32 bits, not negative."""
    return wrap(tag, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def text(value: str, tag: int = 0x04) -> bytes:
    """Return an octet string."""
    return wrap(tag, value.encode())


def elements(content: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield (tag, content) of the elements that follow each other; ends quietly at what is cut off."""
    at = 0
    while at + 2 <= len(content):
        tag, size, at = content[at], content[at + 1], at + 2
        if size & 0x80:
            more = size & 0x7F
            size, at = int.from_bytes(content[at : at + more], "big"), at + more
        if at + size > len(content):
            return
        yield tag, content[at : at + size]
        at += size
