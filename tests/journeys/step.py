"""Steps that more than one journey takes."""

from tests.checks import post
from tests.checks.scene import Scene


def signs_in(scene: Scene, workplace: str, one: post.Person) -> bool:
    """Whether the person gets a session at the workplace."""
    told = scene.station(workplace).ask("sign_in.attempt", user=one.name, password=one.password, patience=90.0)
    return bool(told["step"] == "signed in")
