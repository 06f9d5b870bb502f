"""What of the API the lab answers, counted from the schema and the handlers."""

from collections.abc import Iterator

from pvelab.api.areas import HANDLERS
from pvelab.schema import facts

_VERBS = ("GET", "POST", "PUT", "DELETE")


def lines(*, markdown: bool) -> Iterator[str]:
    """One line per path that has at least one supported method, then the count. Lower case: 501."""
    if markdown:
        yield "| path | supported | 501 |"
        yield "| --- | --- | --- |"
    supported = total = 0
    for template, verbs in sorted(facts.load().items()):
        here = [verb for verb in _VERBS if (verb, template) in HANDLERS]
        missing = [verb for verb in _VERBS if verb in verbs and verb not in here]
        supported, total = supported + len(here), total + len(verbs)
        if markdown and here:
            yield f"| `{template}` | {' '.join(here)} | {' '.join(missing)} |"
        elif not markdown:
            yield f"{template:70} {' '.join([*here, *(verb.lower() for verb in missing)])}"
    yield ""
    yield f"{supported} of the {total} methods in the schema; every other method and path answers 501."
