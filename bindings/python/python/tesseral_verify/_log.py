"""The one logger. What it writes holds slugs and statuses, never a credential or a claim."""

import logging

log = logging.getLogger("tesseral_verify")
