"""One session: the turns of a person or a program with a model, each turn a request of one or more attempts."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

from tests.cpa.accounts import Credential
from tests.cpa.traffic.attempt import NANOSECONDS, Attempt, Failure
from tests.cpa.traffic.caching import Prompt, early_chunk, unmetered, usage_of
from tests.cpa.traffic.company import FAMILIES, IMAGE_MODEL, Model, Workload
from tests.cpa.traffic.failures import NETWORK_ERROR, FailureClass, draw
from tests.cpa.traffic.headers import NO_ANSWER, Answer
from tests.cpa.traffic.incidents import Troubles
from tests.cpa.traffic.usage import NOTHING, Usage, subset

MOST_ATTEMPTS = 3
_TIERS = {"auto": "default", "priority": "priority", "fast": "priority", "flex": "flex"}
_URLS = {
    "claude": "https://api.anthropic.com/v1/messages?beta=true",
    "codex": "https://chatgpt.com/backend-api/codex/responses",
    "xai": "https://api.x.ai/v1/responses",
    "kimi": "https://api.kimi.com/coding/v1/chat/completions",
    "vertex": "https://aiplatform.googleapis.com/v1/projects/atlas-prod-417/locations/global/publishers/google/models",
    "antigravity": "https://daily-cloudcode-pa.googleapis.com/v1internal:streamGenerateContent?alt=sse",
}
_COMPACTED_AT = 250_000
"""Clients summarize a conversation of so many tokens, whatever the model could still take."""
_SECOND_TROUBLE = 0.06
"""The chance that the network fails when CPA has just turned to another credential."""
_GOOGLE_URL = "https://generativelanguage.googleapis.com/v1beta/models"


@dataclass(slots=True)
class Session:
    """Draws a session's attempts from `rng`. `started` is in nanoseconds."""

    workload: Workload
    started: int
    troubles: Troubles
    rng: Random
    model: Model = field(init=False)
    _now: int = field(init=False)
    _favourite: int = field(init=False)
    _connection: str = field(init=False)
    _sockets: set[str] = field(init=False, default_factory=set)

    def __post_init__(self) -> None:
        rng, models = self.rng, self.workload.models
        self.model = rng.choices([model for model, _ in models], [weight for _, weight in models])[0]
        self._now = self.started
        pool = len(self.model.pool)
        self._favourite = rng.choices(range(pool), [2.0**-place for place in range(pool)])[0]
        self._connection = self._request_id()

    def attempts(self) -> Iterator[Attempt]:
        """All attempts, in the order they begin."""
        rng, workload = self.rng, self.workload
        turns = max(1, round(self._around(workload.turns, 0.6)))
        size = max(80, round(self._around(workload.opening, 0.25)))
        # System prompts and tool definitions are alike between sessions, and often still cached.
        shared = min(round(workload.opening * 0.7), size - 50) if rng.random() < 0.55 else 0
        prompt = Prompt(size, max(shared, 0), 60.0)
        if workload.tool.websocket:
            yield self._prewarm()
        for _ in range(turns):
            output = max(1, min(round(self._around(workload.output, 0.85)), 32_000))
            made = list(self._request(prompt, output))
            yield from made
            answered = bool(made) and made[-1].failure is None
            pause = self._around(workload.pause, 0.8) if rng.random() < 0.88 else rng.uniform(60, 900)
            self._now += round(pause * NANOSECONDS)
            prompt = self._next(prompt, output if answered else 0, pause, answered=answered)

    def _next(self, prompt: Prompt, output: int, pause: float, *, answered: bool) -> Prompt:
        if not answered:
            return Prompt(prompt.size, prompt.sent_before, prompt.age + pause)
        grown = prompt.size + output + max(60, round(self._around(self.workload.growth, 0.9)))
        if grown > min(self.model.context * 0.85, _COMPACTED_AT):
            # The client compacts the conversation and begins anew with a summary.
            return Prompt(round(self.workload.opening * 1.6), 0, pause)
        return Prompt(grown, prompt.size, pause)

    def _request(self, prompt: Prompt, output: int) -> Iterator[Attempt]:
        rng, model, workload = self.rng, self.model, self.workload
        request_id = self._connection if workload.tool.websocket else self._request_id()
        tier = rng.choices([tier for tier, _ in workload.tiers], [weight for _, weight in workload.tiers])[0]
        effort = rng.choice(model.efforts)
        streams = rng.random() < workload.tool.streams
        earlier: Answer | None = None
        for number in range(MOST_ATTEMPTS):
            credential = model.pool[(self._favourite + number) % len(model.pool)]
            failure = self.troubles.failure(credential, self._now, rng) or draw(self._family(credential), rng)
            if earlier is not None and rng.random() < _SECOND_TROUBLE:
                failure = NETWORK_ERROR
            attempt = self._attempt(credential, request_id, tier, effort)
            if failure is None or (failure.status == 499 and credential.provider == "vertex"):
                yield from self._answered(attempt, prompt, output, streams=streams)
                return
            self._fail(attempt, failure, earlier)
            yield attempt
            self._now = attempt.completed + rng.randrange(2, 30) * 1_000_000
            if not failure.failover or len(model.pool) == 1:
                return
            earlier = attempt.answer

    def _answered(self, attempt: Attempt, prompt: Prompt, output: int, *, streams: bool) -> Iterator[Attempt]:
        rng, model = self.rng, self.model
        credential = attempt.credential
        attempt.usage = self._usage(credential, prompt, output, streams=streams)
        ttft = self._around(model.ttft_ms * (1 + prompt.size / 250_000), 0.35)
        whole = ttft + output / (model.speed * rng.uniform(0.75, 1.2)) * 1000
        attempt.latency_ms = round(whole)
        attempt.ttft_ms = round(ttft if streams else max(1.0, whole - rng.uniform(1, 20)))
        attempt.answer = self._answer(attempt, "stream" if streams else "whole", 300 + output * 4)
        attempt.silent = credential.provider == "claude" and rng.random() < 0.0006
        if self._family(credential) in ("openai", "codex"):
            attempt.response_tier = _TIERS[attempt.tier]
        yield attempt
        if credential.provider == "codex" and not self.workload.tool.websocket and rng.random() < 0.008:
            yield self._image(attempt)
        self._now = attempt.completed

    def _usage(self, credential: Credential, prompt: Prompt, output: int, *, streams: bool) -> Usage:
        if credential.provider == "vertex" and streams:
            return early_chunk(prompt)
        if self._family(credential) != "claude" and self.rng.random() < 0.0015:
            return unmetered()
        provider = "claude" if self._through_claude(credential) else credential.provider
        return usage_of(self.model, provider, prompt, output, self.rng)

    def _image(self, main: Attempt) -> Attempt:
        """The second record of a Codex request whose hosted image tool was used."""
        usage = subset(self.rng.randrange(40, 400), self.rng.choice((1056, 1584, 4160, 6240)))
        return Attempt(
            main.started,
            main.latency_ms,
            main.ttft_ms,
            main.client,
            main.user_agent,
            main.credential,
            main.endpoint,
            IMAGE_MODEL,
            main.alias,
            main.request_id,
            main.answer,
            usage,
            effort=main.effort,
            tier=main.tier,
        )

    def _fail(self, attempt: Attempt, failure: FailureClass, earlier: Answer | None) -> None:
        rng, credential = self.rng, attempt.credential
        url = _URLS.get(credential.provider, f"{credential.base_url or _GOOGLE_URL}/chat/completions")
        family = self._family(credential)
        attempt.failure = Failure(failure.status, failure.text(family, url, rng))
        if failure.after == "nothing":
            attempt.latency_ms = rng.randrange(40, 30_000)
            # CPA shows the headers of the attempt before, which was on another credential.
            attempt.answer = earlier or NO_ANSWER
            return
        attempt.ttft_ms = rng.randrange(80, 900)
        attempt.latency_ms = attempt.ttft_ms + rng.randrange(0, 40)
        if failure.after == "stream":
            attempt.ttft_ms = round(self._around(self.model.ttft_ms, 0.3))
            attempt.latency_ms = attempt.ttft_ms + rng.randrange(200, 20_000)
        retry = rng.randrange(5, 90) if failure.status == 429 else None
        answer = self._answer(attempt, failure.kind, len(attempt.failure.body.encode()))
        attempt.answer = Answer(
            answer.family, answer.kind, answer.account, answer.serial, retry, failure.status == 429, answer.length
        )

    def _prewarm(self) -> Attempt:
        """Codex opens its connection with a request that generates nothing; it carries the connection's headers."""
        credential = self.model.pool[self._favourite]
        attempt = self._attempt(credential, self._connection, "auto", self.model.efforts[0])
        attempt.generate, attempt.usage, attempt.response_tier = False, NOTHING, "default"
        attempt.latency_ms = self.rng.randrange(180, 700)
        attempt.ttft_ms = attempt.latency_ms - self.rng.randrange(1, 30)
        attempt.answer = self._answer(attempt, "websocket", 0)
        self._now = attempt.completed + self.rng.randrange(20, 900) * 1_000_000
        return attempt

    def _attempt(self, credential: Credential, request_id: str, tier: str, effort: str) -> Attempt:
        model, tool = self.model, self.workload.tool
        attempt = Attempt(
            started=self._now + self.rng.randrange(1_000_000),
            latency_ms=0,
            ttft_ms=0,
            client=self.workload.client,
            user_agent=tool.user_agent,
            credential=credential,
            endpoint=tool.endpoint,
            model=model.name,
            alias=model.alias or model.name,
            request_id=request_id,
            answer=NO_ANSWER,
            effort=effort,
            tier=tier,
        )
        if tool.websocket:
            attempt.executor = "CodexWebsocketsExecutor" if credential.provider == "codex" else "XAIWebsocketsExecutor"
        elif self._through_claude(credential):
            attempt.executor, attempt.provider = "ClaudeExecutor", "claude"
        return attempt

    def _answer(self, attempt: Attempt, kind: str, length: int) -> Answer:
        credential = attempt.credential
        account = credential.file or credential.key or credential.provider
        family = self._family(credential)
        if self.workload.tool.websocket:
            if credential.auth_index in self._sockets:
                return NO_ANSWER
            self._sockets.add(credential.auth_index)
            kind = "websocket"
        return Answer(family, kind, account, self.rng.getrandbits(48), length=length)

    def _through_claude(self, credential: Credential) -> bool:
        """Kimi asked in the Claude protocol is served, and reported, by the Claude executor."""
        return credential.provider == "kimi" and self.workload.tool.endpoint == "POST /v1/messages"

    def _family(self, credential: Credential) -> str:
        return FAMILIES.get(credential.provider, "openai")

    def _request_id(self) -> str:
        return f"{self.rng.getrandbits(32):08x}"

    def _around(self, mean: float, spread: float) -> float:
        """A log-normal draw with that mean."""
        return self.rng.lognormvariate(math.log(mean) - spread * spread / 2, spread)
