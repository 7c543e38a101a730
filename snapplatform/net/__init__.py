"""Safe addresses for everything outgoing: check_url() reads strictly, resolve() looks up once and pins.
And what pulls of any protocol share: dialling, their life and their endings."""

from snapplatform.net.addresses import Address, Network, why_refused
from snapplatform.net.errors import AddressRefused
from snapplatform.net.resolving import resolve
from snapplatform.net.url import Url, check_url

__all__ = ["Address", "AddressRefused", "Network", "Url", "check_url", "resolve", "why_refused"]
