"""What may be told when: not what is too old, and not in the user's quiet hours unless it still lasts behind them."""

from collections.abc import Iterable, Sequence

from streams.alerts.episodes.episode import Episode, Resolution
from streams.alerts.episodes.state_machine import EpisodeState
from streams.alerts.lives.alert import Alert
from streams.alerts.lives.user import RuleState
from streams.alerts.lives.user_clock import quiet_until_us
from streams.alerts.lives.user_update import UserUpdate
from streams.alerts.rules.rule import Rule


def muted_until_us(turn: UserUpdate, rule: Rule, episode: Episode) -> int | None:
    """When an episode that began in quiet hours may be told; None if it may be told at once."""
    return quiet_until_us(turn.user, rule.quiet, episode.opened_us)


def unmuted(turn: UserUpdate, rule: Rule, episodes: Iterable[Episode]) -> list[Episode]:
    """Without those that began and ended in quiet hours: of these nobody is told, and what was told is taken back."""

    def wakes(episode: Episode) -> bool:
        held_us = None if episode.ended_us is None else muted_until_us(turn, rule, episode)
        return held_us is None or episode.ended_us is None or episode.ended_us > held_us

    return [one for one in episodes if wakes(one)] if rule.quiet else list(episodes)


def may_open(turn: UserUpdate, rule: Rule, episode: Episode) -> bool:
    """Whether an alert may begin now."""
    last_us = episode.ended_us if episode.how is Resolution.CLEARED else episode.beyond_us
    if turn.clock_us - (last_us or 0) > rule.max_age_us:
        return False
    held_us = muted_until_us(turn, rule, episode)
    return held_us is None or held_us <= turn.clock_us


def next_unmute_us(turn: UserUpdate, rule: Rule, episodes: Sequence[Episode]) -> int | None:
    """When quiet hours end that hold something back which lasts."""
    held = [muted_until_us(turn, rule, one) for one in episodes if one.ended_us is None]
    return min((at for at in held if at is not None and at > turn.clock_us), default=None)


def known_until_us(clock_us: int, told: Sequence[Alert]) -> int:
    """The latest time of which we know: what was told once is not forgotten when an older record comes."""
    ends = [one.ended_us + 1 for one in told if one.ended_us is not None and one.how is Resolution.EXPIRED]
    return max([clock_us, *ends, *(one.opened_us + 1 for one in told if one.ended_us is None)])


def current_state(rule: Rule, standing: RuleState | None) -> RuleState:
    """The standing under the rule as it is now. Of another rule of that name the open alert stays, and no more."""
    if standing is None:
        return RuleState(rule.mark)
    if standing.mark == rule.mark:
        return standing
    lasting = next((one for one in standing.told if one.ended_us is None), None)
    since_us = max(
        [standing.since_us, *(max(one.ended_us or 0, one.opened_us, one.reminded_us) for one in standing.told)]
    )
    if lasting is None:
        return RuleState(rule.mark, since_us, timer_ms=standing.timer_ms)
    episode = Episode(
        lasting.first_us, lasting.opened_us, max(lasting.opened_us, lasting.reminded_us), (), subject=lasting.subject
    )
    return RuleState(rule.mark, since_us, EpisodeState(open=episode), (lasting,), standing.happened, standing.timer_ms)
