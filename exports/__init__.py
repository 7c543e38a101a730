"""Export sessions: frames and clips out of live streams and recordings. Nothing is built here yet."""
