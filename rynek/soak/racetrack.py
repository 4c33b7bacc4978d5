"""Where shoppers race for the last units: new offers, new shoppers, all with a token."""

from rynek.soak.oversell import Race, enter
from rynek.soak.site import Site
from transactional.catalogue import offers, products
from transactional.catalogue.offers import NewOffer
from transactional.catalogue.products import NewProduct
from transactional.database import Database
from transactional.gateway import Gateway
from transactional.people import shoppers, vendor_accounts, vendors
from transactional.people.shoppers import NewShopper
from transactional.people.vendors import NewVendor

OFFERS, UNITS = 6, 50
SHOPPERS = 200
PRICE_CENTS = 1_999


def laid_out(site: Site, seed: int) -> Race:
    """A race for 6 times 50 units between 200 shoppers."""
    now = site.now()
    with Database(site.settings.database_url) as database:
        with database.transaction() as connection:
            vendor_id = vendors.create(connection, NewVendor("Tea House", "Tea Ltd", "US"), now)
        vendor_accounts.open_one(database, Gateway(site.settings), vendor_id, now)
        with database.transaction() as connection:
            product_id = products.create(connection, NewProduct("Green tea"))["product_id"]
            teas = [
                NewOffer(product_id, vendor_id, f"TEA-{number}", PRICE_CENTS, UNITS, 0)
                for number in range(OFFERS)
            ]
            racers = [shoppers.create(connection, NewShopper(None, "Ada")) for _ in range(SHOPPERS)]
            return Race(
                site.settings.database_url,
                [offers.create_offer(connection, new, now)["offer_id"] for new in teas],
                enter(connection, [racer["shopper_id"] for racer in racers]),
                seed=seed,
            )
