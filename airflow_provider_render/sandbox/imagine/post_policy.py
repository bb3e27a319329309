"""Presigned POST after S3: the form carries a policy, signed with Signature Version 4."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from airflow_provider_render.sandbox.presign import ALGORITHM, DATE_FORMAT, PresignError, SignatureWrong

if TYPE_CHECKING:
    from collections.abc import Mapping

BUCKET = "imagine-sandbox-media"
REGION = "us-east-1"
EXPIRATION_FORMAT = "%Y-%m-%dT%H:%M:%SZ"
REQUIRED = ("x-amz-algorithm", "x-amz-credential", "x-amz-date", "policy", "x-amz-signature")
NOT_IN_THE_POLICY = ("policy", "x-amz-signature", "file")
WRONG_SIGNATURE = (
    "The request signature we calculated does not match the signature you provided."
    " Check your key and signing method."
)


class FormWrong(PresignError):  # noqa: N818
    """The form is not what S3 takes."""

    status = 400
    code = "InvalidArgument"


class UnknownAccessKey(PresignError):  # noqa: N818
    """The credential is nobody's."""

    code = "InvalidAccessKeyId"


@dataclass(frozen=True)
class PostPolicy:
    """
    Signs and checks the forms of one bucket.

    :param access_key: id of the key, which the forms show.
    :param secret: the key, which they don't.
    """

    access_key: str
    secret: str

    def fields(self, key: str, seconds: float) -> dict[str, str]:
        """
        Permit the upload of one object.

        :param key: of the object.
        :param seconds: how long.
        :return: the fields that the form has to carry before the file.
        """
        now = time.time()
        date = _date(now)
        signed = {
            "key": key,
            "x-amz-algorithm": ALGORITHM,
            "x-amz-credential": self.credential(),
            "x-amz-date": date,
        }
        policy = _encoded(signed, now + seconds)
        return {**signed, "policy": policy, "x-amz-signature": self._signature(policy, date[:8])}

    def credential(self) -> str:
        """Return the credential of today."""
        return f"{self.access_key}/{_date(time.time())[:8]}/{REGION}/s3/aws4_request"

    def check(self, fields: Mapping[str, str]) -> str:
        """
        Let a form pass, and return the key of its object.

        :param fields: what arrived before the file.
        :raises PresignError: a field is missing, wrong or too much, or the time is over.
        """
        self._check_signature(fields)
        policy = json.loads(base64.b64decode(fields["policy"]))
        if time.time() >= _end(policy):
            raise PresignError("Invalid according to Policy: Policy expired.")
        conditions = {name: value for each in policy["conditions"] for name, value in each.items()}
        _check_conditions(conditions, fields)
        return fields["key"]

    def _check_signature(self, fields: Mapping[str, str]) -> None:
        if "key" not in fields:
            raise FormWrong(
                "Bucket POST must contain a field named 'key'.  If it is specified, please check the order"
                " of the fields."
            )
        if missing := [name for name in REQUIRED if name not in fields]:
            raise PresignError(f"Bucket POST must contain a field named '{missing[0]}'.")
        given = fields["x-amz-credential"].split("/")
        if given[0] != self.access_key:
            raise UnknownAccessKey("The AWS Access Key Id you provided does not exist in our records.")
        expected = self._signature(fields["policy"], given[1] if len(given) > 1 else "")
        if not secrets.compare_digest(expected.encode(), fields["x-amz-signature"].encode()):
            raise SignatureWrong(WRONG_SIGNATURE)

    def _signature(self, policy: str, day: str) -> str:
        key = f"AWS4{self.secret}".encode()
        for part in (day, REGION, "s3", "aws4_request"):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        return hmac.new(key, policy.encode(), hashlib.sha256).hexdigest()


def _date(epoch: float) -> str:
    return datetime.fromtimestamp(epoch, UTC).strftime(DATE_FORMAT)


def _encoded(signed: Mapping[str, str], end: float) -> str:
    # Rounded up, since S3 writes whole seconds.
    expiration = datetime.fromtimestamp(-(-end // 1), UTC).strftime(EXPIRATION_FORMAT)
    conditions = [{"bucket": BUCKET}, *({name: value} for name, value in signed.items())]
    return base64.b64encode(
        json.dumps({"expiration": expiration, "conditions": conditions}).encode()
    ).decode()


def _end(policy: Mapping[str, Any]) -> float:
    return datetime.strptime(policy["expiration"], EXPIRATION_FORMAT).replace(tzinfo=UTC).timestamp()


def _check_conditions(conditions: Mapping[str, str], fields: Mapping[str, str]) -> None:
    given = {"bucket": BUCKET, **fields}
    for name, value in conditions.items():
        if given.get(name) != value:
            raise PresignError(
                f'Invalid according to Policy: Policy Condition failed: ["eq", "${name}", "{value}"]'
            )
    for name in fields:
        if name not in (*conditions, *NOT_IN_THE_POLICY) and not name.startswith("x-ignore-"):
            raise PresignError(f"Invalid according to Policy: Extra input fields: {name}")
