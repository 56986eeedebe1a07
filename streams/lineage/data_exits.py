"""With what a command ends that printed a story of data: 0 answered, 1 nothing is there, 2 nobody can tell. Pure."""

from streams.lineage.data.story_of_data import NOTHING, UNKNOWN
from streams.lineage.telling import Story
from streams.lineage.why.judge import NOTHING_KNOWN

ANSWERED, NOT_FOUND, CANNOT_TELL = 0, 1, 2


def exit_of(story: Story) -> int:
    """Of `story` and `why`. That nothing explains an absence is an answer only where all causes could be
    checked, by an index that has the day and goes on."""
    if story.ending == UNKNOWN:
        return CANNOT_TELL
    if story.ending == NOTHING_KNOWN:
        is_open = any(step.facts.get("holds") == "unknown" for step in story.steps)
        return CANNOT_TELL if is_open or story.missing else NOT_FOUND
    return NOT_FOUND if story.ending == NOTHING else ANSWERED
