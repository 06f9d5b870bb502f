"""The toolchain without building it: pins, cache, Go, and which Pulumi is used."""

import fcntl
import importlib.metadata
import os
import shutil
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from samdrift.toolchain import ToolchainError, build, go, locate, pins
from samdrift.toolchain import ensure as ensure_toolchain
from samdrift.toolchain.locate import Toolchain


def program(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(textwrap.dedent(text))
    path.chmod(0o755)
    return path


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    return tmp_path / "cache" / "samdrift" / "toolchain"


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is all of PATH."""
    folder = tmp_path / "tools"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    return folder


class TestPins:
    def test_engine_is_the_release_of_the_python_sdk(self) -> None:
        assert pins.engine().version == pins.python_pin("pulumi") == importlib.metadata.version("pulumi")

    def test_provider_is_the_release_of_the_python_package(self) -> None:
        assert pins.provider().version == importlib.metadata.version("pulumi-proxmoxve")

    def test_provider_links_the_sdk_of_the_engine(self) -> None:
        """A provider with an older SDK would lack what the engine may ask for."""
        module = "github.com/pulumi/pulumi/sdk/v3"
        assert pins.required_module(pins.SOURCES / "provider" / "go.mod", module) == pins.engine().version

    def test_any_changed_byte_of_the_sources_is_another_build(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        shutil.copytree(pins.SOURCES, tmp_path / "toolchain")
        monkeypatch.setattr(pins, "SOURCES", tmp_path / "toolchain")
        before = pins.provider().digest
        assert pins.provider().digest == before
        (tmp_path / "toolchain" / "provider" / "main.go").open("a").write("\n")
        assert pins.provider().digest != before

    @pytest.mark.parametrize(
        ("older", "newer"), [("3.9.0", "3.256.0"), ("go1.19", "1.26.0"), ("v3.256.0", "3.256.1"), ("0", "3.256.0")]
    )
    def test_versions_compare_as_numbers(self, older: str, newer: str) -> None:
        assert pins.numbers(older) < pins.numbers(newer)


BUILDER = """
    import sys, time
    from pathlib import Path
    from samdrift.toolchain import build, pins

    def compile_part(part, into, progress):
        Path(sys.argv[1]).open("a").write("built\\n")
        time.sleep(1)
        for name in part.files:
            (into / name).write_text("")
            (into / name).chmod(0o755)

    print(build.build(pins.engine(), lambda line: print(line, file=sys.stderr), compile_part))
"""


class TestBuild:
    def test_two_processes_at_once_build_once(self, cache: Path, tmp_path: Path) -> None:
        script, count = program(tmp_path / "builder.py", BUILDER), tmp_path / "count"
        command = [sys.executable, str(script), str(count)]
        variables = {**os.environ, "PYTHONPATH": str(pins.REPOSITORY / "platform")}
        pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        started = [subprocess.Popen(command, env=variables, text=True, **pipes) for _ in range(2)]  # type: ignore[call-overload]
        answers = [process.communicate(timeout=30) for process in started]
        assert [process.returncode for process in started] == [0, 0]
        assert count.read_text() == "built\n"
        assert {output for output, _ in answers} == {f"{build.folder(pins.engine())}\n"}
        assert "another process is building it" in "".join(errors for _, errors in answers)

    def test_lock_outlives_a_killed_builder_while_its_go_runs(self, cache: Path, tools: Path, tmp_path: Path) -> None:
        """Else a second builder would empty the folder in which the orphan still writes."""
        started, gate = tmp_path / "started", tmp_path / "gate"
        os.mkfifo(gate)
        program(
            tools / "go", f"#!/bin/sh\n[ $1 = env ] && echo go{pins.go_needed()} && exit\n: >{started}\n: <{gate}\n"
        )
        script = "from samdrift.toolchain import build, pins; build.build(pins.engine(), print)"
        variables = {**os.environ, "PYTHONPATH": str(pins.REPOSITORY / "platform")}
        with subprocess.Popen([sys.executable, "-c", script], env=variables, stdout=subprocess.DEVNULL) as builder:
            while not started.exists():
                time.sleep(0.05)
            builder.kill()
        with (cache / "engine.lock").open("w") as lock:
            with pytest.raises(BlockingIOError):
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            gate.write_text("")
            fcntl.flock(lock, fcntl.LOCK_EX)

    def test_interrupted_build_is_not_taken_for_a_finished_one(self, cache: Path) -> None:
        def interrupt(part: pins.Part, into: Path, progress: build.Progress) -> None:
            program(into / part.files[0], "")
            raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            build.build(pins.engine(), print, interrupt)
        assert not build.is_built(pins.engine())
        assert not build.folder(pins.engine()).exists()

    def test_finished_part_is_not_built_again(self, cache: Path) -> None:
        for name in pins.engine().files:
            program(build.folder(pins.engine()) / name, "")

        def refuse(part: pins.Part, into: Path, progress: build.Progress) -> None:
            pytest.fail("built again")

        assert build.build(pins.engine(), print, refuse) == build.folder(pins.engine())


class TestGo:
    def test_missing_go_is_one_sentence(self, cache: Path, tools: Path) -> None:
        with pytest.raises(
            ToolchainError, match=r"^Neither `pulumi` nor `go` is installed: install Go 1\.\S+ or newer"
        ):
            ensure_toolchain(print)

    def test_old_go_is_one_sentence(self, cache: Path, tools: Path) -> None:
        program(tools / "go", "#!/bin/sh\necho go1.19.8\n")
        with pytest.raises(ToolchainError, match=r"too old \(1\.19\.8\).*install Go 1\.\S+ or newer") as error:
            ensure_toolchain(print)
        assert "\n" not in str(error.value)

    def test_failed_build_says_its_last_words_and_where_the_log_is(
        self, cache: Path, tools: Path, tmp_path: Path
    ) -> None:
        script = (
            f'#!/bin/sh\n[ "$1" = env ] && echo go{pins.go_needed()} && exit\necho no space left on device\nexit 1\n'
        )
        program(tools / "go", script)
        with pytest.raises(ToolchainError, match=r"engine failed.*engine\.log: no space left on device$"):
            ensure_toolchain(print)
        assert "no space left" in (cache / "engine.log").read_text()

    def test_progress_counts_packages(self, tmp_path: Path, tools: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(go, "EVERY", 0.1)
        said: list[str] = []
        script = "#!/bin/sh\necho go: downloading example.org/a v1.0.0\necho example.org/a\necho example.org/b\n"
        program(
            tools / "go", script.replace("#!/bin/sh\n", f'#!/bin/sh\n[ "$1" = env ] && echo go{pins.go_needed()}\n')
        )
        go.Run("engine", log=tmp_path / "log", progress=said.append)("build", folder=tmp_path)
        assert said[-1].startswith("engine: 1 modules fetched, 2 packages compiled, 0 min")


class TestInstalled:
    def install(self, folder: Path, version: str, *, host: bool = True) -> Path:
        if host:
            program(folder / "pulumi-language-python", "")
        return program(folder / "pulumi", f"#!/bin/sh\necho v{version}\n")

    def test_new_enough_pulumi_is_used_and_nothing_is_built(self, cache: Path, tools: Path) -> None:
        pulumi = self.install(tools, "3.999.0")
        assert ensure_toolchain(pytest.fail) == Toolchain(pulumi=pulumi, version="3.999.0", plugin=None)

    @pytest.mark.parametrize(("version", "host"), [("3.100.0", True), ("3.999.0", False)])
    def test_older_or_incomplete_pulumi_is_not_used(self, cache: Path, tools: Path, version: str, host: bool) -> None:
        self.install(tools, version, host=host)
        assert locate.installed() is None

    def test_own_shim_is_not_taken_for_an_installed_pulumi(self, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """Else a second `samdrift env` in the same shell would find the first one's."""
        monkeypatch.setenv("PATH", str(locate.SHIMS))
        assert locate.SHIMS / "pulumi" not in list(locate.candidates())

    def test_shim_of_another_checkout_is_not_either(self, cache: Path, tools: Path) -> None:
        shutil.copy(locate.SHIMS / "pulumi", tools)
        assert list(locate.candidates()) == []
