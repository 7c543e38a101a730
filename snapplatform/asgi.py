"""The ASGI application that uvicorn serves."""

import os
import warnings

from django.core.asgi import get_asgi_application

from snapplatform.api.bodies import BodyLimit

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "snapplatform.settings")

# WhiteNoise gives static files as synchronous iterators, which Django reads whole in a thread before it sends
# them. That is well for files of some kilobytes, and pictures are not sent that way (api/files/body.py).
warnings.filterwarnings(
    "ignore",
    message="StreamingHttpResponse must consume synchronous iterators",
    module=r"django\.core\.handlers\.asgi",
)

application = BodyLimit(get_asgi_application())
