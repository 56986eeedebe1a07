"""The few forms that queries have. Everything is summed over processes, so that any number of them adds up."""

from deploy.grafana.panels import Line

WINDOW = "$__rate_interval"  # Grafana's: four scrapes at least


def rate(metric: str, *by: str, window: str = WINDOW) -> str:
    """Per second."""
    return f"sum by ({', '.join(by)}) (rate({metric}[{window}]))" if by else f"sum(rate({metric}[{window}]))"


def increase(metric: str, window: str, *by: str) -> str:
    """How many in the last `window`."""
    return f"sum by ({', '.join(by)}) (increase({metric}[{window}]))" if by else f"sum(increase({metric}[{window}]))"


def quantile(share: float, metric: str, *by: str, window: str = WINDOW) -> str:
    """Of a histogram's values within the window; nothing while there are none."""
    return f"histogram_quantile({share:g}, {rate(f'{metric}_bucket', *by, 'le', window=window)})"


def quantile_now(share: float, metric: str, *by: str) -> str:
    """Of a distribution: of all things as they are now."""
    return f"histogram_quantile({share:g}, sum by ({', '.join((*by, 'le'))}) ({metric}_bucket))"


def share(part: str, whole: str, *by: str, window: str = WINDOW) -> str:
    """Of what happened in the window."""
    return f"{rate(part, *by, window=window)} / {rate(whole, *by, window=window)}"


def share_within(metric: str, le: str, *by: str) -> str:
    """Share of a distribution that is not above a bound."""
    group = f" by ({', '.join(by)})" if by else ""
    return f'sum{group} ({metric}_bucket{{le="{le}"}}) / sum{group} ({metric}_bucket{{le="+Inf"}})'


def halves(metric: str, *by: str, window: str = WINDOW) -> tuple[Line, ...]:
    """Median and 99th percentile of a histogram."""
    label = "".join(f" {{{{{name}}}}}" for name in by)
    return tuple(Line(f"p{share}{label}", quantile(share / 100, metric, *by, window=window)) for share in (50, 99))


def mean(metric: str, window: str = WINDOW) -> str:
    """Of a histogram's values."""
    return share(f"{metric}_sum", f"{metric}_count", window=window)


def or_none(query: str, label: str) -> str:
    """With a 0 that is called none, so that an empty panel does not look like a broken one."""
    return f'{query} or label_replace(vector(0), "{label}", "none", "", "")'


def since_yesterday(metric: str, *by: str) -> str:
    """Change of a sum within a day; 0 where nothing is known of yesterday."""
    now = f"sum by ({', '.join(by)}) ({metric})"
    return f"{now} - (sum by ({', '.join(by)}) ({metric} offset 1d) or {now})"


# Requests that were answered as they should not be, and those whose answer is ours to answer for: strangers are not.
FAILED = 'junction_gateway_requests_total{outcome=~"unavailable|busy|overload|error"}'
VALID = 'junction_gateway_requests_total{outcome!="refused"}'
OBJECTIVE = 0.999  # share of valid webhooks that are answered 2xx at once; the rest is the error budget


def burn(window: str) -> str:
    """How fast the error budget goes: 1 uses it up in exactly the time for which it was meant. 0 without requests."""
    errors = f"sum(rate({FAILED}[{window}])) / sum(rate({VALID}[{window}]))"
    return f"(({errors}) >= 0 or vector(0)) / {1 - OBJECTIVE:.4f}"
