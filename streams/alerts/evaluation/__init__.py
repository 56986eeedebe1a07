"""Rules evaluated on a draft: on records, on signs of life, and on timers. Pure."""

from streams.alerts.evaluation.evaluator import RuleEvaluator, attempt

__all__ = ["RuleEvaluator", "attempt"]
