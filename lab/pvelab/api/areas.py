"""All areas' handlers in one table."""

from pvelab.api.access.routes import router as access
from pvelab.api.backup.dump import router as dump
from pvelab.api.backup.routes import router as backup
from pvelab.api.cluster.routes import router as cluster
from pvelab.api.firewall.naming import router as naming
from pvelab.api.firewall.routes import router as firewall
from pvelab.api.ha.routes import router as ha
from pvelab.api.lxc.create import router as create
from pvelab.api.lxc.power import router as power
from pvelab.api.lxc.routes import router as lxc
from pvelab.api.nodes.routes import router as nodes
from pvelab.api.pools.routes import router as pools
from pvelab.api.router import Handler
from pvelab.api.sdn.routes import router as sdn
from pvelab.api.storage.routes import router as storage
from pvelab.api.tasks.routes import router as tasks
from pvelab.schema import facts

_AREAS = (access, backup, cluster, create, dump, firewall, ha, lxc, naming, nodes, pools, power, sdn, storage, tasks)

HANDLERS: dict[tuple[str, str], Handler] = {key: handler for area in _AREAS for key, handler in area.handlers.items()}
"""(verb, path template) -> handler."""

_unknown = [key for key in HANDLERS if key[0] not in facts.load().get(key[1], {})]
if _unknown:
    raise RuntimeError(f"handlers for methods that the API does not have: {_unknown}")
