"""A provider's counters become canonical tokens.

CPA's own classification (`token_breakdown`, v7.2.97 and later) is taken where it is complete and adds up, or says
which part it could not classify. Else the older `tokens` are read by the rules of the family that reported them
(contract, C5). How sure those rules are depends on where the family is known from: the executor type is a contract
about the parser that ran, the provider's name is a hint.
"""

from ingestd.families import Family, family
from ingestd.usage_event import Breakdown, Counters, UsageEvent
from shared.normalization import TOKENS_MAX, Outcome, Tokens

_NOTHING = Tokens()


def normalize(event: UsageEvent) -> tuple[Tokens, Outcome]:
    """The canonical tokens of an event, and how they were come by. Never raises; the total is never below its parts."""
    breakdown = event.breakdown
    if breakdown is not None and event.accounting_version >= 2 and _adds_up(breakdown):
        if breakdown.quality == "complete":
            return _bounded(breakdown, Outcome.DIRECT)
        if breakdown.quality == "unclassified":
            return _bounded(breakdown, Outcome.UNCLASSIFIED)
    return normalize_counters(event.tokens, event.executor_type, event.provider)


def unmetered(event: UsageEvent, tokens: Tokens) -> bool:
    """A successful, generating request without tokens: a stream whose usage CPA never saw (measured on v7.2.140)."""
    return not event.failed and event.generate and tokens.is_zero


def _adds_up(breakdown: Breakdown) -> bool:
    """The validity rule of version 2 (contract, C2)."""
    into, out = breakdown.input, breakdown.output
    unclassified = breakdown.unclassified_tokens
    return (
        into.uncached_tokens >= 0
        and into.cache_read_tokens >= 0
        and into.cache_write_tokens >= 0
        and out.non_reasoning_tokens >= 0
        and out.reasoning_tokens >= 0
        and unclassified >= 0
        and into.total_tokens == into.uncached_tokens + into.cache_read_tokens + into.cache_write_tokens
        and out.total_tokens == out.non_reasoning_tokens + out.reasoning_tokens
        and breakdown.total_tokens == into.total_tokens + out.total_tokens + unclassified
        and (unclassified == 0 or breakdown.quality != "complete")
    )


def _bounded(breakdown: Breakdown, outcome: Outcome) -> tuple[Tokens, Outcome]:
    if breakdown.total_tokens > TOKENS_MAX:
        return _NOTHING, Outcome.OVERFLOW
    into, out = breakdown.input, breakdown.output
    return Tokens(
        into.total_tokens,
        into.cache_read_tokens,
        into.cache_write_tokens,
        out.total_tokens,
        out.reasoning_tokens,
        breakdown.unclassified_tokens,
    ), outcome


def normalize_counters(counters: Counters, executor_type: str, provider: str) -> tuple[Tokens, Outcome]:
    """Canonical tokens from `tokens` alone (contract, C5).

    Where those rules keep a reported total above input + output, the excess is unclassified, so that the total is
    the contract's. Where the reported total is below them, it is the parts that are counted.
    """
    return _Counting(counters, *family(executor_type, provider)).result(executor_type)


class _Counting:
    """The steps of C5 over one set of counters. `damaged` holds the names of those that were negative."""

    def __init__(self, counters: Counters, how: Family, contract: bool) -> None:
        self.family = how
        self.contract = contract
        self.present = counters.cache_read_tokens_present
        self.input = max(0, counters.input_tokens)
        self.output = max(0, counters.output_tokens)
        self.reasoning = max(0, counters.reasoning_tokens)
        self.cached = max(0, counters.cached_tokens)
        self.read = max(0, counters.cache_read_tokens)
        self.write = max(0, counters.cache_creation_tokens)
        self.total = max(0, counters.total_tokens)
        self.damaged = {
            name
            for name, value in (
                ("input", counters.input_tokens),
                ("output", counters.output_tokens),
                ("reasoning", counters.reasoning_tokens),
                ("read", counters.cache_read_tokens),
                ("write", counters.cache_creation_tokens),
                ("total", counters.total_tokens),
            )
            if value < 0
        }
        self.normalized = self.compatible = False
        self.corrected = bool(self.damaged) or counters.cached_tokens < 0
        self.ambiguous: Outcome | None = None

    def result(self, executor_type: str) -> tuple[Tokens, Outcome]:
        only_cached = not (self.input or self.output or self.reasoning or self.read or self.write or self.damaged)
        if self.family is not Family.CLAUDE:
            self._read_from_cached()
        elif self.cached and not (self.read or self.write or self.contract):
            # A CPA of May 2026 named one figure for the cache, and it was a write where there was no read.
            self.read = self.cached
            self._doubt(Outcome.AMBIGUOUS_CACHE)
        self._put_cache_into_input_if_that_explains_the_total()
        authoritative = self._fold()
        if (
            authoritative
            and only_cached
            and self.cached == self.total > 0
            and executor_type.strip().lower() == "codexexecutor"
        ):
            pass  # what a CPA before v7.2.67 sent for some Codex requests: a total of cached tokens and nothing else
        elif authoritative:
            self._settle_total()
        else:
            self._fill_total()
        self._widen()
        return self._tokens()

    def _read_from_cached(self) -> None:
        """`cached_tokens` stands for cache reads, except where an explicit 0 is to be believed."""
        if self.read or not self.cached:
            return
        if "read" in self.damaged:
            self._doubt(Outcome.AMBIGUOUS_CACHE)
        elif not (self.present and self.contract):
            self.read = self.cached
            self.compatible = True

    def _fold(self) -> bool:
        """Bring input and output to canonical form; whether input + output is then the total, whatever was reported."""
        match self.family:
            case Family.CLAUDE:
                return self._fold_claude()
            case Family.GEMINI:
                return self._fold_gemini()
            case Family.OPENAI_COMPATIBLE:
                if self.total and self.input + self.output != self.total:
                    self._fold_reasoning_if_it_explains_the_total()
                return False
            case Family.RESPONSES:
                return self.contract
            case Family.STRICT:
                return False

    def _put_cache_into_input_if_that_explains_the_total(self) -> None:
        """Some count what they wrote to the cache beside the input, and what they read from it inside, or all beside.

        Only where the parts are larger than the whole, and the total says so exactly; Claude's way is known.
        """
        if self.family is Family.CLAUDE or self.damaged or self.read + self.write <= self.input:
            return
        for beside in (self.write, self.read + self.write, self.read):
            if (
                beside
                and self.input + self.output + beside == self.total
                and self.read + self.write <= self.input + beside
            ):
                self.input += beside
                self.normalized = True
                return

    def _widen(self) -> None:
        """No part of the input is larger than it, whatever was reported: no hit rate passes 100 %.

        Where the parser that ran is known, the cache is inside; else it may be beside.
        """
        if self.read + self.write > self.input:
            self._doubt(Outcome.INPUT_BELOW_CACHE)
            cache = self.read + self.write
            self.input = cache if self.contract else self.input + cache
        if self.reasoning > self.output:
            self._doubt(Outcome.OUTPUT_BELOW_REASONING)

    def _fold_claude(self) -> bool:
        before = self.input + self.output
        cache = self.read + self.write
        if self.contract and self.cached and self.read and self.cached != self.read:
            self._doubt(Outcome.AMBIGUOUS_CACHE)
        if cache and not self.damaged & {"input", "read", "write"}:
            self.input += cache
            self.normalized = True
        elif cache:
            self._doubt(Outcome.AMBIGUOUS_TOTAL)
        # A CPA before v7.1.26 left the cache out of the total.
        return self.contract or (cache > 0 and before == self.total and not self.damaged)

    def _fold_gemini(self) -> bool:
        if self.contract:
            if self.reasoning and not self.damaged & {"output", "reasoning"}:
                self.output += self.reasoning
                self.normalized = True
        elif self.total == 0 and self.reasoning and not self.damaged & {"output", "reasoning", "total"}:
            self.output += self.reasoning
            self.compatible = True
        elif self.input + self.output != self.total:
            self._fold_reasoning_if_it_explains_the_total()
        return self.contract

    def _fold_reasoning_if_it_explains_the_total(self) -> None:
        if self.reasoning and not self.damaged and self.input + self.output + self.reasoning == self.total:
            self.output += self.reasoning
            self.compatible = True

    def _settle_total(self) -> None:
        """The total is input + output, if the parts of both are no larger than they are."""
        if self.damaged:
            self._doubt(Outcome.AMBIGUOUS_TOTAL)
        elif self.read + self.write > self.input:
            self._doubt(Outcome.INPUT_BELOW_CACHE)
        elif self.reasoning > self.output:
            self._doubt(Outcome.OUTPUT_BELOW_REASONING)
        else:
            if self.total == 0 and self.input + self.output:
                self.compatible = True
            elif self.total != self.input + self.output:
                self.corrected = True
            self.total = self.input + self.output

    def _fill_total(self) -> None:
        """A missing total is filled in; another one stands."""
        if "total" in self.damaged or (self.total == 0 and self.damaged & {"input", "output"}):
            self._doubt(Outcome.AMBIGUOUS_TOTAL)
        elif self.total == 0:
            self.total = self.input + self.output or self.read
            self.compatible = self.compatible or self.total > 0
        elif self.total != self.input + self.output and self.family is not Family.STRICT:
            self._doubt(Outcome.AMBIGUOUS_TOTAL)

    def _doubt(self, outcome: Outcome) -> None:
        self.ambiguous = self.ambiguous or outcome

    def _tokens(self) -> tuple[Tokens, Outcome]:
        total = max(self.total, self.input + self.output)
        if max(total, self.read, self.write, self.reasoning) > TOKENS_MAX:
            return _NOTHING, Outcome.OVERFLOW
        tokens = Tokens(
            self.input, self.read, self.write, self.output, self.reasoning, total - self.input - self.output
        )
        if self.ambiguous is not None:
            return tokens, self.ambiguous
        if self.corrected:
            return tokens, Outcome.CORRECTED
        if self.compatible:
            return tokens, Outcome.COMPATIBILITY
        return tokens, Outcome.NORMALIZED if self.normalized else Outcome.VALID
