"""The ASGI application that uvicorn serves."""

import os

from django.core.asgi import get_asgi_application

from snapplatform.api.bodies import BodyLimit

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "snapplatform.settings")

application = BodyLimit(get_asgi_application())
