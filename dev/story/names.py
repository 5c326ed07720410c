"""Invented names of firms, people and places. Phone numbers are from the ranges kept free for fiction."""


def _words(text, between=" "):
    return text.split(between)


FIRST = _words(
    "Alice Brian Carla Daniel Elena Frank Grace Hannah Ian Julia Kevin Laura Marco Nina Oscar Paula Quentin Rosa "
    "Simon Teresa Ulrich Vera Walter Yvonne Amir Bianca Carlos Dora Emil Fiona Gustav Helga Ivan Jana Karim Lena "
    "Mateo Nadia Omar Petra Ravi Silvia Tariq Uma Victor Wanda Xavier Yara Zoe"
)
LAST = _words(
    "Abbott Barros Castell Duarte Ellison Fischer Grant Hoffmann Ibarra Jensen Keller Lambert Moreau Nilsen Olsen "
    "Pereira Quinn Rossi Schmidt Tanaka Ulrich Vargas Walsh Young Zimmer Becker Carver Dalton Engel Ferrer Gibbs "
    "Hughes Ingram Jacobs Kemp Larsson Mercer Novak Osborne Pratt Reyes Stokes Turner Voss Weber"
)
PLACES = _words(
    "Alder Ash Birch Briar Cedar Clear Copper Dover East Elm Fair Fern Glen Granite Green Hazel High Iron Kings Lake "
    "Laurel Long Maple Marsh Mill Moss North Oak Pine Quarry Red Ridge River Rock Salt Silver South Spring Stone "
    "Summit Thorn Vale West White Willow Wind"
)
ENDS = _words(
    "bridge brook field ford gate ham haven hill hurst land ley mere mont port shore stead ton view ville wood"
)
CUSTOMERS = _words(
    "Foods|Dairy|Brewing|Water Works|Chemicals|Paper|Farms|Hospital|Hotels|Mining|Plastics|Textiles|Municipal Utility|"
    "Pharma|Irrigation|Cannery|Fisheries|Construction|Greenhouses|Bottling",
    "|",
)
LEGAL = {"US": "Inc.", "CA": "Ltd.", "GB": "Ltd", "DE": "GmbH", "FR": "SARL", "AU": "Pty Ltd"}
CITIES = {
    "US": ["Columbus", "Denver", "Tulsa", "Portland", "Raleigh", "Omaha", "Fresno"],
    "CA": ["Hamilton", "Calgary", "Laval"],
    "GB": ["Leeds", "Bristol", "Dundee"],
    "DE": ["Bremen", "Kassel", "Ulm"],
    "FR": ["Nantes", "Dijon", "Pau"],
    "AU": ["Geelong", "Hobart", "Cairns"],
}
US_STATES = ["OH", "CO", "OK", "OR", "NC", "NE", "CA"]  # of the cities above
PHONES = {
    "US": [
        "+1 614 555 01{:02d}",
        "+1 303 555 01{:02d}",
        "+1 918 555 01{:02d}",
        "+1 503 555 01{:02d}",
        "+1 919 555 01{:02d}",
    ],
    "CA": ["+1 905 555 01{:02d}", "+1 403 555 01{:02d}", "+1 450 555 01{:02d}"],
    "GB": ["+44 20 7946 0{:03d}", "+44 113 496 0{:03d}", "+44 117 496 0{:03d}"],
    "DE": ["+49 30 23125 {:03d}", "+49 221 4710 {:03d}"],
    "FR": ["+33 1 99 00 {:02d} 17", "+33 2 61 91 {:02d} 45"],
    "AU": ["+61 2 5550 10{:02d}", "+61 3 5550 20{:02d}"],
}


def person(random):
    return random.choice(FIRST), random.choice(LAST)


def place(random):
    return random.choice(PLACES) + random.choice(ENDS)


def phone(random, country):
    form = random.choice(PHONES[country])
    return form.format(random.randrange(1000 if ":03d" in form else 100))


def slug(name):
    return "".join(letter for letter in name.lower() if letter.isalnum())
