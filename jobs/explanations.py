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
    "unsupported video codec": "Pictures are taken of H.264 and HEVC: set the encoder to one of them.",
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
    "database behind": (
        "Too many pictures wait for the database, so new ones are left out. See whether it answers, and how "
        "fast (/readyz, /metrics)."
    ),
    "database error": (
        "The database refused the picture's record, and its bytes were thrown away. The log of the capture "
        "node says why."
    ),
    "storage not available": (
        "The bucket's folder could not be written. See whether the disk is full, mounted and writable: "
        "“manage.py doctor”."
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
        "The decoder can't read this kind of video. Pictures are taken of H.264 and HEVC: set the encoder "
        "to one of them."
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
