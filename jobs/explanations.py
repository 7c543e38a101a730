"""What each reason for a missing picture means, and what mends it. docs/jobs.md shows the same words."""

LATE = (
    "Stored more than 1 s after its tick, or more than half the interval where that is less. Either the "
    "tick had to wait for a keyframe (shorten the encoder's keyframe interval), or decoders, disk or "
    "database were slow (see the metrics of the node)."
)

EXPLANATIONS: dict[str, str] = {
    "no new keyframe": (
        "Between two ticks came no keyframe, and a picture is made of one. Shorten the encoder's keyframe "
        "interval (OBS: Keyframe Interval; ffmpeg: -g, in frames) to the job's interval or less, choose "
        "capture “newest frame” in the template, or a longer interval."
    ),
    "no keyframe yet": (
        "The stream is live, but its first keyframe has not come. Wait for one keyframe interval; if none "
        "comes, set a keyframe interval in the encoder."
    ),
    "no video": (
        "The stream carries no video, or its video has stopped: only audio comes, or nothing. Look at the "
        "encoder's video source. The job goes on by itself when video comes."
    ),
    "unsupported video codec": (
        "Pictures are taken of H.264, HEVC, AV1 and VP9: set the encoder to one of them."
    ),
    "damaged video header": (
        "The encoder's description of its video can't be read; the log has the details. Restart the encoder."
    ),
    "picture too large": (
        "The video is larger than 25 megapixels, or than 8192 on a side. Send a smaller one."
    ),
    "quarantined": (
        "What the stream sends ended several decoder processes, so it is left alone: for a minute at first, "
        "for up to a quarter of an hour if it goes on. Restart the encoder, or look for damage on the way."
    ),
    "stream offline": "Nobody publishes the stream. Publish it, and the job begins by itself.",
    "stream ended": (
        "The publisher left while this tick waited for a keyframe. The job goes on when it is back."
    ),
    "stream taken over": (
        "Another publisher, or another node, got the stream while this picture was on its way; a picture of "
        "the old one is not stored. The job goes on by itself with the next picture."
    ),
    "between pictures": (
        "The source is left between two pictures, because they are far apart, and the keyframe that was "
        "fetched for this tick did not come in time."
    ),
    "connecting": "The capture node is connecting to the stream's source. Pictures come with its video.",
    "connection refused": (
        "The source's host is there, but takes no connection on this port. Look whether the port in the "
        "source URL is right and the server runs. It is tried again by itself."
    ),
    "host unreachable": (
        "No way leads to the source's host. Look at the network between it and the capture node. It is tried "
        "again by itself."
    ),
    "timed out": (
        "The source did not answer in time: no connection, or none of its answers came. Look whether it is "
        "overloaded, or a firewall swallows packets. It is tried again by itself."
    ),
    "host not found": (
        "The name of the source's host could not be looked up. Look whether it is written right, and whether "
        "the capture node's name server answers. It is tried again by itself."
    ),
    "address refused": (
        "The source's name leads to an address that may not be reached, such as one of a private network. "
        "If it is meant to, who runs the site allows its network in SNAP_ALLOWED_NETWORKS."
    ),
    "certificate refused": (
        "The source's TLS certificate is not valid for its name, or nobody here trusts who signed it."
    ),
    "stream not found there": (
        "The source's server has no stream of this name now. Look whether the camera sends to it and the "
        "path in the source URL is right. It is tried again by itself."
    ),
    "refused by the source": (
        "The source's server does not let us play the stream. Look whether the key or password in the source "
        "URL is right and still valid. It is tried again by itself."
    ),
    "connection lost": "The connection to the source broke. It is made again by itself.",
    "ended at the source": "The source says that its stream is over. It is tried again by itself.",
    "no data": (
        "The source is connected, but sends nothing. Look whether its camera is on. It is tried again by "
        "itself."
    ),
    "kind of stream not supported": (
        "The source is there, but in a form that is not taken: another codec than H.264 and HEVC, or no RTP "
        "over TCP. Set the camera to one of these; the log of the capture node says which it was."
    ),
    "not understood": (
        "What the source sends is not what its scheme promises, or damaged. Look whether the scheme and the "
        "port of the source URL are right. It is tried again by itself."
    ),
    "credentials unreadable": (
        "The source's secret was encrypted with a key that the capture node does not have. Who runs the site "
        "gives all processes the same SNAP_ENCRYPTION_KEYS, or write the source URL anew."
    ),
    "scheme not supported": (
        "The capture node can't open this kind of URL. Who runs the site brings it to the version of the web."
    ),
    "node cut off": (
        "The capture node can't reach the database, and let its sources go so that another node may take "
        "them. Pictures go on by themselves."
    ),
    "no capture node": (
        "No capture node has room for the stream, or none runs. “manage.py nodes” lists them; "
        "SNAP_NODE_STREAMS says how many streams a node takes."
    ),
    "not wanted": "No job and no player wanted the stream, so its source was left.",
    "its node stops": "The capture node that held the stream was stopped. Another one takes it at once.",
    "its node drains": "The capture node gives its streams away. Another one takes it at once.",
    "job stopped": "The job was stopped, restarted or changed while this tick waited for a keyframe.",
    "job not started": "The job was stopped, restarted or deleted while this picture was on its way.",
    "previous picture not finished": (
        "The pictures before took longer than the interval. Choose a longer interval, a smaller size, JPEG "
        "instead of PNG or WebP, or capture “newest keyframe”."
    ),
    "node overloaded": (
        "The capture node was held up for whole intervals. Its machine has too few processors, or too much "
        "else to do: move streams to another node, or choose longer intervals."
    ),
    "spool full": (
        "Storage or database were away, and as much waited for them as may: SNAP_SPOOL_BYTES or "
        "SNAP_SPOOL_SECONDS was reached. What waits is registered when they are back. See /readyz and the "
        "log of the capture node for what is away."
    ),
    "spool not available": (
        "Storage or database were away, and the spool's disk did not take the picture either: it is full, or "
        "the data directory can't be written. See “manage.py doctor”."
    ),
    "database error": (
        "The database refused the picture's record, and its bytes were thrown away. The log of the capture "
        "node says why."
    ),
    "storage not available": (
        "The bucket can't be written to, and waiting won't help: it is gone, read-only, or not this user's "
        "to write. See “manage.py doctor”."
    ),
    "name taken": (
        "Another picture stands under this name, and is not overwritten. Let the template's names differ "
        "for each job and picture: {JobId} with {UnixTimestamp} or {Sequence}."
    ),
    "bad name": "The template's format made a name that no object may have. Change the format.",
    "decode: corrupt": (
        "The frame was damaged or not whole. Mostly packets are lost between the camera and the encoder, or "
        "the encoder is at fault. The job goes on by itself with the next picture."
    ),
    "decode: timeout": (
        "The decoder took too long, and was replaced. Choose a smaller picture at the encoder or capture "
        "“newest keyframe”, or give the machine more processors."
    ),
    "decode: died": (
        "The decoder process ended, and was replaced. Often memory is short; the log of the capture node "
        "tells more. The job goes on by itself with the next picture."
    ),
    "decode: unsupported": (
        "The decoder can't read this kind of video. Pictures are taken of H.264, HEVC, AV1 and VP9: set the "
        "encoder to one of them."
    ),
    "decode: too large": (
        "The video or the picture asked for is larger than the decoder may be asked for. Send or ask for "
        "fewer pixels."
    ),
    "decode: queue full": (
        "More pictures were wanted at once than the decoders accept. Choose longer intervals, or give the "
        "machine more processors."
    ),
    "decode: busy": (
        "No decoder came free in time. Choose longer intervals, or give the machine more processors."
    ),
    "decode: closed": "The capture node was stopping.",
    "black": (
        "The picture was black, and the job leaves such pictures out. Look at the camera, or change the job."
    ),
    "dark": (
        "The picture was dark, and the job leaves such pictures out. Look at the camera, or change the job."
    ),
    "frozen": (
        "The picture showed the same as the one before, and the job leaves such pictures out. Where "
        "something should move, look at the camera."
    ),
    "duplicate": (
        "The picture was exactly the one before, and the job leaves such pictures out. Look at the encoder, "
        "which sends one frame again and again."
    ),
    "internal error": (
        "A fault of the platform itself. The log of the capture node has its trace: please report it."
    ),
}
