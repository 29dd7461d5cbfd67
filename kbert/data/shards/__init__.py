"""Token stores in shards: for data larger than one disk or memory."""
