"""Which episodes may open an alert now: no old ones, and in quiet hours only what lasts beyond them."""

from collections.abc import Iterable, Sequence

from streams.alerts.episodes import Episode, Resolution
from streams.alerts.episodes.state_machine import EpisodeState
from streams.alerts.lives.alert import Alert
from streams.alerts.lives.user import RuleState
from streams.alerts.lives.user_clock import quiet_until_us
from streams.alerts.lives.user_update import UserUpdate
from streams.alerts.rules import Rule


def muted_until_us(update: UserUpdate, rule: Rule, episode: Episode) -> int | None:
    """When the quiet hours end in which an episode opened; None if it opened outside of them."""
    return quiet_until_us(update.user, rule.quiet, episode.opened_us)


def unmuted(update: UserUpdate, rule: Rule, episodes: Iterable[Episode]) -> list[Episode]:
    """Without episodes that open and end in quiet hours. An alert of such a one is corrected: the clock has moved."""
    if not rule.quiet:
        return list(episodes)
    return [episode for episode in episodes if not _is_muted(update, rule, episode)]


def _is_muted(update: UserUpdate, rule: Rule, episode: Episode) -> bool:
    if episode.ended_us is None:
        return False
    until_us = muted_until_us(update, rule, episode)
    return until_us is not None and episode.ended_us <= until_us


def may_open(update: UserUpdate, rule: Rule, episode: Episode) -> bool:
    """Whether an alert may open now."""
    last_us = episode.ended_us if episode.resolution is Resolution.CLEARED else episode.beyond_us
    if update.clock_us - (last_us or 0) > rule.max_age_us:
        return False
    until_us = muted_until_us(update, rule, episode)
    return until_us is None or until_us <= update.clock_us


def next_unmute_us(update: UserUpdate, rule: Rule, episodes: Sequence[Episode]) -> int | None:
    """When the next quiet hours end that mute an open episode."""
    ends = [muted_until_us(update, rule, episode) for episode in episodes if episode.ended_us is None]
    return min((at_us for at_us in ends if at_us is not None and at_us > update.clock_us), default=None)


def known_until_us(clock_us: int, alerts: Sequence[Alert]) -> int:
    """The latest time that was judged so far: an older record must not take back what time alone has ended."""
    ends = [one.ended_us + 1 for one in alerts if one.ended_us is not None and one.resolution is Resolution.EXPIRED]
    return max([clock_us, *ends, *(one.opened_us + 1 for one in alerts if one.ended_us is None)])


def current_state(rule: Rule, state: RuleState | None) -> RuleState:
    """The state under the rule as it is now. Of a rule that judged differently only the open alert stays."""
    if state is None:
        return RuleState(rule.fingerprint)
    if state.fingerprint == rule.fingerprint:
        return state
    since_us = max([state.since_us, *map(_latest_us, state.alerts)])
    lasting = next((alert for alert in state.alerts if alert.ended_us is None), None)
    if lasting is None:
        return RuleState(rule.fingerprint, since_us, timer_ms=state.timer_ms)
    beyond_us = max(lasting.opened_us, lasting.reminded_us)
    still_open = EpisodeState(open=Episode(lasting.first_us, lasting.opened_us, beyond_us, (), subject=lasting.subject))
    return RuleState(rule.fingerprint, since_us, still_open, (lasting,), state.occurrences, state.timer_ms)


def _latest_us(alert: Alert) -> int:
    return max(alert.ended_us or 0, alert.opened_us, alert.reminded_us)
