"""The session: a pure core, a socket, a microphone, a speaker and tools in flight."""
