import threading
from typing import Any

import pytest

from tests.transactional.market import TestMarket
from transactional.people import checklists, onboarding, vendors
from transactional.people.checklists import ChecklistItemUnknownError, NewItem
from transactional.people.onboarding import SubmissionNotWantedError, SubmissionReviewedError


def item(market: TestMarket, code: str, **how: Any) -> int:
    with market.database.transaction() as connection:
        created = checklists.create(connection, NewItem(code, code.capitalize(), **how))
    return int(created["checklist_item_id"])


def submit(market: TestMarket, vendor_id: int, item_id: int) -> int:
    with market.database.transaction() as connection:
        found = onboarding.submit(connection, vendor_id, item_id, {"number": "7"}, market.clock())
    return int(found["submission_id"])


def review(market: TestMarket, submission_id: int, decision: onboarding.Decision) -> None:
    with market.database.transaction() as connection:
        onboarding.review(connection, submission_id, decision, "blurred", market.clock())


def status(market: TestMarket, vendor_id: int) -> str:
    return str(market.value("select status from vendors where vendor_id = %s", vendor_id))


def steps(market: TestMarket, vendor_id: int) -> list[str]:
    with market.database.transaction() as connection:
        vendor = vendors.read(connection, vendor_id)
        return onboarding.next_steps(vendor, onboarding.checklist(connection, vendor_id))


def test_an_applicant_goes_on_once_every_required_item_is_approved_or_waived(
    market: TestMarket,
) -> None:
    identity, bank = item(market, "identity"), item(market, "bank")
    item(market, "press_kit", is_required=False)
    vendor_id = market.vendor(is_active=False)
    assert status(market, vendor_id) == "applied"
    assert steps(market, vendor_id) == ["submit identity", "submit bank"]
    submission = submit(market, vendor_id, identity)
    assert steps(market, vendor_id) == ["wait for the review of identity", "submit bank"]
    review(market, submission, "approved")
    assert status(market, vendor_id) == "applied"
    with market.database.transaction() as connection:
        onboarding.waive(connection, vendor_id, bank, "known to us", market.clock())
    assert status(market, vendor_id) == "verifying"


def test_the_newest_submission_counts_and_a_rejected_one_says_why(market: TestMarket) -> None:
    identity = item(market, "identity")
    vendor_id = market.vendor(is_active=False)
    review(market, submit(market, vendor_id, identity), "rejected")
    assert steps(market, vendor_id) == ["submit identity again: blurred"]
    older, newer = submit(market, vendor_id, identity), submit(market, vendor_id, identity)
    with pytest.raises(SubmissionReviewedError):
        review(market, older, "approved")
    review(market, newer, "approved")
    with pytest.raises(SubmissionReviewedError):
        review(market, newer, "rejected")
    with pytest.raises(SubmissionNotWantedError):
        submit(market, vendor_id, identity)


def test_a_country_is_asked_for_its_own_items_only(market: TestMarket) -> None:
    abroad = item(market, "vat_number", country="DE")
    vendor_id = market.vendor(is_active=False)
    assert status(market, vendor_id) == "verifying"
    with pytest.raises(ChecklistItemUnknownError):
        submit(market, vendor_id, abroad)


def test_an_applicant_that_lacked_only_a_retired_item_goes_on(market: TestMarket) -> None:
    fax = item(market, "fax")
    vendor_id = market.vendor(is_active=False)
    with market.database.transaction() as connection:
        checklists.retire(connection, fax)
        assert onboarding.advance_all(connection, market.clock()) == 1
    assert status(market, vendor_id) == "verifying"


def test_two_reviews_at_once_of_the_last_two_items_let_the_vendor_go_on(
    market: TestMarket,
) -> None:
    vendor_items = [item(market, "identity"), item(market, "bank")]
    vendor_id = market.vendor(is_active=False)
    submissions = [submit(market, vendor_id, item_id) for item_id in vendor_items]
    reviewers = [
        threading.Thread(target=review, args=(market, submission, "approved"))
        for submission in submissions
    ]
    for reviewer in reviewers:
        reviewer.start()
    for reviewer in reviewers:
        reviewer.join()
    assert status(market, vendor_id) == "verifying"
