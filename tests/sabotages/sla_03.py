"""Sabotages of SLA-03: figures that are better than what people had."""

import json
import time
from collections.abc import Iterator

from samdrift.compliance.sabotage import sabotage
from samdrift.compliance.target import Target
from tests.checks.alarm import HOST
from tests.checks.host import changed, run
from tests.sabotages.hand import scene_of

FACTS, PROGRAM = "/etc/samdrift/monitor.json", "/usr/local/sbin/samdrift-record"
RECORDER = "samdrift-record.service"
SAMPLES = "/var/lib/samdrift-samples"
SWAP = """
import pathlib, sys
path, old, new = sys.argv[1:]
text = pathlib.Path(path).read_text()
assert text.count(old) == 1, f"{path} holds the line {text.count(old)} times"
with open(path, "r+") as file:  # in place: the recorder goes on at the end, and old and new are of one length
    file.seek(len(text[:text.index(old)].encode()))
    file.write(new)
"""


def all_at_the_next_one(text: str) -> str:
    """The monitor's facts with each member's sites at the addresses of the next member's."""
    found = json.loads(text)
    members = found["members"]
    addresses = [[site["address"] for site in member["sites"]] for member in members]
    for number, member in enumerate(members):
        for site, address in zip(member["sites"], addresses[(number + 1) % len(members)], strict=True):
            site["address"] = address
    return json.dumps(found)


@sabotage(requirement="SLA-03", name="measured-at-another-member")
def measured_at_another_member(target: Target) -> Iterator[None]:
    """A line too many in a list of addresses."""
    with scene_of(target) as scene, changed(scene, HOST, FACTS, all_at_the_next_one, unit=RECORDER):
        yield


@sabotage(requirement="SLA-03", name="failures-not-kept")
def failures_not_kept(target: Target) -> Iterator[None]:
    """Only what is good is worth a line."""
    with (
        scene_of(target) as scene,
        changed(scene, HOST, PROGRAM, lambda text: text.replace('"down": down}', '"down": {}}'), unit=RECORDER),
    ):
        yield


@sabotage(requirement="SLA-03", name="sample-edited")
def sample_edited(target: Target) -> Iterator[None]:
    """One sample of today gets another moment, which then nobody misses."""
    with scene_of(target) as scene:
        day = f"{SAMPLES}/{time.strftime('%Y-%m-%d', time.gmtime())}.jsonl"
        right = next(line for line in run(scene, HOST, "tail", "-n", "20", day).splitlines() if '"sample"' in line)
        wrong = right.replace('"sample"', '"simple"')
        run(scene, HOST, "python3", "-c", SWAP, day, right, wrong)
        try:
            yield
        finally:
            run(scene, HOST, "python3", "-c", SWAP, day, wrong, right)
