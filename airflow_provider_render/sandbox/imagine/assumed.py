"""What the vendor's documents leave open, and what this double does there. All of this page is assumed.

* Every authenticated call of ``/v1`` costs one hit, whether it succeeds or is refused with 400 or 404; calls
  refused with 401, 403, 405 or 429 cost nothing, nor do the Zapier side, the storage and the viewer pages.
* With no hits left a call is refused with 429, whose documented reason is the best fit.
* A missing or unregistered Origin is 401, as the text says, not 403, as the table of statuses says.
* Browsers may call from any origin (CORS); whether it is registered is checked with the key.
* A path without its trailing slash is redirected to the one with it, 301, and repeated slashes count as one.
* ``mark_upload_success`` needs the model's file; a thumbnail may be missing. It may be repeated.
* A product in its grace period is missing in lists, can be neither changed nor placed, and is found by no
  other identifier than its unicode; the content calls still know it by that, since the vendor's collection
  makes them after its Delete Product. Its sku_id and gtin stay taken.
* Lists are newest first; a page that does not exist is 404.
* ``content_type`` leaves the other types out, of shared-content too, and is spelled there with or without
  ``_status``.
* A content type that is asked for again starts again unless it is in progress; silo images are added to
  those there are.
* ``Infected`` is the answer to the EICAR test file inside a model; 360 and silo then become ``Failed``.
* Archived images are missing in every list until they are restored; unknown ids are passed over.
* A product may be placed in a scene once its upload is complete.
* An unknown ``render_id`` is 404, other filters of render-images just find nothing; silo images of a content
  job are not listed there.
* All sizes and waits below.
"""

from __future__ import annotations

POST_SECONDS = 3600.0
GRACE_SECONDS = 1800.0

QUEUED_SECONDS = 20.0
PROCESSING_SECONDS = 40.0
BLENDER_SECONDS = 30.0

SILO_PIXELS = 2000
SCENE_SIZE = (1920, 1080)
SPIN_PIXELS = 1200
THUMBNAIL_SHARE = 0.2
SPIN_FRAMES = 24

ORIGIN_REFUSED = "Origin not allowed."
SCOPE_MISSING = "This API key does not have the required scope."
HITS_GONE = "Rate limit exceeded — you have reached your maximum allowed request limit."
TOO_LARGE = "The request body is too large."
NOT_FOUND = "Not found."
INVALID_PAGE = "Invalid page."
PRODUCT_NOT_FOUND = "Product not found."
RENDER_NOT_FOUND = "Render not found."
NO_IDENTIFIER = "Provide at least one of unicode, gtin, sku_id or salsify_id."
CONTENT_TYPE_UNKNOWN = "Invalid content_type."
ACTION_UNKNOWN = "Invalid action."
MODEL_MISSING = "The 3D model file has not been uploaded."
NOT_UPLOADED = "The upload of this product is not complete."
THUMBNAIL_EXTENSION = "Thumbnail must be a PNG or JPG file."
ZAPIER_REFUSED = "Invalid token."
REQUIRED = "This field is required."
CHOICE_UNKNOWN = '"{}" is not a valid choice.'
MATERIAL_UNKNOWN = "Invalid or inaccessible material_id(s): {}"
