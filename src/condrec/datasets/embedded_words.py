"""The words the embedded news are made of: topics, their subjects, and what is said of them."""

from __future__ import annotations

# One topic a block: its name, four adjectives, four verbs; then three subjects, ten nouns each.
# Nouns are plural and verbs transitive, so that any of them make a sentence together.
_TOPICS = """
sport | injured fearless unbeaten veteran | outplay challenge sign train
football: strikers goalkeepers penalties referees defenders wingers derbies transfers fouls corners
tennis: racquets serves volleys rallies umpires tiebreaks backhands doubles courts lobs
cycling: sprinters climbers pelotons helmets breakaways pedals sprockets spokes velodromes stages
politics | elected outspoken undecided defeated | debate reject amend propose
elections: ballots candidates voters polls landslides recounts wards manifestos turnouts pollsters
diplomacy: treaties ambassadors summits sanctions envoys embassies alliances truces borders consuls
parliament: ministers committees lobbyists bills whips peers amendments coalitions hearings chambers
business | listed profitable indebted ambitious | acquire finance audit restructure
markets: shares bonds brokers dividends indices traders futures hedges bourses yields
startups: founders investors incubators prototypes pitches mergers mentors patents unicorns loans
housing: mortgages tenants landlords builders rents flats estates plots surveyors cottages
health | chronic healthy recovering vulnerable | treat prevent diagnose vaccinate
nutrition: vitamins calories proteins fibres minerals diets sugars fats supplements portions
medicine: vaccines antibiotics surgeons nurses hospitals trials symptoms clinics doses pharmacies
fitness: squats runners stretches treadmills dumbbells coaches kettlebells marathons muscles joggers
science | distant unexplained measured fragile | observe model sample confirm
astronomy: comets telescopes galaxies planets eclipses asteroids nebulae orbits moons supernovae
biology: genes enzymes fungi cells microbes proteomes organisms bacteria species embryos
archaeology: ruins tombs fossils amphorae mosaics excavations skeletons temples inscriptions relics
technology | encrypted wireless outdated autonomous | hack upgrade replace automate
software: browsers updates bugs developers databases passwords compilers servers backups interfaces
robots: drones sensors actuators grippers exoskeletons androids motors welders swarms gearboxes
phones: handsets screens batteries cameras chargers headsets tablets selfies ringtones keypads
travel | remote scenic crowded affordable | visit explore book photograph
beaches: islands resorts lagoons surfers sunbeds coves hammocks reefs parasols lifeguards
mountains: hikers glaciers cabins ridges skiers trails alpinists gorges avalanches chairlifts
railways: trains locomotives engines wagons tickets carriages conductors viaducts stations tunnels
food | roasted seasonal spicy homemade | taste bake serve season
baking: loaves pastries muffins scones sourdoughs tarts croissants cakes biscuits doughs
wine: vineyards corks sommeliers grapes cellars vintages barrels decanters rieslings bottles
vegetables: carrots lentils pumpkins salads leeks aubergines beans onions turnips radishes
film | animated haunting acclaimed forgotten | direct screen rewrite celebrate
comedies: jokes sitcoms pranks comedians parodies punchlines sketches clowns gags satires
thrillers: detectives murders hostages spies alibis heists suspects conspiracies clues kidnappers
documentaries: archives narrators voices interviews portraits reporters essays memoirs letters reels
music | acoustic improvised thunderous melodic | record perform remix compose
jazz: saxophones trumpeters solos quartets trombones bandleaders clarinets ballads basslines drums
opera: sopranos arias tenors librettos overtures choruses divas baritones costumes curtains
rock: guitarists drummers riffs amplifiers festivals anthems encores roadies groupies tours
nature | endangered nocturnal sheltered rare | protect count track feed
birds: owls feathers nests falcons sparrows herons migrations eggs puffins woodpeckers
forests: oaks rangers mushrooms wildfires saplings pines beetles beavers clearings mosses
oceans: whales corals dolphins currents turtles jellyfish seals tides octopuses divers
fashion | handmade vintage oversized elegant | design wear alter display
shoes: sneakers boots sandals heels laces cobblers soles loafers insoles clogs
jewellery: necklaces diamonds rings earrings goldsmiths pearls bracelets brooches gems rubies
textiles: silks looms weavers cottons scarves tailors embroideries linens patterns dyes
"""
PLACES = (
    "Lisbon", "Oslo", "Nairobi", "Kyoto", "Lima", "Toronto", "Leeds", "Cairo", "Hanoi", "Porto",
    "Geneva", "Austin", "Quito", "Riga", "Perth", "Cork", "Dakar", "Seoul", "Bergen", "Naples",
)  # fmt: skip
PEOPLE = (
    "experts", "residents", "officials", "critics", "students", "families", "visitors", "insiders",
    "volunteers", "newcomers",
)  # fmt: skip
MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September")
TITLES = (
    "{adjective} {a} {verb} {b} in {place}",
    "How {a} {verb} {b}",
    "Why {adjective} {a} matter to {people}",
    "{place} looks at {a} and {b}",
    "{people} ask whether {a} can {verb} {b}",
)
ABSTRACTS = (
    "News about {subject} from {place}: {adjective} {c} {verb} {d}, {people} say. By {month} the "
    "{a} could {verb2} more {e}.",
    "In {place} {people} talk about {subject} again. The {a} {verb} {c} while {adjective} {d} "
    "{verb2} the {e} until {month}.",
    "A report on {subject} for {people}: {c} and {d} {verb} the {a}. It was written in {place} "
    "last {month}, before {adjective} {e} came.",
)


def topics() -> list[tuple[str, list[str], list[str], dict[str, list[str]]]]:
    """Return each topic's name, adjectives, verbs and its subjects with their nouns."""
    table: list[tuple[str, list[str], list[str], dict[str, list[str]]]] = []
    for line in _TOPICS.strip().splitlines():
        if "|" in line:
            name, adjectives, verbs = (part.strip() for part in line.split("|"))
            table.append((name, adjectives.split(), verbs.split(), {}))
        else:
            subject, nouns = line.split(":")
            table[-1][3][subject] = nouns.split()
    return table
