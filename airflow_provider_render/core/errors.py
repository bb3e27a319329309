"""Every error of this package, as one tree.

::

    RenderError
    ├── RenderInputError            before anything was sent: nothing happened, nothing was spent
    │   ├── ConnectionConfigError   the Airflow connection lacks something or contradicts itself
    │   ├── SettingsError           a render setting is unknown, of the wrong type or out of range
    │   ├── ModelFileError          a model file is missing, empty, damaged, too large or of a foreign type
    │   ├── CatalogError            the catalog cannot be read, or a row of it is broken
    │   ├── OutputError             the output folder cannot be written, or holds something foreign
    │   └── BudgetError             the plan costs more than it may
    └── VendorError                 after something was sent
        ├── AuthError               the vendor refuses the credentials; a retry will not help
        ├── OutOfCreditsError       the account cannot pay; nothing was charged
        ├── RejectedError           the vendor refuses the request as such; a retry will not help
        │   ├── NotFoundError       the vendor does not know the thing
        │   └── QuotaError          a quota is used up that no waiting of minutes restores
        ├── RateLimitedError        too many requests; nothing happened, later it may work
        ├── UnavailableError        the vendor cannot be reached or answers 5xx
        ├── UnexpectedAnswerError   an answer that is not what the vendor documents
        ├── DownloadError           a file did not arrive whole
        ├── OutcomeUnknownError     a call that must not be repeated got no clear answer
        ├── AmbiguousSubmitError    an earlier submit was cut off and the vendor cannot tell what became of it
        ├── RenderFailedError       the vendor ended a render without a result
        └── RenderTimeoutError      the renders were not done by the deadline
"""

from __future__ import annotations

from typing import ClassVar


class RenderError(Exception):
    """Base of every error of this package."""


class RenderInputError(RenderError, ValueError):
    """Wrong input, found before anything was sent: nothing happened and nothing was spent."""


class ConnectionConfigError(RenderInputError):
    """The Airflow connection lacks something or contradicts itself."""


class SettingsError(RenderInputError):
    """A render setting is unknown, of the wrong type or out of range."""


class ModelFileError(RenderInputError):
    """A model file is missing, empty, damaged, too large or of a type the vendor does not take."""


class CatalogError(RenderInputError):
    """The catalog cannot be read, or a row of it is broken; the message names the row."""


class OutputError(RenderInputError):
    """The output folder cannot be read or written, or holds something that is not this package's.

    Unlike its siblings it may come after something was paid; what was paid is in the state, and is kept.
    """


class BudgetError(RenderInputError):
    """The planned renders cost more than the budget or the account allows."""


class TaskEndedError(RenderError):
    """The task was told to end, so nothing more is paid; what was submitted is in the state, and is kept."""


class VendorError(RenderError):
    """Something went wrong after a request was sent to the vendor.

    :param message: what happened, in one sentence, without secrets.
    :param status: HTTP status of the answer, if there was one.
    :param code: the vendor's own error code, if it gave one.
    :param retry_after: seconds the vendor asked to wait, if it did.
    :param happened: False when the vendor said, or the transport proves, that the call had no effect;
        None when nobody can tell.
    """

    transient: ClassVar[bool] = False

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        code: str | None = None,
        retry_after: float | None = None,
        happened: bool | None = False,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.retry_after = retry_after
        self.happened = happened


class AuthError(VendorError):
    """The vendor refuses the credentials (401, 403); a retry will not help."""


class OutOfCreditsError(VendorError):
    """The account cannot pay for the call (402); nothing was charged."""


class RejectedError(VendorError):
    """The vendor refuses the request as such (4xx); a retry will not help."""


class NotFoundError(RejectedError):
    """The vendor does not know the thing asked for (404)."""


class QuotaError(RejectedError):
    """A quota is used up that no short wait restores."""


class RateLimitedError(VendorError):
    """Too many requests (429); the call had no effect and may work later."""

    transient = True


class UnavailableError(VendorError):
    """The vendor cannot be reached, broke the connection, or answers 5xx or 408."""

    transient = True


class UnexpectedAnswerError(VendorError):
    """The answer is not what the vendor documents, such as HTML, broken JSON or a missing field."""


class DownloadError(VendorError):
    """A file did not arrive whole, or is not what it should be; nothing was left under its final name."""

    transient = True


class OutcomeUnknownError(VendorError):
    """A call that must not be repeated got no clear answer: it may or may not have happened."""


class AmbiguousSubmitError(VendorError):
    """An earlier submit was cut off, and the vendor cannot tell whether it happened."""


class RenderFailedError(VendorError):
    """The vendor ended a render without a result."""


class RenderTimeoutError(VendorError):
    """The renders were not done by the deadline."""
