"""What the generated market sells and how it is called. All words are our own."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Shelf:
    """A leaf of the category tree and how people buy from it.

    price: a typical price in cents; elasticity: change of demand with price, below 0;
    repeat_days: after how long a buyer wants the same again, 0 where seldom; season_day: the day
    of the year at which demand peaks, season: how strongly, 0 = not at all.
    """

    department: str
    name: str
    nouns: tuple[str, ...]
    price: int
    elasticity: float
    repeat_days: int = 0
    season_day: int = 0
    season: float = 0.0


SHELVES = (
    Shelf("Kitchen", "Cookware", ("Frying Pan", "Saucepan", "Casserole", "Wok"), 4900, -1.4),
    Shelf("Kitchen", "Knives", ("Chef's Knife", "Bread Knife", "Paring Knife"), 5900, -1.1),
    Shelf("Kitchen", "Bakeware", ("Cake Tin", "Baking Tray", "Loaf Tin"), 1900, -1.7, 0, 345, 0.7),
    Shelf("Kitchen", "Tableware", ("Plate Set", "Bowl Set", "Mug", "Jug"), 2900, -1.6),
    Shelf("Kitchen", "Storage", ("Glass Jar", "Lunch Box", "Bread Bin"), 1700, -2.0, 0, 245, 0.3),
    Shelf("Home", "Lighting", ("Desk Lamp", "Floor Lamp", "Pendant Lamp"), 6900, -1.2, 0, 320, 0.4),
    Shelf("Home", "Bedding", ("Duvet Cover", "Pillow", "Blanket"), 5400, -1.5, 0, 330, 0.4),
    Shelf("Home", "Decoration", ("Vase", "Wall Clock", "Mirror", "Print"), 3900, -1.8),
    Shelf("Home", "Candles", ("Soy Candle", "Tealights", "Tapers"), 1500, -2.2, 50, 340, 0.9),
    Shelf("Home", "Cleaning", ("Dish Soap", "Laundry Liquid", "Sponges"), 1100, -1.3, 35),
    Shelf("Garden", "Seeds", ("Tomato Seeds", "Herb Seeds", "Flower Mix"), 500, -1.6, 0, 90, 1.4),
    Shelf("Garden", "Tools", ("Trowel", "Secateurs", "Watering Can"), 2600, -1.3, 0, 110, 1.0),
    Shelf("Garden", "Pots", ("Clay Pot", "Planter", "Hanging Basket"), 2100, -1.7, 0, 125, 0.9),
    Shelf("Garden", "Furniture", ("Bench", "Folding Chair", "Parasol"), 12900, -1.9, 0, 150, 1.3),
    Shelf("Garden", "Bird Care", ("Bird Feeder", "Seed Mix", "Nest Box"), 1600, -1.2, 40, 15, 0.8),
    Shelf("Outdoor", "Tents", ("Two-Person Tent", "Tarp", "Bivvy"), 15900, -1.7, 0, 165, 1.2),
    Shelf("Outdoor", "Backpacks", ("Day Pack", "Trek Pack", "Belt Bag"), 8900, -1.4, 0, 170, 0.6),
    Shelf("Outdoor", "Footwear", ("Boots", "Trail Shoes", "Sandals"), 10900, -1.3, 0, 120, 0.5),
    Shelf("Outdoor", "Bottles", ("Steel Bottle", "Flask", "Travel Mug"), 2700, -1.8, 0, 180, 0.5),
    Shelf("Outdoor", "Cycling", ("Bike Light", "Helmet", "Bike Pump"), 3600, -1.2, 0, 140, 0.8),
    Shelf("Electronics", "Headphones", ("Headphones", "Earbuds"), 9900, -2.3, 0, 335, 0.7),
    Shelf("Electronics", "Chargers", ("Charger", "Power Bank", "Cable"), 2400, -2.6),
    Shelf("Electronics", "Speakers", ("Speaker", "Radio", "Soundbar"), 11900, -2.1, 0, 335, 0.7),
    Shelf("Electronics", "Desk", ("Keyboard", "Mouse", "Monitor Stand"), 5200, -1.9, 0, 245, 0.4),
    Shelf("Electronics", "Batteries", ("AA Batteries", "AAA Batteries"), 1200, -1.5, 75, 355, 0.4),
    Shelf("Pantry", "Coffee", ("Espresso Beans", "Filter Coffee", "Decaf"), 1400, -1.0, 24),
    Shelf("Pantry", "Tea", ("Green Tea", "Breakfast Tea", "Herbal Tea"), 900, -1.1, 32, 10, 0.5),
    Shelf("Pantry", "Snacks", ("Mixed Nuts", "Crackers", "Dried Mango"), 700, -1.9, 20),
    Shelf("Pantry", "Oils", ("Olive Oil", "Walnut Oil", "Cider Vinegar"), 1500, -1.2, 55),
    Shelf("Pantry", "Chocolate", ("Dark Chocolate", "Truffles", "Cocoa"), 800, -1.7, 28, 350, 1.0),
    Shelf("Beauty", "Skin", ("Face Cream", "Cleanser", "Sun Lotion"), 2200, -1.1, 48, 175, 0.3),
    Shelf("Beauty", "Hair", ("Shampoo", "Conditioner", "Hair Oil"), 1300, -1.4, 40),
    Shelf("Beauty", "Bath", ("Bath Salts", "Soap Bar", "Body Wash"), 1000, -1.8, 38, 345, 0.5),
    Shelf("Beauty", "Shaving", ("Razor", "Shaving Soap", "Blades"), 1600, -1.0, 45),
    Shelf("Beauty", "Fragrance", ("Eau de Toilette", "Cologne"), 5600, -1.6, 0, 345, 0.9),
    Shelf("Pets", "Dog Food", ("Dry Dog Food", "Dog Treats"), 3200, -0.8, 26),
    Shelf("Pets", "Cat Food", ("Wet Cat Food", "Cat Treats"), 2400, -0.8, 22),
    Shelf("Pets", "Pet Beds", ("Dog Bed", "Cat Cave", "Blanket"), 4500, -1.6),
    Shelf("Pets", "Pet Toys", ("Rope Toy", "Feather Wand", "Ball"), 1100, -2.0),
    Shelf("Pets", "Pet Care", ("Brush", "Pet Shampoo", "Litter"), 1700, -1.1, 30),
)  # fmt: skip

DEPARTMENTS = tuple(dict.fromkeys(shelf.department for shelf in SHELVES))

STYLES = {
    "Kitchen": ("Cast-Iron", "Enamel", "Copper", "Oak", "Stoneware", "Steel", "Glass"),
    "Home": ("Linen", "Walnut", "Brass", "Wool", "Rattan", "Smoked", "Plain"),
    "Garden": ("Heritage", "Hardy", "Terracotta", "Galvanised", "Cedar", "Compact", "Wild"),
    "Outdoor": ("Ultralight", "All-Weather", "Alpine", "Recycled", "Coastal", "Trail", "Night"),
    "Electronics": ("Wireless", "Compact", "Studio", "Travel", "Fast", "Quiet", "Foldable"),
    "Pantry": ("Organic", "Small-Batch", "Dark-Roast", "Stone-Ground", "Fair", "Smoky", "Mild"),
    "Beauty": ("Gentle", "Unscented", "Cedar", "Citrus", "Repairing", "Daily", "Night"),
    "Pets": ("Grain-Free", "Tough", "Soft", "Natural", "Junior", "Senior", "Washable"),
}
BRAND_STARTS = (
    "Alder", "Birk", "Calder", "Dunmore", "Elm", "Fenn", "Grove", "Harrow", "Isla", "Juniper",
    "Kestrel", "Larch", "Marsh", "Norden", "Ostrava", "Pike", "Quill", "Rowan", "Sable", "Thistle",
    "Umber", "Vesper", "Wren", "Yarrow",
)  # fmt: skip
BRAND_ENDS = ("& Finch", "Works", "Field", "House", "& Daughters", "Supply", "Lane", "Co.")
VARIANTS = (
    "Small",
    "Medium",
    "Large",
    "Blue",
    "Green",
    "Natural",
    "Black",
    "Pack of 2",
    "Pack of 4",
)
PLACES = (
    "Northgate", "Riverside", "Old Mill", "Harbour", "Hilltop", "Market Street", "Lakeside",
    "Station Road", "Orchard", "Castle", "Bridge End", "Meadow", "Foundry", "Chapel Lane",
    "Lighthouse", "Quarry", "Willow", "Cobble", "Southbank", "Fairview",
)  # fmt: skip
TRADES = {
    "Kitchen": "Kitchenware",
    "Home": "Interiors",
    "Garden": "Garden Centre",
    "Outdoor": "Outfitters",
    "Electronics": "Electronics",
    "Pantry": "Provisions",
    "Beauty": "Apothecary",
    "Pets": "Pet Supplies",
}
FIRST_NAMES = (
    "Ada", "Ben", "Clara", "Dario", "Elif", "Felix", "Grace", "Hugo", "Ines", "Jonas", "Kaja",
    "Liam", "Mira", "Noah", "Olga", "Pavel", "Quinn", "Rosa", "Samir", "Tessa", "Uma", "Viktor",
    "Wanda", "Xenia", "Yusuf", "Zofia",
)  # fmt: skip
LAST_NAMES = (
    "Abbott", "Baran", "Costa", "Dvorak", "Evans", "Fischer", "Garcia", "Hansen", "Ito", "Jansen",
    "Kowalska", "Larsen", "Moreau", "Novak", "Okafor", "Petrov", "Rossi", "Silva", "Tanaka", "Ueda",
    "Vargas", "Weber", "Young", "Zielinski",
)  # fmt: skip
REGIONS = ("CA", "TX", "NY", "FL", "IL", "PA", "OH", "WA", "MA", "CO")
