"""All actions: what services ask for, what vendors call it, and what policies may say about it.

docs/permissions.md is made of this table (`manage.py permissions`), and tests compare it with the code.
"""

from snapplatform.access.action import Action, Level
from snapplatform.access.policies.keys import BUCKET, MEDIA_TIME, REQUEST_TAG, RESOURCE_TAG, STREAM_NAME

_STREAM, _KEY = ("stream/{id or name}",), ("stream-key/{id}",)
_TEMPLATE, _BUCKET = ("template/{id}",), ("bucket/{id or endpoint/name}",)
_JOB, _SNAPSHOT, _NODE = ("job/{id}",), ("snapshot/{id}",), ("node/{id}",)

_OF_STREAM = (STREAM_NAME, RESOURCE_TAG)
_OF_JOB = (STREAM_NAME, BUCKET, RESOURCE_TAG)
_OF_SNAPSHOT = (STREAM_NAME, BUCKET, MEDIA_TIME)
_COMMAND = ("ice:SendLiveSnapshotJobCommand",)

ACTIONS = (
    # streams
    Action("snap:CreateStream", Level.CREATE, ("stream/{name}",), keys=(STREAM_NAME, REQUEST_TAG)),
    Action("snap:ListStreams", Level.LIST, _STREAM, keys=_OF_STREAM),
    Action("snap:GetStream", Level.GET, _STREAM, keys=_OF_STREAM),
    Action("snap:UpdateStream", Level.UPDATE, _STREAM, keys=(*_OF_STREAM, REQUEST_TAG)),
    Action("snap:DeleteStream", Level.DELETE, _STREAM, keys=_OF_STREAM),
    Action(
        "snap:CreateStreamKey",
        Level.CREATE,
        ("stream-key/*",),
        keys=(STREAM_NAME,),
        needs=("snap:GetStream",),
    ),
    Action("snap:ListStreamKeys", Level.LIST, _KEY, keys=(STREAM_NAME,)),
    Action("snap:DeleteStreamKey", Level.DELETE, _KEY, keys=(STREAM_NAME,)),
    # templates
    Action(
        "snap:CreateTemplate",
        Level.CREATE,
        ("template/*",),
        ("ice:CreateLiveSnapshotTemplate",),
        (REQUEST_TAG,),
    ),
    Action("snap:ListTemplates", Level.LIST, _TEMPLATE, ("ice:ListLiveSnapshotTemplates",), (RESOURCE_TAG,)),
    Action("snap:GetTemplate", Level.GET, _TEMPLATE, ("ice:GetLiveSnapshotTemplate",), (RESOURCE_TAG,)),
    Action(
        "snap:UpdateTemplate",
        Level.UPDATE,
        _TEMPLATE,
        ("ice:UpdateLiveSnapshotTemplate",),
        (RESOURCE_TAG, REQUEST_TAG),
    ),
    Action(
        "snap:DeleteTemplate", Level.DELETE, _TEMPLATE, ("ice:DeleteLiveSnapshotTemplate",), (RESOURCE_TAG,)
    ),
    # buckets
    Action("snap:CreateBucket", Level.CREATE, ("bucket/{endpoint}/{name}",), keys=(BUCKET,)),
    Action("snap:ListBuckets", Level.LIST, _BUCKET, keys=(BUCKET,)),
    Action("snap:GetBucket", Level.GET, _BUCKET, keys=(BUCKET,)),
    Action("snap:UpdateBucket", Level.UPDATE, _BUCKET, keys=(BUCKET,)),
    Action("snap:DeleteBucket", Level.DELETE, _BUCKET, keys=(BUCKET,)),
    # jobs and their pictures
    Action(
        "snap:SubmitJob",
        Level.CREATE,
        ("job/*",),
        ("ice:SubmitLiveSnapshotJob",),
        (STREAM_NAME, BUCKET, REQUEST_TAG),
        needs=("snap:GetTemplate", "snap:GetStream", "snap:CreateStream", "snap:GetBucket"),
    ),
    Action("snap:ListJobs", Level.LIST, _JOB, ("ice:ListLiveSnapshotJobs",), _OF_JOB),
    Action("snap:GetJob", Level.GET, _JOB, ("ice:GetLiveSnapshotJob",), _OF_JOB),
    Action("snap:UpdateJob", Level.UPDATE, _JOB, keys=(*_OF_JOB, REQUEST_TAG)),
    Action("snap:StartJob", Level.UPDATE, _JOB, _COMMAND, _OF_JOB),
    Action("snap:StopJob", Level.UPDATE, _JOB, _COMMAND, _OF_JOB),
    Action("snap:RestartJob", Level.UPDATE, _JOB, _COMMAND, _OF_JOB),
    Action("snap:DeleteJob", Level.DELETE, _JOB, keys=_OF_JOB),
    Action("snap:ListSnapshots", Level.LIST, _SNAPSHOT, ("ice:ListLiveSnapshotFiles",), _OF_SNAPSHOT),
    Action("snap:GetSnapshot", Level.GET, _SNAPSHOT, keys=_OF_SNAPSHOT),
    Action("snap:DeleteSnapshot", Level.DELETE, _SNAPSHOT, ("ice:DeleteLiveSnapshotFiles",), _OF_SNAPSHOT),
    # whiteboards
    Action(
        "snap:CreateWhiteboardTask",
        Level.CREATE,
        ("room/{application}/{room}",),
        ("tiw:CreateSnapshotTask",),
        (BUCKET,),
        ahead=True,
    ),
    Action(
        "snap:GetWhiteboardTask",
        Level.GET,
        ("whiteboard-task/{id}",),
        ("tiw:DescribeSnapshotTask",),
        ahead=True,
    ),
    # users
    Action("snap:CreateAccessKey", Level.CREATE, ("user/{name}",)),
    Action("snap:DeleteAccessKey", Level.DELETE, ("access-key/{id}",)),
    # the site's machines
    Action("snap:ListNodes", Level.LIST, _NODE),
    Action("snap:GetNode", Level.GET, _NODE),
    Action("snap:DrainNode", Level.UPDATE, _NODE, needs=("snap:GetNode",)),
    Action("snap:UndrainNode", Level.UPDATE, _NODE, needs=("snap:GetNode",)),
)
# What a stream key opens. Keys have no policies, so policies say nothing of these.
OF_STREAM_KEYS = ("snap:PublishStream", "snap:PlayStream")

_BY_NAME = {action.name: action for action in ACTIONS}


def find_action(name: str) -> Action | None:
    """The action of this canonical name, written as in the table."""
    return _BY_NAME.get(name)


def actions_called(name: str) -> list[Action]:
    """All actions that go by this name, canonical or a vendor's, in capital or small letters."""
    lowered = name.lower()
    return [action for action in ACTIONS if lowered in action.lowered]
