"""Numbers, durations, clock times and dates as people say them, and as a voice should say them.

Recognisers write "twenty five", "25" or "twenty-five" for the same sound, and a brain without a
language model hands such words to a tool as they are. Reading functions take words or exact
values and return None for what they do not understand.
"""
