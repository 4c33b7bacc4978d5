"""Holds exchanges with Stripe, or its stand-in, to Stripe's published OpenAPI description.

The stand-in started with `RYNEK_STRIPE_RECORD=file` (or `--record file`) writes down every exchange
as it was on the wire. `check_recording(file)` raises ContractBreachError with every deviation:

- a request that was accepted must fit the description, every parameter known and well typed;
- every answer must fit it too, and may not invent properties (the description leaves that open);
- the object inside an event must fit the description of its kind;
- every parameter that was sent must exist in the installed SDK.

The description is Stripe's, changed by the overlay beside it to the API version of the SDK.
"""

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, TypedDict, get_args, get_type_hints
from urllib.parse import parse_qsl

import pytest
import stripe
import stripe.params
from jsonschema import Draft202012Validator
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT202012

Json = dict[str, Any]
ROOT = "urn:stripe"
DECLINED = 402
"""The one refusal whose request was well formed."""
ONLY_FOR_CHECKERS = {"StripeContext": stripe.StripeContext, "Mapping": Mapping}
"""Names that the SDK's parameter types use but import only for type checkers."""


class ContractBreachError(AssertionError):
    """An exchange deviates from Stripe's published description."""


class Recorded(TypedDict):
    """One line of a recording."""

    method: str
    path: str
    query: str
    body: str
    status: int
    answer: str


def folder() -> Path:
    """Where the description lies. Skips the test where it is absent, and fails it in CI."""
    beside = Path(__file__).resolve().parents[1].parent / "shared" / "data"
    found = Path(os.environ.get("RYNEK_DATA") or beside).parent / "stripe"
    if not found.is_dir():
        absent = f"Stripe's OpenAPI description is not at {found}"
        pytest.fail(absent) if os.environ.get("CI") else pytest.skip(absent)
    return found


def check_recording(path: Path, *, after: int = 0) -> int:
    """Check the exchanges recorded after a byte offset, and return how many there were."""
    recorded = path.read_bytes()[after:] if path.exists() else b""
    lines: list[Recorded] = [json.loads(line) for line in recorded.splitlines()]
    description = described(folder())
    breaches = {breach: None for line in lines for breach in description.breaches(line)}
    if breaches:
        raise ContractBreachError("\n".join(breaches))
    return len(lines)


@cache
def described(at: Path) -> "Description":
    document = json.loads((at / "openapi-subset.json").read_text())
    overlay = json.loads((at / "openapi-overlay.json").read_text())
    return Description(overlaid(document, overlay), overlay)


def overlaid(document: Json, overlay: Json) -> Json:
    """The description with the overlay's parameters removed, its properties and routes added."""
    for operation, names in overlay["remove_request_params"].items():
        method, path = operation.split(" ")
        for name in names:
            form_schema(document["paths"][path][method])["properties"].pop(name, None)
    for path, (operation_id, kind) in BEYOND_THE_SUBSET.items():
        document["paths"][path] = {"post": bare_post(operation_id, kind)}
    for kind, names in overlay["add_response_properties"].items():
        document["components"]["schemas"][kind]["properties"] |= {name: {} for name in names}
    changed: Json = closed(document)
    return changed


def closed(node: Any) -> Any:
    """OpenAPI 3.0 as JSON Schema: `nullable` spelled out, objects closed to unknown properties."""
    if isinstance(node, list):
        return [closed(item) for item in node]
    if not isinstance(node, dict):
        return node
    schema = {name: closed(value) for name, value in node.items()}
    if isinstance(node.get("properties"), dict) and node.get("type") == "object":
        schema.setdefault("additionalProperties", False)
    if schema.pop("nullable", None) is True:
        return {"anyOf": [schema, {"type": "null"}]}
    return schema


def form_schema(operation: Json) -> Json:
    content = operation["requestBody"]["content"]["application/x-www-form-urlencoded"]
    schema: Json = content["schema"]
    return schema


def query_schema(operation: Json) -> Json:
    declared = [item for item in operation.get("parameters", []) if item["in"] == "query"]
    properties = {item["name"]: item["schema"] for item in declared}
    return {"type": "object", "properties": properties, "additionalProperties": False}


@dataclass
class Description:
    """The description, ready to judge exchanges."""

    document: Json
    overlay: Json
    registry: "Registry[Any]" = field(init=False)

    def __post_init__(self) -> None:
        resource = Resource.from_contents(self.document, default_specification=DRAFT202012)
        self.registry = Registry().with_resource(ROOT, resource)

    def breaches(self, line: Recorded) -> Iterator[str]:
        """What is wrong with one exchange, in words."""
        where = f"{line['method']} {line['path']} -> {line['status']}"
        template = self.template_of(line["path"])
        if template is None or line["method"].lower() not in self.document["paths"][template]:
            if line["status"] < 400:
                yield f"{where}: Stripe has no such route"
            return
        for problem in self.problems(line, template, line["method"].lower()):
            yield f"{where}: {problem}"

    def problems(self, line: Recorded, template: str, method: str) -> Iterator[str]:
        operation = self.document["paths"][template][method]
        sent = line["body"] if method == "post" else line["query"]
        answer = json.loads(line["answer"])
        yield from self.withdrawn(f"{method} {template}", sent, line["status"], answer)
        if line["status"] < 400 or line["status"] == DECLINED:
            schema = form_schema(operation) if method == "post" else query_schema(operation)
            asked = typed(schema, nested(sent))
            yield from (f"request {fault}" for fault in self.faults(schema, asked))
            yield from (f"the SDK lacks {name}" for name in unknown_to_sdk(operation, asked))
        key = "200" if line["status"] < 400 else "default"
        expected = operation["responses"][key]["content"]["application/json"]["schema"]
        yield from (f"answer {fault}" for fault in self.faults(expected, answer))
        yield from self.event_faults(answer)

    def withdrawn(self, operation: str, sent: str, status: int, answer: Json) -> Iterator[str]:
        """A parameter that the API withdrew must be refused, by the overlay's code."""
        given = nested(sent).keys() & {*self.overlay["remove_request_params"].get(operation, ())}
        refusal = self.overlay["error_when_sent"]
        told = (status, answer.get("error", {}).get("code"))
        if given and told != (refusal["status"], refusal["code"]):
            yield f"{', '.join(given)} was withdrawn and must be refused with {refusal}"

    def event_faults(self, answer: Json) -> Iterator[str]:
        for item in answer.get("data", []) if answer.get("object") == "list" else [answer]:
            if item.get("object") == "event":
                yield from self.object_faults(item["data"]["object"])

    def object_faults(self, body: Json) -> Iterator[str]:
        """What is wrong with an object, judged by the kind that it says it is."""
        schema = {"$ref": f"#/components/schemas/{body['object']}"}
        return self.faults(schema, body)

    def faults(self, schema: Json, value: Any) -> Iterator[str]:
        validator = Draft202012Validator(anchored(schema), registry=self.registry)
        for error in validator.iter_errors(value):
            yield f"{error.json_path}: {error.message[:300]}"

    def template_of(self, path: str) -> str | None:
        """The description's path for a concrete one; a literal path wins over a pattern."""
        found = [template for template in self.document["paths"] if matches(template, path)]
        return min(found, key=lambda template: template.count("{"), default=None)


def matches(template: str, path: str) -> bool:
    return re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path) is not None


def anchored(node: Any) -> Any:
    """A piece of the description with its references made absolute, to stand alone."""
    if isinstance(node, list):
        return [anchored(item) for item in node]
    if not isinstance(node, dict):
        return node
    return {
        name: ROOT + value if name == "$ref" and value.startswith("#") else anchored(value)
        for name, value in node.items()
    }


def nested(form: str) -> Json:
    """A form as nested dicts of strings; arrays stay dicts keyed by their index."""
    root: Json = {}
    for name, value in parse_qsl(form, keep_blank_values=True):
        *path, last = re.findall(r"[^\[\]]+", name)
        branch = root
        for step in path:
            branch = branch.setdefault(step, {})
        branch[last] = value
    return root


def typed(schema: Json, value: Any) -> Any:
    """A form's strings as the types that the schema wants, where they fit."""
    for option in schema.get("anyOf", []):
        if (fitted := typed(option, value)) != value:
            return fitted
    kind = schema.get("type")
    if isinstance(value, dict):
        if kind == "array":
            return [typed(schema["items"], item) for _, item in sorted(value.items())]
        known = schema.get("properties", {})
        return {name: typed(known.get(name, {}), item) for name, item in value.items()}
    if kind == "integer" and re.fullmatch(r"-?\d+", value):
        return int(value)
    return {"true": True, "false": False}.get(value, value) if kind == "boolean" else value


def unknown_to_sdk(operation: Json, asked: Json) -> Iterator[str]:
    """Parameters that the SDK's own types do not have."""
    name = SDK_PARAMETERS.get(operation["operationId"])
    if name is None:
        yield f"parameters of {operation['operationId']}: name them in SDK_PARAMETERS"
        return
    yield from strangers(getattr(stripe.params, name), asked, "")


def strangers(kind: Any, asked: Any, prefix: str) -> Iterator[str]:
    """Names in `asked` that the TypedDict `kind` lacks, at any depth."""
    if not isinstance(asked, dict) or not is_hash(kind):
        return
    hints = get_type_hints(kind, localns=ONLY_FOR_CHECKERS)
    for name, value in asked.items():
        if name not in hints:
            yield f"{prefix}{name}"
            continue
        options = [one for one in (hints[name], *get_args(hints[name])) if is_hash(one)]
        complaints = [[*strangers(one, value, f"{prefix}{name}.")] for one in options]
        yield from min(complaints, key=len, default=[])


def is_hash(kind: Any) -> bool:
    """Whether a parameter's type is one of the SDK's TypedDicts."""
    return hasattr(kind, "__required_keys__")


def strange_parameters(method: str, path: str, names: Iterable[str]) -> list[str]:
    """Parameters of a route that Stripe's description, or the installed SDK, does not have."""
    description = described(folder())
    template = description.template_of(path)
    assert template is not None, f"Stripe has no route {path}"
    operation = description.document["paths"][template][method.lower()]
    schema = form_schema(operation) if method == "POST" else query_schema(operation)
    asked = dict.fromkeys(names, "")
    undescribed = [f"{name} is not described" for name in asked if name not in schema["properties"]]
    return [*undescribed, *(f"the SDK lacks {name}" for name in unknown_to_sdk(operation, asked))]


SDK_PARAMETERS = {
    "DeleteWebhookEndpointsWebhookEndpoint": "WebhookEndpointDeleteParams",
    "GetAccounts": "AccountListParams",
    "GetAccountsAccount": "AccountRetrieveParams",
    "GetBalance": "BalanceRetrieveParams",
    "GetBalanceTransactions": "BalanceTransactionListParams",
    "GetBalanceTransactionsId": "BalanceTransactionRetrieveParams",
    "GetCharges": "ChargeListParams",
    "GetChargesCharge": "ChargeRetrieveParams",
    "GetDisputes": "DisputeListParams",
    "GetDisputesDispute": "DisputeRetrieveParams",
    "GetEvents": "EventListParams",
    "GetEventsId": "EventRetrieveParams",
    "GetPaymentIntents": "PaymentIntentListParams",
    "GetPaymentIntentsIntent": "PaymentIntentRetrieveParams",
    "GetPaymentMethodsPaymentMethod": "PaymentMethodRetrieveParams",
    "GetPayouts": "PayoutListParams",
    "GetPayoutsPayout": "PayoutRetrieveParams",
    "GetRefunds": "RefundListParams",
    "GetRefundsRefund": "RefundRetrieveParams",
    "GetTransfers": "TransferListParams",
    "GetTransfersIdReversals": "TransferListReversalsParams",
    "GetTransfersTransferReversalsId": "TransferRetrieveReversalParams",
    "GetTransfersTransfer": "TransferRetrieveParams",
    "GetWebhookEndpoints": "WebhookEndpointListParams",
    "GetWebhookEndpointsWebhookEndpoint": "WebhookEndpointRetrieveParams",
    "PostAccountLinks": "AccountLinkCreateParams",
    "PostAccounts": "AccountCreateParams",
    "PostAccountsAccount": "AccountUpdateParams",
    "PostDisputesDispute": "DisputeModifyParams",
    "PostDisputesDisputeClose": "DisputeCloseParams",
    "PostPaymentIntents": "PaymentIntentCreateParams",
    "PostPaymentIntentsIntent": "PaymentIntentUpdateParams",
    "PostPaymentIntentsIntentCancel": "PaymentIntentCancelParams",
    "PostPaymentIntentsIntentConfirm": "PaymentIntentConfirmParams",
    "PostPayouts": "PayoutCreateParams",
    "PostPayoutsPayout": "PayoutModifyParams",
    "PostPayoutsPayoutCancel": "PayoutCancelParams",
    "PostRefunds": "RefundCreateParams",
    "PostRefundsRefund": "RefundModifyParams",
    "PostRefundsRefundCancel": "RefundCancelParams",
    "PostTransfers": "TransferCreateParams",
    "PostTransfersIdReversals": "TransferCreateReversalParams",
    "PostTransfersTransfer": "TransferModifyParams",
    "PostTransfersTransferReversalsId": "TransferModifyReversalParams",
    "PostWebhookEndpoints": "WebhookEndpointCreateParams",
}
"""The SDK's parameter types, by the description's operation ids."""

BEYOND_THE_SUBSET = {
    "/v1/disputes/{dispute}/close": ("PostDisputesDisputeClose", "dispute"),
    "/v1/payouts/{payout}/cancel": ("PostPayoutsPayoutCancel", "payout"),
    "/v1/refunds/{refund}/cancel": ("PostRefundsRefundCancel", "refund"),
}
"""POST routes without parameters that the description leaves out: operation, kind answered."""


def bare_post(operation_id: str, kind: str) -> Json:
    """The description of a POST that takes nothing and answers with an object or an error."""

    def answering(schema: str) -> Json:
        content = {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}
        return {"description": "", "content": content}

    form = {"type": "object", "properties": {}, "additionalProperties": False}
    return {
        "operationId": operation_id,
        "requestBody": {"content": {"application/x-www-form-urlencoded": {"schema": form}}},
        "responses": {"200": answering(kind), "default": answering("error")},
    }
