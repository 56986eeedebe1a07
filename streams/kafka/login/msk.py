"""A new token for Amazon MSK: signed here with the credentials of AWS that this process has (AWS_MSK_IAM)."""

import os
import re
import time

from streams.kafka.login.tokens import Token
from streams.ops.errors import Misconfigured, Unavailable
from streams.ops.settings import Settings

_REGION = re.compile(r"\.kafka(?:-serverless)?\.([a-z0-9-]+)\.amazonaws\.com")


def ask(settings: Settings) -> Token:
    """A token of 15 minutes. Raises Misconfigured, Unavailable."""
    try:
        from aws_msk_iam_sasl_signer import MSKAuthTokenProvider
        from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
    except ModuleNotFoundError:
        raise Misconfigured("AWS_MSK_IAM needs AWS's signer: run `pip install 'junction-streams[msk]'`") from None
    now_s = time.time()
    try:
        value, ends_ms = MSKAuthTokenProvider.generate_auth_token(region_of(settings))
    except HTTPClientError as error:  # who hands out the credentials does not answer
        raise Unavailable(f"AWS gives this process no credentials ({type(error).__name__})") from None
    except (BotoCoreError, ClientError, ValueError, AttributeError) as error:
        # AttributeError is the signer's way to say "none".
        why = "" if isinstance(error, AttributeError) else f" ({type(error).__name__})"
        raise Misconfigured(
            f"AWS gives this process no credentials{why}: they are looked for where AWS's own tools do, "
            "AWS_ACCESS_KEY_ID, AWS_PROFILE, AWS_ROLE_ARN, or the role of the machine"
        ) from None
    return Token(value, now_s, ends_ms / 1000)


def region_of(settings: Settings) -> str:
    """AWS_REGION, else what the brokers' names say. Raises Misconfigured."""
    if found := os.environ.get("AWS_REGION") or os.environ.get("AWS_DEFAULT_REGION"):
        return found
    if named := _REGION.search(settings.bootstrap_servers):
        return named[1]
    raise Misconfigured("AWS_REGION is not set, and the name of no broker in STREAMS_BOOTSTRAP_SERVERS says it")
