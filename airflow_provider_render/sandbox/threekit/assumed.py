"""Everything that Threekit's documents leave open and this double had to decide. All of it is assumed.

Beside the names and numbers below:

===================== ====================================================================================
what                  how the double has it
===================== ====================================================================================
no token, wrong token 403 (a page says so of a query without a token), 401
public token          GET only, and the documented exception for items of an order
error body            ``{"message": "..."}``; 404 for ids in a path, 422 for ids in a body or query
``status`` of a job   ``pending``, ``running``, ``stopped``; a job without tasks is ``stopped``
runs                  one per task; the output comes first in ``results.files``, then stdout and stderr
file                  the same bytes under the same name are the same record, under another name another
import of a model     one asset of type model; its materials become attributes, not assets
export                ``fileId`` is left out until the file is there
``cache``             a task whose layer exists is born stopped with its file; work under way is not joined
``stageId``           without one the asset's default stage, then the organization's (White Studio)
bulk render           an attribute with listed values that no subset or configuration names spans them all
layer                 tells its renderer in ``metadata``; a render by V-Ray is another layer than by WebGL
job downloads         the job's id is ``jobId``; the answer has ``jobId``, ``job``, ``fileId`` and ``files``
import of products    answers ``{"count", "products"}`` when it waits, ``{"jobId", "job"}`` when it does not
configuration         a ``shortId`` that is taken is 422; ``attachments`` tells the ids of the files
webhook               hears of jobs or orders if its topic contains that word; the body is not signed
charges               one credit per layer that a call renders, when it is accepted; nothing is paid back
===================== ====================================================================================
"""

from __future__ import annotations

# Paths that no document shows; the pages that describe these calls leave them out.
VRAY_IMAGE = "/asset-jobs/{asset_id}/render/vray/image"
DOWNLOADS = "/asset-jobs/downloads"
CATALOG_IMPORT = "/catalog/import"
PRODUCT_EXPORT = "/products/export/{form}"
LAYER_CREATION = "/layers"
CUSTOMERS = "/customers"
JOB_CHANGE = "/jobs/{job_id}"

# Words.
RUNNING = "running"
PAUSED = "paused"
ROOT_FOLDER = "root"
HASH_PREFIX = "sha256-"
JOB_EVENTS = {"success": "job.success", "failed": "job.failed"}
ORDER_EVENT = "order.status"

# Errors: the body is an object with a message, and an empty balance is 402.
NO_CREDITS = 402

# The price of a layer; Threekit documents no credits.
LAYER_CREDITS = 1

# Largest number of layers of one asset that a call may ask for.
MOST_LAYERS = 10_000

# Calls, beside every GET, that a public token may make. A document names the first one.
PUBLIC_WRITES = (r"^/orders/[^/]+/items$",)

# These answer everybody, as a content delivery network and a load balancer's probe do.
OPEN_READS = (r"^/files/hash/[^/]+$", r"/healthcheck$", r"^/analytics/report-event$", r"^/glb/optimize$")
