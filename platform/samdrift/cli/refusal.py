"""Turn the errors that a verb expects into what a person needs: what failed, why, the log, the next step."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from samdrift.cli.console import fail


@contextmanager
def explained(*, then: str, headline: str = "") -> Iterator[None]:
    """End the verb with a sentence for each error that its parts raise; anything else is a fault and stays one.

    `then` is the next step. Mistakes in records are told as the stack files', unless a `headline` says whose they are.
    """
    from samdrift.check import CheckError
    from samdrift.compliance.target import NotALab
    from samdrift.deploy import DeployError
    from samdrift.drift import DriftError
    from samdrift.engine import EngineError
    from samdrift.federation.mistake import LoadError
    from samdrift.federation.record import UnknownStack
    from samdrift.lab import LabError
    from samdrift.rollout import RolloutError
    from samdrift.standard.catalogue import StandardError
    from samdrift.state import StateError
    from samdrift.toolchain import ToolchainError

    try:
        yield
    except LoadError as error:
        if headline:
            fail(headline, why=str(error), then=then)
        fail("The stack files have mistakes; nothing was changed", why=str(error), then="mend them; samdrift check")
    except EngineError as error:
        fail("The engine's run failed", why=str(error), log=str(error.log), then=then)
    except (CheckError, DeployError, DriftError, RolloutError, StandardError, StateError, UnknownStack) as error:
        fail(str(error), then=then)
    except NotALab as error:
        fail("Only a lab may be broken, and this is none", why=str(error), then=then)
    except LabError as error:
        fail("The lab did not do it", why=str(error), then="samdrift lab status")
    except ToolchainError as error:
        fail("There is no engine", why=str(error))
    except KeyboardInterrupt:
        fail("Interrupted", then="run the same command again: it goes on from there", code=130)
