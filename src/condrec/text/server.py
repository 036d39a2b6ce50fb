"""A language model behind a server that speaks the protocol of OpenAI."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from condrec.errors import CondrecError
from condrec.settings import require
from condrec.text.clean import plain_text
from condrec.text.prompted import PromptedLanguageModel
from condrec.text.reply_store import Reply, ReplyStore, Request

if TYPE_CHECKING:
    from openai import AsyncOpenAI

# The client waits at most this long between two tries, where the server asks for it.
_LONGEST_WAIT = 120.0

# Why a reply may have ended before its answer did.
CUT_OFF = ("length", "content_filter")

# Refusals of one text, whatever the others: as good as a reply that was cut off.
OF_ONE_TEXT = ("content_filter", "content_policy_violation", "context_length_exceeded")

# What reading anything else as a completion may end in; RecursionError: JSON without end.
_NO_COMPLETION = (ValueError, TypeError, AttributeError, LookupError, RecursionError)


class ServerLanguageModel(PromptedLanguageModel):
    """Asks a model at any server that has the address ``/chat/completions`` of OpenAI.

    Replies are kept by the model's name, whatever the server: the same name elsewhere is taken
    for the same model.  A server that fails for good ends the call with an error after at most
    ``(max_retries + 1) * (timeout + 120)`` seconds; the requests in flight beside it may finish,
    and all replies are kept.

    Args:
        model: as the server names it.
        base_url: the address, up to "/v1"; None for the variable OPENAI_BASE_URL, else OpenAI's.
        api_key: None for the variable OPENAI_API_KEY.
        concurrency: requests in flight at most.
        timeout: seconds without a sign of the server until a try counts as failed.
        max_retries: further tries after a time-out, a lost connection or a status of 408, 409, 429
            or 500 and above, with growing waits between them or as long as the server asks for, up
            to two minutes.
        store: see :class:`PromptedLanguageModel`.

    Raises:
        CondrecError: a limit out of range.

    Source: Wu et al. 2023, Eq. 2 and Eq. 3; they asked gpt-3.5-turbo.
    """

    backend = "server"

    def __init__(
        self,
        model: str,
        base_url: str | None = None,
        api_key: str | None = None,
        concurrency: int = 8,
        timeout: float = 60.0,
        max_retries: int = 6,
        store: Path | None = None,
    ) -> None:
        super().__init__(model, store)
        require(concurrency >= 1, f"concurrency: found {concurrency}, expected at least 1")
        require(timeout > 0, f"timeout: found {timeout}, expected seconds above 0")
        require(max_retries >= 0, f"max_retries: found {max_retries}, expected at least 0")
        self._concurrency, self._timeout, self._max_retries = concurrency, timeout, max_retries
        self._base_url, self._api_key = base_url, api_key

    def _ask(self, requests: Sequence[Request], store: ReplyStore) -> None:
        _run_apart(self._ask_all(requests, store))

    async def _ask_all(self, requests: Sequence[Request], store: ReplyStore) -> None:
        from tqdm import tqdm

        failures: list[Exception] = []
        waiting = iter(requests)

        async def ask_on() -> None:
            for request in waiting:
                try:
                    # Another process may have asked it in the meantime.
                    if store.get(request) is None:
                        store.put(request, await self._reply(client, request))
                except Exception as error:  # whatever it is, the others' replies are kept
                    failures.append(error)
                if failures:  # nothing new is sent, what others wait for is still kept
                    return
                bar.update()

        async with self._client() as client:
            with tqdm(total=len(requests), desc=self.name, unit="reply") as bar:
                async with asyncio.TaskGroup() as group:
                    for _ in range(min(self._concurrency, len(requests))):
                        group.create_task(ask_on())
        if failures:
            raise failures[0]

    def _client(self) -> AsyncOpenAI:
        try:
            from openai import AsyncOpenAI, OpenAIError
        except ImportError as error:
            raise CondrecError(
                "a server's language model needs the package openai: install it, or use a local "
                "or the extractive model"
            ) from error
        try:
            client = AsyncOpenAI(
                base_url=self._base_url,
                api_key=self._api_key,
                timeout=self._timeout,
                max_retries=self._max_retries,
            )
        except OpenAIError as error:
            raise CondrecError(
                "found no API key, expected one in the variable OPENAI_API_KEY: set it (to any "
                "word where the server wants no key), and OPENAI_BASE_URL where it is not OpenAI's"
            ) from error
        except Exception as error:  # the client's own kinds, of an address it cannot read
            raise CondrecError(
                f"server: found an address that cannot be read ({plain_text(str(error))[:200]}), "
                "expected one such as http://localhost:8000/v1; set OPENAI_BASE_URL again"
            ) from error
        # A line break read from a file, say; the error of the connection would show the key.
        require(
            client.api_key.isascii() and client.api_key.split() == [client.api_key],
            "found an API key with a space, a line break or a letter beyond ASCII, expected one "
            "word; set OPENAI_API_KEY again",
        )
        return client

    async def _reply(self, client: AsyncOpenAI, request: Request) -> Reply:
        """Ask one question, retried by the client; every way it can fail has its sentence."""
        import openai

        where = f"server {client.base_url.host or client.base_url}"
        if client.base_url.port:
            where += f":{client.base_url.port}"
        bound = (self._max_retries + 1) * (self._timeout + _LONGEST_WAIT)
        try:
            # The client's time-out starts anew with every byte, this one does not.
            async with asyncio.timeout(bound):
                completion = await client.chat.completions.create(
                    model=request.model,
                    messages=cast(Any, list(request.messages)),
                    temperature=request.settings["temperature"],
                    max_tokens=request.settings["max_tokens"],
                )
            # The client hands on whatever a server sends, text of a web page included.
            return _read(completion)
        except (openai.APITimeoutError, TimeoutError) as error:
            found = f"no answer within {self._timeout:g} s, {self._tries}"
            raise _failure(where, found, "see whether it is overloaded") from error
        except openai.APIConnectionError as error:
            found = f"no connection ({plain_text(str(error.__cause__))[:200]}), {self._tries}"
            advice = "start it, or set OPENAI_BASE_URL to its address"
            raise _failure(where, found, advice) from error
        except openai.APIStatusError as error:
            if error.status_code == 400 and error.code in OF_ONE_TEXT:
                return Reply("")
            # What the server says helps, but nobody has checked it, and it may repeat the key.
            said = str(error).removeprefix(f"Error code: {error.status_code}").lstrip(" -")
            said = plain_text(said.replace(client.api_key, "[key]"))[:200]
            raise self._refusal(where, error.status_code, said) from error
        except (openai.OpenAIError, *_NO_COMPLETION) as error:
            found = "a body that is no chat completion"
            advice = "set OPENAI_BASE_URL to the address of its protocol, often ending in /v1"
            raise _failure(where, found, advice) from error

    @property
    def _tries(self) -> str:
        return f"tried up to {self._max_retries + 1} times"

    def _refusal(self, where: str, status: int, said: str) -> CondrecError:
        if status == 401:
            said = ""  # servers like to repeat a part of the key
        if status in (401, 403):
            found = "a refusal of the API key"
            advice = "set OPENAI_API_KEY to a key that may use the model"
        elif status == 404:
            found = f"no model {self.model!r}"
            advice = "name a model it serves, and see whether its address should end in /v1"
        elif status == 429:
            found = f"no more requests admitted, {self._tries}"
            advice = "wait or raise the quota, then start again"
        elif status >= 500:
            found = f"an error of its own, {self._tries}"
            advice = "read the server's log, then start again"
        else:
            found, advice = "the request refused", "use a model that takes such a request"
        return _failure(where, f"{found} (status {status}{': ' * bool(said)}{said})", advice)


def _failure(where: str, found: str, advice: str) -> CondrecError:
    return CondrecError(
        f"{where}: found {found}, expected a chat completion; {advice}; the replies so far are "
        "kept and not asked again"
    )


def _read(completion: Any) -> Reply:
    """Return what a completion says, raising one of ``_NO_COMPLETION`` if it is none."""
    choice = completion.choices[0]
    text = choice.message.content
    if not isinstance(text, str | None):
        raise TypeError("content is no text")
    if getattr(choice, "finish_reason", None) in CUT_OFF:
        text = ""  # half an answer is none: it is asked again, then replaced and counted
    counts = [getattr(completion.usage, f"{kind}_tokens", 0) for kind in ("prompt", "completion")]
    # Some servers do not count, and no honest count is as large as that.
    return Reply(text or "", *(n if isinstance(n, int) and 0 < n < 10**9 else 0 for n in counts))


def _run_apart(work: Coroutine[Any, Any, None]) -> None:
    """Run ``work`` in a thread: a notebook's own already runs a loop.  Ctrl-C ends it at once."""
    started: Future[tuple[asyncio.AbstractEventLoop, asyncio.Task[Any]]] = Future()

    async def main() -> None:
        task = asyncio.current_task()
        assert task is not None
        started.set_result((asyncio.get_running_loop(), task))
        await work

    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(asyncio.run, main())
        try:
            running.result()
        finally:
            if not running.done():
                loop, task = started.result()
                loop.call_soon_threadsafe(task.cancel)
