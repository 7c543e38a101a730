"""`manage.py demo`: a whole site with a synthetic camera, in a folder of its own."""
