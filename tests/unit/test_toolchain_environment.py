"""The environment of plain `pulumi`: variables, state folder, composed stack file, and the command on PATH."""

import stat
from pathlib import Path

import pytest

from samdrift.toolchain import environment, pins, plain, stackfile
from samdrift.toolchain.locate import Toolchain
from tests.unit.test_toolchain import program


class TestEnvironment:
    @pytest.fixture
    def built(self, tmp_path: Path) -> Toolchain:
        plugin = program(tmp_path / "cache" / "pulumi-resource-proxmoxve", "")
        return Toolchain(pulumi=program(tmp_path / "engine" / "pulumi", ""), version="3.256.0", plugin=plugin)

    def test_passphrase_is_made_once_and_is_its_owners(self, built: Toolchain, tmp_path: Path) -> None:
        path = Path(environment(built, tmp_path / "state", None)["PULUMI_CONFIG_PASSPHRASE_FILE"])
        before = path.read_text()
        environment(built, tmp_path / "state", None)
        assert path.read_text() == before
        assert stat.S_IMODE(path.stat().st_mode) == 0o600

    def test_path_does_not_grow_when_evaluated_twice(
        self, built: Toolchain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first = environment(built, tmp_path, None)["PATH"]
        monkeypatch.setenv("PATH", first)
        assert environment(built, tmp_path, None)["PATH"] == first

    def test_engine_finds_the_built_plugin(self, built: Toolchain, tmp_path: Path) -> None:
        home = Path(environment(built, tmp_path / "state", None)["PULUMI_HOME"])
        found = home / "plugins" / f"resource-proxmoxve-v{pins.provider().version}" / "pulumi-resource-proxmoxve"
        assert found.resolve() == built.plugin

    def test_installed_pulumi_keeps_its_own_home(self, built: Toolchain, tmp_path: Path) -> None:
        installed = Toolchain(pulumi=built.pulumi, version="3.999.0", plugin=None)
        assert "PULUMI_HOME" not in environment(installed, tmp_path, None)

    def test_organisation_keeps_its_backend_and_a_lab_never_gets_it(
        self, built: Toolchain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("PULUMI_BACKEND_URL", "s3://states")
        (tmp_path / "lab.pem").write_text("lab\n")
        assert environment(built, tmp_path, None)["PULUMI_BACKEND_URL"] == "s3://states"
        assert environment(built, tmp_path, tmp_path / "lab.pem")["PULUMI_BACKEND_URL"].startswith("file:///")

    def test_certificates_are_the_systems_and_the_labs(
        self, built: Toolchain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        system, lab = tmp_path / "system.pem", tmp_path / "lab.pem"
        system.write_text("system\n")
        lab.write_text("lab\n")
        monkeypatch.setenv("SSL_CERT_FILE", str(system))
        bundle = environment(built, tmp_path / "state", lab)["SSL_CERT_FILE"]
        assert Path(bundle).read_text() == "system\nlab\n"
        monkeypatch.setenv("SSL_CERT_FILE", bundle)
        again = Path(environment(built, tmp_path / "other", lab)["SSL_CERT_FILE"]).read_text()
        assert again.count("lab\n") == 1


class TestStackFile:
    SALT = "v1:c2FsdA==:v1:bm9uY2U=:Y2lwaGVy"

    @pytest.fixture
    def folders(self, tmp_path: Path) -> dict[str, Path]:
        folders = {name: tmp_path / name for name in ("stacks", "keys", "into")}
        for folder in folders.values():
            folder.mkdir()
        (folders["keys"] / "Pulumi.fed.hall.yaml").write_text(f"encryptionsalt: {self.SALT}\n")
        return folders

    def test_composed_file_is_the_facts_and_the_salt(self, folders: dict[str, Path]) -> None:
        facts = folders["stacks"] / "Pulumi.fed.hall.yaml"
        facts.write_text("# why\nconfig:\n  a: 1\n\n")
        composed = stackfile.compose("organization/samdrift/fed.hall", **folders)
        assert composed is not None
        assert composed.read_text() == f"# why\nconfig:\n  a: 1\nencryptionsalt: {self.SALT}\n"
        assert facts.read_text() == "# why\nconfig:\n  a: 1\n\n"

    @pytest.mark.parametrize("line", ["encryptionsalt: v1:own", "secretsprovider: hashivault://key"])
    def test_stack_file_with_its_own_key_is_read_as_it_is(self, folders: dict[str, Path], line: str) -> None:
        (folders["stacks"] / "Pulumi.fed.hall.yaml").write_text(f"{line}\n")
        assert stackfile.compose("fed.hall", **folders) is None

    def test_stack_without_a_key_here_is_left_to_the_engine(self, folders: dict[str, Path]) -> None:
        assert stackfile.compose("fed.other", **folders) is None


class TestPlain:
    @pytest.mark.parametrize(
        ("line", "command", "stack"),
        [
            ("up -s fed.hall -y", "up", "fed.hall"),
            ("-C . --color never preview --stack=fed.hall", "preview", "fed.hall"),
            ("destroy -sfed.hall", "destroy", "fed.hall"),
            ("--stack up refresh", "refresh", "up"),
            ("stack output --show-secrets -s fed.hall", "stack", "fed.hall"),
            ("up", "up", ""),
            ("version", "version", ""),
        ],
    )
    def test_command_line(self, line: str, command: str, stack: str) -> None:
        call = plain.read(line.split())
        assert (call.command, call.stack) == (command, stack)

    def test_other_projects_are_not_ours(self, tmp_path: Path) -> None:
        (tmp_path / "Pulumi.yaml").write_text("name: other\n")
        assert not plain.is_ours(tmp_path, pins.REPOSITORY)
        assert plain.is_ours(pins.REPOSITORY / "platform", pins.REPOSITORY)
