"""A stored picture and its link."""

from datetime import timedelta

import pytest

from snapplatform import clock
from snapplatform.storage import ledger
from snapplatform.storage.buckets import store_of


@pytest.fixture
def put(bucket):
    def put(
        data=b"0123456789", key="shots/1.jpg", function=ledger.register, content_type="image/jpeg", days=1
    ):
        return function(
            account_id=bucket.account_id,
            bucket_id=bucket.pk,
            key=key,
            blob=store_of(bucket).write(data, ".jpg"),
            content_type=content_type,
            expires_at=clock.now() + timedelta(days=days),
            at=clock.now(),
        )

    return put
