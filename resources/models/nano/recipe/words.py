# SPDX-License-Identifier: Apache-2.0
"""Word lists and name generators for the synthetic corpus.

Everything here is written for this project; nothing is taken from a corpus.
Names are built from syllables so that their number is practically unlimited
and a model can only get them right by copying them from the document.
"""
import zlib

COLOURS = {
    "red": (214, 32, 36), "orange": (245, 134, 22), "yellow": (246, 220, 38),
    "green": (36, 150, 56), "blue": (34, 76, 206), "purple": (124, 44, 160),
    "pink": (244, 130, 178), "brown": (124, 76, 36), "black": (18, 18, 20),
    "white": (250, 250, 250), "gray": (132, 132, 134),
}
SHAPES = ["circle", "square", "triangle", "star", "diamond", "cross", "ring"]
BACKGROUNDS = {
    "white": (252, 252, 252), "black": (14, 14, 16), "gray": (168, 168, 170),
    "light blue": (186, 216, 246), "light yellow": (250, 244, 196),
    "light green": (200, 236, 200), "light pink": (250, 218, 230),
}
# named colours that must not be drawn on a background because they would vanish
CLASH = {"white": {"white", "light"}, "black": {"black"}, "gray": {"gray"},
         "light blue": {"white"}, "light yellow": {"white", "yellow"},
         "light green": {"white"}, "light pink": {"white", "pink"}}
CELLS = ["at the top left", "at the top", "at the top right",
         "on the left", "in the center", "on the right",
         "at the bottom left", "at the bottom", "at the bottom right"]
NUMBERS = ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"]

ONSET = ["b", "br", "d", "dr", "f", "g", "gr", "h", "j", "k", "kl", "l", "m", "n", "p", "pr", "r", "s",
         "st", "t", "tr", "v", "w", "z", "th", "sh", "ch"]
NUCLEUS = ["a", "e", "i", "o", "u", "a", "e", "i", "o", "ai", "ea", "ei", "ou"]
CODA = ["", "", "", "n", "r", "l", "s", "m", "k", "nd", "rt", "rn", "ck", "v", "th"]
FIRST_END = ["a", "o", "i", "en", "ia", "us", "in", "el", "ar", "is", "an", "ette", "ina", "as", "y"]
LAST_END = ["ov", "sen", "er", "ski", "ez", "man", "ley", "ton", "berg", "ini", "dal", "ford", "ak", "well", "ard"]
CITY_END = ["ville", "burg", "ton", "stad", "mouth", "port", "haven", "field", "grad", "ford", "vale", "minster"]
FIRM_END = ["Ltd", "AG", "Group", "Inc", "Brothers", "Services", "Works", "Partners", "Supplies", "GmbH", "Logistics", "Foods"]
MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
          "November", "December"]
CURRENCIES = ["EUR ", "USD ", "GBP ", "CHF ", "$", "€"]

ITEMS = ["desk lamp", "office chair", "printer", "paper box", "steel bolt", "copper pipe", "oak table", "window frame",
         "garden hose", "paint bucket", "brush set", "tool box", "safety helmet", "work glove", "water pump",
         "battery pack", "cable drum", "light switch", "door handle", "wall clock", "coffee machine", "tea kettle",
         "bread oven", "glass jar", "wooden crate", "plastic tray", "metal shelf", "server rack", "network cable",
         "keyboard", "monitor", "mouse", "headset", "camera", "tripod", "microphone", "speaker", "projector",
         "whiteboard", "marker set", "notebook", "envelope pack", "stamp sheet", "ink cartridge", "carpet", "curtain",
         "mirror", "sofa", "pillow", "blanket", "bicycle tire", "brake pad", "oil filter", "spark plug", "car seat",
         "flower pot", "rose bush", "apple tree", "grass seed", "sand bag", "cement bag", "brick pallet", "roof tile"]
SUBJECTS = ["the repair of the roof", "the new parking rules", "the summer festival", "the delayed delivery",
            "the rent increase", "the broken heating", "the school trip", "the annual audit", "the software update",
            "the staff training", "the water damage", "the fire drill", "the garden project", "the loan application",
            "the lost package", "the job interview", "the library opening", "the bridge inspection",
            "the travel budget", "the marketing plan", "the safety report", "the insurance claim", "the road works",
            "the charity concert", "the noise complaint", "the office move", "the price list", "the health check",
            "the membership fee", "the warranty case", "the catering order", "the research grant"]
METRICS = ["sales", "costs", "profits", "orders", "exports", "visitor numbers", "membership", "energy use",
           "production", "complaints", "deliveries", "website traffic", "staff turnover", "revenue", "donations",
           "ticket sales"]
ACTIONS = ["hire two engineers", "open a second office", "reduce travel", "buy new machines", "raise prices",
           "train the staff", "change the supplier", "renew the contract", "repair the old building",
           "launch a new website", "extend the opening hours", "cut energy use", "plant more trees",
           "move to a larger hall", "start a youth program", "replace the software", "postpone the project",
           "increase the budget", "close the east gate", "sell the old trucks", "rent a warehouse",
           "publish a newsletter", "invite local artists", "build a new road", "test the alarm system",
           "offer free parking"]
COMMITTEES = ["the town council", "the sports club", "the school board", "the housing committee", "the garden society",
              "the project team", "the finance committee", "the music association", "the parents group",
              "the works council", "the safety board", "the book club"]
REASONS = ["the weather was bad", "demand was strong", "a new supplier was found", "two machines failed",
           "the team grew", "the market was weak", "the campaign worked well", "fuel became expensive",
           "the season started early", "a large client left", "the new shop opened", "the rules changed"]
DEPARTMENTS = ["sales department", "research department", "customer service", "logistics team", "finance office",
               "technical department", "planning office", "personnel office"]
FILLER = ["Thank you for your patience.", "Please read this carefully.", "All figures are preliminary.",
          "Further details will follow.", "Please keep this document.", "We are happy to answer questions.",
          "This copy is for your records.", "The weather was mild.", "Nothing else was discussed.",
          "The files are stored in the archive.", "Please do not reply to this message.",
          "The parties agreed on the terms.", "A copy was sent to the office.", "The text was checked twice.",
          "We look forward to working with you.", "The office is closed on Sunday.",
          "There were no objections.", "The work continues as planned."]
NOUNS = """garden house river mountain teacher doctor letter window morning evening village city school market road
bridge train ship engine machine farmer baker soldier child mother father friend neighbor animal horse dog cat bird
fish tree forest field flower stone wall door table chair book paper story song music picture color light shadow fire
water ice snow rain wind storm cloud sun moon star night day week month year winter summer spring autumn bread cheese
apple wine coffee tea sugar salt butter dinner breakfast kitchen room floor roof office factory company worker manager
student lesson question answer problem idea plan project report meeting decision law court police king queen war peace
money bank price cost tax trade product customer service system computer network program data file message phone camera
car truck wheel road station airport ticket travel journey island beach sea coast harbor boat hotel guest museum
theater artist writer poet actor film game team player ball match winner prize health body hand head heart eye ear face
voice word language sentence page chapter history science energy power metal gold iron oil glass plastic wood cotton
cloth coat shoe hat ring knife tool box bag bottle cup plate lamp clock map flag letterbox hill valley lake desert
planet space rocket signal method result test error change growth value number line circle square group family
marriage birth death age dream fear hope love anger joy pain medicine hospital nurse patient library museumguide
council tower castle church temple""".split()
VERBS = """sees finds makes takes brings builds opens closes keeps moves holds carries follows leads reads writes draws
paints cleans repairs breaks changes grows cuts cooks eats drinks buys sells pays counts measures watches hears visits
leaves enters crosses reaches loses wins starts ends explains teaches learns remembers forgets protects attacks helps
needs uses shows hides covers fills loves likes calls answers asks tells sends receives collects destroys creates plans
tests checks improves reduces raises supports controls""".split()
ADJS = """old new small large great young good bad long short high low early late dark bright cold warm hot dry wet clean
quiet loud strong weak rich poor heavy light fast slow deep wide narrow open closed full empty green red blue yellow
white black brown gray soft hard sharp round flat simple complex public private local foreign modern ancient common rare
safe dangerous cheap expensive happy sad tired hungry busy free famous unknown important strange beautiful ugly
useful broken wooden golden northern southern eastern western annual final first second third""".split()
ADVERBS = "slowly quickly often rarely never always today yesterday soon later again together alone outside inside".split()
PREPS = "in on under near behind with without for from after before across around toward through".split()


def wordings(text):
    """(training, held out) of a list of wordings written "a | b || x | y"."""
    a, _, b = text.partition("||")
    return tuple([x.strip() for x in s.split("|") if x.strip()] for s in (a, b))


def heldout(key: str, mod: int = 8) -> bool:
    """Deterministic split: about 1/mod of all keys are held out of training."""
    return zlib.crc32(("lectern:" + key).encode()) % mod == 0


class Names:
    """Syllable names; `held` selects the held-out part of the name space."""

    def __init__(self, rng, held):
        self.r, self.held = rng, held

    def _syl(self):
        r = self.r
        return r.choice(ONSET) + r.choice(NUCLEUS) + r.choice(CODA)

    def _pick(self, make):
        while True:
            w = make()
            if 3 <= len(w) <= 12 and heldout(w) == self.held:
                return w

    def first(self):
        r = self.r
        return self._pick(lambda: ((self._syl() if r.random() < .4 else "") + r.choice(ONSET) + r.choice("aeiou")
                                   + r.choice(["", "l", "n", "r", "m", "s"]) + r.choice(FIRST_END)).capitalize())

    def last(self):
        r = self.r
        return self._pick(lambda: ((self._syl() if r.random() < .5 else "") + self._syl() + r.choice(LAST_END)).capitalize())

    def person(self):
        return self.first() + " " + self.last()

    def city(self):
        return self._pick(lambda: (self._syl() + self.r.choice(CITY_END)).capitalize())

    def firm(self):
        return self._pick(lambda: (self._syl() + self._syl()).capitalize()) + " " + self.r.choice(FIRM_END)

    def word(self):
        return self._pick(lambda: self._syl() + (self._syl() if self.r.random() < .6 else ""))
