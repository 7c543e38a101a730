"""Admin of nodes and duties: only for who runs the site, as they tell about its machines.

web/admin.py registers NodeAdmin, joined with the streams that nodes hold.
"""

from snapplatform.cluster.admin import duties
from snapplatform.cluster.admin.nodes import NodeAdmin

__all__ = ["NodeAdmin", "duties"]
