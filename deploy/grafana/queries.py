"""The few forms that queries have. Everything is summed over processes, so that any number of them adds up."""

from deploy.grafana.panels import Line

WINDOW = "$__rate_interval"  # Grafana's: four scrapes at least
SPAN = "$__range"  # Grafana's: what is shown
MOST = 8  # of topics or resources in one panel
_SECONDS = {"m": 60, "h": 3600, "d": 86_400}
P50, P99 = "blue", "purple"


def filled(query: str, window: str, span: str) -> str:
    """As Grafana sends it, with the values of its variables."""
    return query.replace(WINDOW, window).replace(SPAN, span)


def rate(metric: str, *by: str, window: str = WINDOW) -> str:
    """Per second."""
    if not by:
        return f"sum(rate({metric}[{window}]))"
    # What a process that answered before has begun to count, by the window's length.
    length = f"(time() - timestamp(up offset {window}) and up offset {window} == 1)"
    began = f"({_born(metric, window)}) / on (instance, job) group_left () {length}"
    return f"{_sum(*by)} (rate({metric}[{window}]) or {_beside(began)})"


def increase(metric: str, window: str, *by: str) -> str:
    """How many in the last `window`."""
    # Of processes that are younger or answered before: what others had counted when Prometheus came is no news.
    young = f"last_over_time(process_start_time_seconds[{window}]) > time() - {_seconds(window)}"
    began = f"{_born(metric, window)} and on (instance, job) (up offset {window} == 1 or {young})"
    return f"{_sum(*by)} (increase({metric}[{window}]) or {_beside(began)})"


def _born(metric: str, window: str) -> str:
    """Where a series began within the window, what it began with: `rate` and `increase` see none of it."""
    return f"min_over_time({metric}[{window}]) unless {metric} offset {window}"


def _beside(query: str) -> str:
    """Under a label of its own, so that `or` keeps it and a sum adds it."""
    return f'label_replace({query}, "is_born", "1", "", "")'


def _sum(*by: str) -> str:
    return f"sum by ({', '.join(by)})" if by else "sum"


def _seconds(window: str) -> int:
    return int(window[:-1]) * _SECONDS[window[-1]]


def of_topic(query: str) -> str:
    """Topics without the prefix that all have: `raw.timeseries`, `heartrate`."""
    return f'label_replace({query}, "topic", "$1", "topic", ".*?[.]((raw[.])?[^.]+)")'


def busiest(query: str, metric: str, by: str) -> str:
    """Those that counted most in all that is shown: `topk` alone chooses anew at each point in time."""
    return f"{query} and on ({by}) topk({MOST}, sum by ({by}) (increase({metric}[{SPAN}] @ end())))"


def busiest_rate(metric: str, by: str) -> str:
    """Per second, of those that counted most."""
    return busiest(rate(metric, by), metric, by)


def greatest(how: str, metric: str, by: str) -> str:
    """`how`: sum or max, of a gauge; of those that were greatest in all that is shown."""
    top = f"topk({MOST}, max by ({by}) (max_over_time({metric}[{SPAN}] @ end())))"
    return f"{how} by ({by}) ({metric}) and on ({by}) {top}"


def quantile(share: float, metric: str, *by: str, window: str = WINDOW) -> str:
    """Of a histogram's values within the window; nothing while there are none."""
    return _known(f"histogram_quantile({share:g}, {_plain_rate(f'{metric}_bucket', *by, 'le', window=window)})")


def quantile_now(share: float, metric: str, *by: str) -> str:
    """Of a distribution: of all things as they are now."""
    return _known(f"histogram_quantile({share:g}, {_sum(*by, 'le')} ({metric}_bucket))")


def share(part: str, whole: str, *by: str, window: str = WINDOW) -> str:
    """Of what happened in the window; nothing where nothing did."""
    return _known(f"{_plain_rate(part, *by, window=window)} / {_plain_rate(whole, *by, window=window)}")


def _known(query: str) -> str:
    """Without what is no number: a panel with nothing else says that there is no data, instead of drawing no axis."""
    return f"{query} >= 0"


def _plain_rate(metric: str, *by: str, window: str) -> str:
    """For shares and quantiles: the first values of a series change them little."""
    return f"{_sum(*by)} (rate({metric}[{window}]))"


def share_within(metric: str, le: str, *by: str) -> str:
    """Share of a distribution that is not above a bound."""
    return _known(f'{_sum(*by)} ({metric}_bucket{{le="{le}"}}) / {_sum(*by)} ({metric}_bucket{{le="+Inf"}})')


def halves(metric: str, *by: str, window: str = WINDOW) -> tuple[Line, ...]:
    """Median and 99th percentile of a histogram."""
    label = "".join(f" {{{{{name}}}}}" for name in by)
    return tuple(
        Line(f"p{share}{label}", quantile(share / 100, metric, *by, window=window), colour)
        for share, colour in ((50, P50), (99, P99))
    )


def mean(metric: str, window: str = WINDOW) -> str:
    """Of a histogram's values."""
    return share(f"{metric}_sum", f"{metric}_count", window=window)


def or_none(query: str, label: str) -> str:
    """With a 0 that is called none where there is nothing else: an empty panel looks like a broken one."""
    return f'{query} or on () label_replace(vector(0), "{label}", "none", "", "")'


def since_yesterday(metric: str, *by: str) -> str:
    """Change of a sum within a day; 0 where nothing is known of yesterday."""
    now = f"{_sum(*by)} ({metric})"
    return f"{now} - ({_sum(*by)} ({metric} offset 1d) or {now})"


# Requests that were answered as they should not be, and those whose answer is ours to answer for: strangers are not.
FAILED = 'junction_gateway_requests_total{outcome=~"unavailable|busy|overload|error"}'
VALID = 'junction_gateway_requests_total{outcome!~"refused|probe"}'
OBJECTIVE = 0.999  # share of valid webhooks that are answered 2xx at once; the rest is the error budget


def burn(window: str) -> str:
    """How fast the error budget goes: 1 uses it up in exactly the time for which it was meant. 0 without requests."""
    errors = f"sum(rate({FAILED}[{window}])) / sum(rate({VALID}[{window}]))"
    return f"(({errors}) >= 0 or vector(0)) / {1 - OBJECTIVE:.4f}"


def firing(severity: str) -> str:
    """How many operations alerts of that severity fire now."""
    return f'count(ALERTS{{alertstate="firing", severity="{severity}"}})'
