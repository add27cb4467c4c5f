"""The pure state machines: an event and a time go in, actions come out."""
