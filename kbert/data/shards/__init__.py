"""Token stores in shards: data past one disk or one memory."""
