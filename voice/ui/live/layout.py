"""How the live view is laid out: a strip of panels below in a narrow terminal, beside in a wide."""

from __future__ import annotations

WIDE_COLUMNS = 110
"""From here on the panels stand beside the conversation."""

SHORT_ROWS = 18
"""Below this only the conversation, the phase and the keys are shown."""

CSS = """
Screen { layout: vertical; background: ansi_default; color: ansi_default; }
.line { height: 1; width: 100%; }
#middle { height: 1fr; layout: vertical; }
Conversation {
  height: 1fr; border-top: solid ansi_bright_black; background: ansi_default;
  scrollbar-size-vertical: 1; scrollbar-background: ansi_default;
  scrollbar-color: ansi_bright_black;
}
#side { layout: horizontal; height: 6; }
.panel { border-top: solid ansi_bright_black; padding: 0 1; background: ansi_default; }
Conversation, .panel { border-title-style: bold; border-title-color: ansi_default; }
#turn { width: 1fr; height: 100%; }
#session { width: 1fr; height: 100%; margin-left: 1; }
#happenings { display: none; }
.-wide #middle { layout: horizontal; }
.-wide #side { layout: vertical; width: 40%; min-width: 48; max-width: 72; height: 100%; }
.-wide Conversation { height: 100%; width: 1fr; }
.-wide .panel { margin-left: 1; }
.-wide #turn { height: 7; width: 100%; }
.-wide #session { height: 9; width: 100%; }
.-wide #happenings { display: block; height: 1fr; width: 100%; }
.-short #side { display: none; }
.hidden { display: none; }
#typed { height: 1; border: none; padding: 0 1; background: ansi_default; color: ansi_default; }
#typed > .input--cursor { text-style: reverse; background: ansi_default; color: ansi_default; }
#typed > .input--placeholder { text-style: dim; color: ansi_default; }
DeviceList { align: center middle; background: ansi_default; }
#devices {
  width: 90%; max-width: 90; height: 80%; border: solid ansi_bright_black;
  border-title-style: bold; background: ansi_default; padding: 0 1;
}
#how { height: 2; text-style: dim; background: ansi_default; }
#list { border: none; background: ansi_default; color: ansi_default; height: 1fr; padding: 0; }
#list > .option-list--option-highlighted {
  text-style: reverse; background: ansi_default; color: ansi_default;
}
#list > .option-list--option-disabled { text-style: bold; color: ansi_default; }
"""
