"""What the end-to-end tests share: the stand-in API, runs of runwatch, a proxy, a raw server, a terminal."""
