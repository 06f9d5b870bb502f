"""What `base` must know of a host."""

from __future__ import annotations

from dataclasses import dataclass, field

from roles.operations.setting import NAME, require, require_addresses, require_certificates, require_domain


@dataclass(frozen=True)
class Settings:
    """Facts of one host; lists as they come from JSON."""

    fqdn: str
    authorized_keys: list[str]
    nameservers: list[str]
    search: str
    time_servers: list[str]
    addresses: list[str] = field(default_factory=list)
    """The host's own addresses under which its name is known; none: the loopback address Debian uses."""
    trusted: list[str] = field(default_factory=list)
    """The federation's own authorities: certificates in PEM. While the root is replaced there are two."""
    packages_proxy: str | None = None
    timezone: str = "Europe/Stockholm"
    locale: str = "sv_SE.UTF-8"
    admin: str = "drift"
    """The administrator's account; `drift` is Swedish for operation."""
    sets_clock: bool = False
    """False: a container shares its node's clock and may not set it; chrony then only watches and serves."""
    journal_size: str = "200M"
    """Enough for weeks of a quiet host, little enough for a small guest's disk."""

    def __post_init__(self) -> None:
        """Refuse what would lock the engineer out or leave the host without names or time."""
        require_domain("base.fqdn", self.fqdn)
        require_domain("base.search", self.search)
        require_addresses("base.nameservers", self.nameservers)
        require_addresses("base.addresses", self.addresses)
        require(bool(self.nameservers), "base.nameservers", self.nameservers, "at least one address is needed")
        require(bool(self.authorized_keys), "base.authorized_keys", self.authorized_keys, "at least one key is needed")
        for key in self.authorized_keys:
            known = key.startswith(("ssh-ed25519 ", "ecdsa-sha2-", "sk-ssh-", "sk-ecdsa-", "ssh-rsa "))
            require(known and "\n" not in key, "base.authorized_keys", key, "one line of a public SSH key is accepted")
        require_certificates("base.trusted", self.trusted)
        require(self.locale.endswith(".UTF-8"), "base.locale", self.locale, "a UTF-8 locale is accepted")
        require(bool(NAME.fullmatch(self.admin)) and self.admin != "root", "base.admin", self.admin, "not root")
        proxy = self.packages_proxy
        require(
            proxy is None or proxy.startswith("http://"), "base.packages_proxy", proxy, "http://ADDRESS:PORT or none"
        )

    @property
    def name(self) -> str:
        """The host's short name."""
        return self.fqdn.split(".", 1)[0]
