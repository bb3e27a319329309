"""Everything that Threekit's documents leave open and this double had to decide. All of it is assumed."""

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

# Largest number of layers that one call may ask for.
MOST_LAYERS = 10_000

# Calls, beside every GET, that a public token may make. A document names the first one.
PUBLIC_WRITES = (r"^/orders/[^/]+/items$",)

# These answer everybody, as a content delivery network and a load balancer's probe do.
OPEN_READS = (r"^/files/hash/[^/]+$", r"/healthcheck$", r"^/analytics/report-event$", r"^/glb/optimize$")
