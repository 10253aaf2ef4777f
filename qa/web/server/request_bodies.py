"""Validation of the JSON that the page, programs and MCP clients send, before Gradio reads it.

Gradio treats whatever looks like one of its files as a file, in any input of any event: it downloads the address or
opens the path in it. So only bodies of the shapes that the page and the endpoints use are accepted. An accepted body is
serialised again, so that two JSON parsers cannot differ about it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from inspect import Parameter, signature
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError, create_model

from qa.web.ui.messages import MAX_QUESTION_CHARACTERS, Conversation

if TYPE_CHECKING:
    import gradio as gr

MAX_BODY_BYTES = 4_000_000  # largest JSON body: each question comes with its conversation, a few kilobytes a turn
_MAX_QUOTES = 40_000
_MAX_BRACKETS = 20_000
_MAX_VALUES = 60_000
_MAX_DEPTH = 12

# A JSON string; possessive, so that it never backtracks.
_STRING = re.compile(rb'"(?:[^"\\]|\\.)*+"', re.DOTALL)
_PATH = re.compile(r"/gradio_api/(?:(component_server|cancel|reset|queue/join|mcp)|(call/v2|call|run)/(\w+))(?:/.*)?")


class BodyError(ValueError):
    """A body of a shape that neither the page nor an endpoint uses."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


_Name = Annotated[str, Field(max_length=200)]
_Session = Annotated[str, Field(min_length=1, max_length=200)]
_Text = Annotated[str, Field(max_length=MAX_QUESTION_CHARACTERS)]
_LongText = Annotated[str, Field(max_length=MAX_BODY_BYTES)]
_Title = Annotated[str, Field(max_length=2_000)]
_Number = Annotated[int, Field(ge=-(2**53), le=2**53)]
_Scalar = _LongText | bool | _Number | Annotated[float, Field(allow_inf_nan=False)] | None
_Titles = Annotated[list[_Title], Field(max_length=20_000)]
_Texts = Annotated[list[_Scalar], Field(max_length=20_000)]
_Input = _Scalar | _Texts
_Inputs = Annotated[dict[_Name, _Input], Field(max_length=50)]


class _Call(_Strict):
    data: Annotated[list[Any], Field(max_length=50)]
    event_data: Any = None
    fn_index: _Number | None = None
    trigger_id: _Number | None = None
    session_hash: _Session | None = None
    simple_format: bool = False
    # Sent by Gradio's clients, and ignored.
    event_id: _Name | None = None
    batched: Annotated[bool | None, Field(json_schema_extra={"const": False})] = False


class _MessageIndex(BaseModel):
    """The message to retry or undo. Its text is ignored: the conversation has it."""

    index: _Number | list[_Number]
    value: Annotated[None, BeforeValidator(lambda _: None)] = None


class _UploadedFile(_Strict):
    name: _Title
    path: _Title | None = None
    problem: _Title | None = None


def _event(**fields: Any) -> TypeAdapter[Any]:  # noqa: ANN401 -- types, or pairs of a type and a default
    """Return the shape of an event's data; a field without a default is required."""
    given: Any = {name: field if isinstance(field, tuple) else (field, ...) for name, field in fields.items()}
    return TypeAdapter(create_model("event_data", __base__=_Strict, **given))


_MESSAGE = TypeAdapter(_MessageIndex)
_EDITED = _event(turn=_Number, text=_Text)
_NAMED = _event(document=_Title)
_ADDED = _event(
    files=(Annotated[list[_UploadedFile], Field(max_length=1_000)] | None, None),
    title=(_Title | None, None),
    text=(_LongText | None, None),
    url=(_Text | None, None),
)
_ACTED = _event(
    act=_Name,
    id=(_Name, ""),
    name=(_Title, ""),
    words=(_Title, ""),
    path=(_Title | None, None),
    problem=(_Title | None, None),
)
_EVENT_DATA: Mapping[str, TypeAdapter[Any]] = {
    "retry": _MESSAGE,
    "undo": _MESSAGE,
    "searched": _EDITED,
    "edited": _EDITED,
    "judged": _event(turn=_Number, verdict=_Name, expected=(_Text | None, None)),
    "added": _ADDED,
    "filtered": _event(words=_Title),
    "removed": _NAMED,
    "restored": _NAMED,
    "model_chosen": _event(model=_Name),
    "acted": _ACTED,
    "switched": _ACTED,
    "imported": _ACTED,
}
"""The data of an event, by the event's name; other events have none."""

_INPUTS: Mapping[str, TypeAdapter[Any]] = {
    "question": TypeAdapter(_Text),
    "conversation": TypeAdapter(Conversation),
    "cleared-conversation": TypeAdapter(Conversation),
    "library-key": TypeAdapter(_Name),
    "conversation-words": TypeAdapter(_Title),
    "chosen": TypeAdapter(_Titles),
}
"""The values of an input component, by its elem_id."""


class _Excerpt(_Strict):
    n: _Number
    document: _Title
    title: _Title
    start: _Number
    end: _Number
    text: _LongText
    page: _Number | None = None
    verdict: _Name | None = None
    recognised: bool = False


class _SavedExchange(_Strict):
    question: _Text
    answer: _LongText | None = None
    confidence: _Title
    confidence_value: Annotated[float, Field(ge=0, le=1)] | None = None
    excerpts: Annotated[list[_Excerpt], Field(max_length=100)] = []
    searched_for: _Text | None = None
    phrased: _Title | None = None
    reason: _Text | None = None


class _FunctionArguments(_Strict):
    links: Annotated[list[Annotated[str, Field(max_length=10_000)]], Field(max_length=100)] | None = None
    library: _Name | None = None
    text: _Text | None = None
    format: _Name | None = None
    chosen: _Titles | None = None
    conversation: Annotated[list[_SavedExchange], Field(max_length=2_000)] | None = None


class _FunctionCall(_Strict):
    session_hash: _Session
    component_id: _Number
    fn_name: _Name
    data: _FunctionArguments


class _Cancelled(_Strict):
    session_hash: _Name
    fn_index: _Number
    event_id: _Name


class _Reset(_Strict):
    event_id: _Name


class _ToolCall(BaseModel):
    """Parameters of MCP's ``tools/call``; the rest of an MCP message contains no files."""

    name: _Name
    arguments: _Inputs | None = None


class _Message(BaseModel):
    jsonrpc: _Name
    method: _Name | None = None
    params: dict[_Name, Any] | None = None


_INPUTS_BY_NAME: TypeAdapter[dict[str, Any]] = TypeAdapter(_Inputs)
_INPUT: TypeAdapter[Any] = TypeAdapter(_Input)


class BodyValidator:
    """Validates the bodies sent to a page, all of whose events are defined.

    Raises
    ------
    TypeError
        If an event of the page has an input that `_INPUTS` does not describe.
    """

    def __init__(self, page: gr.Blocks) -> None:
        import gradio as gr

        self._inputs: dict[int, list[TypeAdapter[Any]]] = {}
        self._events: dict[int, set[str]] = {}
        self._numbers: dict[str, int] = {}
        # Whether each parameter of an endpoint has to be given, by its name.
        self._parameters: dict[str, dict[str, bool]] = {}
        for number, event in page.fns.items():
            self._inputs[number] = [_shape_of(block) for block in event.inputs]
            self._events[number] = {name for _, name in event.targets}
            self._numbers.setdefault(str(event.api_name), number)
            if event.fn is not None and event.api_visibility == "public":
                self._parameters[str(event.api_name)] = {
                    parameter.name: parameter.default is Parameter.empty
                    for parameter in signature(event.fn).parameters.values()
                    if parameter.annotation is not gr.Request
                }

    def checked(self, path: str, body: bytes, owns: Callable[[str], bool]) -> bytes:
        """Return the body of a request, serialised again; `owns` tells whether the sender uploaded the file at a path.

        Raises
        ------
        BodyError
            If it is invalid.
        """
        route = _PATH.fullmatch(path)
        if route is None:
            raise BodyError("unknown endpoint")
        sent = _parsed(body)
        kept: object
        try:
            match route[1] or route[2]:
                case "component_server":
                    kept = _dumped(_FunctionCall.model_validate(sent))
                case "cancel":
                    kept = _dumped(_Cancelled.model_validate(sent))
                case "reset":
                    kept = _dumped(_Reset.model_validate(sent))
                case "mcp":
                    kept = self._message(sent)
                case "call/v2":
                    kept = self._named(sent, route[3])
                case "queue/join":
                    kept = self._call(sent, None, owns)
                case _:
                    kept = self._call(sent, route[3], owns)
        except ValidationError as error:
            raise _body_error(error, "body") from None
        return json.dumps(kept).encode()

    def _call(self, sent: object, name: str | None, owns: Callable[[str], bool]) -> dict[str, Any]:
        call = _Call.model_validate(sent)
        if call.batched:
            raise BodyError("batched: must be false")
        number = self._numbers.get(name or "") if call.fn_index is None else call.fn_index
        if number is None or number not in self._inputs:
            raise BodyError("unknown event or endpoint")
        shapes = self._inputs[number]
        if len(call.data) != len(shapes):
            raise BodyError(f"data: expected {len(shapes)} values, got {len(call.data)}")
        data = [
            None if value is None else _kept(shape, value, f"data.{position}")
            for position, (shape, value) in enumerate(zip(shapes, call.data, strict=True))
        ]
        return {**_dumped(call), "data": data, "event_data": self._event_data(number, call.event_data, owns)}

    def _named(self, sent: object, name: str) -> dict[str, Any]:
        inputs = _INPUTS_BY_NAME.validate_python(sent)
        if name not in self._parameters:
            raise BodyError("unknown endpoint")
        known = self._parameters[name]
        if unknown := sorted(set(inputs) - set(known)):
            raise BodyError(f"{unknown[0][:50]}: unknown parameter; {name} takes {', '.join(known)}")
        if missing := [each for each, needed in known.items() if needed and each not in inputs]:
            raise BodyError(f"{missing[0]}: missing parameter")
        return inputs

    def _event_data(self, number: int, sent: object, owns: Callable[[str], bool]) -> dict[str, Any] | None:
        shapes = [_EVENT_DATA[name] for name in self._events[number] if name in _EVENT_DATA]
        if sent is None or not shapes:
            return None
        data = _dumped(shapes[0].validate_python(sent))
        if not all(file.get("path") is None or owns(file["path"]) for file in data.get("files") or ()):
            raise BodyError("files: contains a file that you did not upload, or that was added already")
        if data.get("path") is not None and not owns(data["path"]):
            raise BodyError("path: is not of a file that you uploaded")
        return data

    @staticmethod
    def _message(sent: object) -> object:
        message = _Message.model_validate(sent)
        if message.method == "tools/call":
            _ToolCall.model_validate(message.params)
        return sent


def _shape_of(block: Any) -> TypeAdapter[Any]:  # noqa: ANN401 -- Gradio's
    import gradio as gr
    from gradio.components.api_component import Api

    if isinstance(block, Api):
        return _INPUT
    shape = _INPUTS.get(str(block.elem_id))
    if shape is None or not isinstance(block, (gr.Textbox, gr.JSON)):
        raise TypeError(f"{block!r} is an input of an event, but _INPUTS does not describe it")
    return shape


def _kept(shape: TypeAdapter[Any], value: object, where: str) -> object:
    try:
        return shape.dump_python(shape.validate_python(value))
    except ValidationError as error:
        raise _body_error(error, where) from None


def _body_error(error: ValidationError, where: str) -> BodyError:
    problem = error.errors(include_input=False, include_url=False)[0]
    parts, message = [where, *(str(part)[:50] for part in problem["loc"][:8])], problem["msg"][:200]
    if parts[-1] == "constrained-str":
        # The first kind of an input that pydantic tried.
        parts.pop()
        message = "must be valid text, a number, true, false, null, or a list of these"
    return BodyError(f"{'.'.join(parts)}: {message}")


def _dumped(model: BaseModel) -> dict[str, Any]:
    return model.model_dump(exclude_unset=True)


def _parsed(body: bytes) -> object:
    """Parse JSON, after checking how many values it has."""
    if len(body) > MAX_BODY_BYTES:
        raise BodyError(f"the body has {len(body):,} bytes; the limit is {MAX_BODY_BYTES:,}")
    if body.count(b'"') - body.count(b'\\"') > _MAX_QUOTES:
        raise BodyError("the body has too many strings")
    structure = _STRING.sub(b"", body)
    brackets = (
        re.findall(rb"[\[{\]}]", structure) if structure.count(b"[") + structure.count(b"{") <= _MAX_BRACKETS else None
    )
    if brackets is None or structure.count(b",") > _MAX_VALUES:
        raise BodyError("the body has too many values")
    depth = deepest = 0
    for bracket in brackets:
        depth += 1 if bracket in b"[{" else -1
        deepest = max(deepest, depth)
    if deepest > _MAX_DEPTH:
        raise BodyError(f"the body is nested {deepest} levels deep; the limit is {_MAX_DEPTH}")
    try:
        return json.loads(body.decode("utf-8"), parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise BodyError("the body is not JSON in UTF-8") from None


def _refuse_constant(name: str) -> object:
    raise ValueError(name)
