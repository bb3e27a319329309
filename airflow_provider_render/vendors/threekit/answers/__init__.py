"""What Threekit answers, as typed values, by service.

The models are tolerant: fields that another version of a service adds are kept in ``model_extra``, and
fields that it leaves out are None or empty. Attributes are in snake case, ``fileId`` is ``file_id``.
"""

from __future__ import annotations
