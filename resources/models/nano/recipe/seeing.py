# SPDX-License-Identifier: Apache-2.0
"""Conversations about pictures of shapes, and of colours without shape.

To count is to say where each one is and then how many that were: "At the top and on the left: two circles."
"""
from pictures import Scene, Shapeless
from speaking import Speaking
from words import COLOURS, SHAPES

# How often each kind of question is asked: counting and places are what small models find hardest.
SCENE_QUESTIONS = {"describe": 1, "count": 3, "where": 3, "colour": 2, "shape_at": 2, "yesno": 2, "background": 1, "colours": 1, "shapes": 1}


class Seeing(Speaking):
    """`ease` is the share of plain scenes, with one or two shapes on an even background."""
    ease = 0.0

    # ---- scenes
    def one(self, s, sc):
        size = self.lang.SIZES[s["size"]] if len(sc.shapes) == 1 else ""
        return f"{self.lang.a(s['colour'], s['shape'], size)} {self.lang.CELLS[s['cell']]}"

    def describe(self, sc):
        back = sc.bg_name if sc.bg_kind == "plain" else sc.bg_kind
        return self.tell("describe", things=self.joined(self.one(s, sc) for s in sc.shapes), on=self.lang.on_background(back))

    def counted(self, sc, shape, colour):
        """How many of a shape (None: any) and a colour (None: any)."""
        found = [s for s in sc.shapes if shape in (None, s["shape"]) and colour in (None, s["colour"])]
        if not found:
            return self.tell("none", x=self.lang.plural(shape, colour))
        return self.tell("count", places=self.joined(self.lang.CELLS[s["cell"]] for s in found), some=self.lang.some(len(found), shape, colour))

    def scene_question(self, sc, kind):
        """(question, answer); of a kind that the scene has no clear answer to, another kind's."""
        r, sh, lang = self.r, sc.shapes, self.lang
        s = r.choice(sh)
        alike = [x for x in sh if x["shape"] == s["shape"]]
        twins = [x for x in alike if x["colour"] == s["colour"]]
        if kind == "describe":
            return self.ask("describe"), self.describe(sc)
        if kind == "count":
            q = r.random()
            shape = None if q < .4 or q > .85 else s["shape"] if r.random() < .8 else r.choice(SHAPES)
            colour = None if q <= .85 else s["colour"] if r.random() < .8 else r.choice(list(COLOURS))
            return self.ask("count", x=lang.plural(shape, colour)), self.counted(sc, shape, colour)
        if kind == "colour" and len(alike) == 1:
            x = lang.the(s["shape"])
            return self.ask("colour", x=x), self.tell("colour", The=x, c=lang.is_colour(s["shape"], s["colour"]))
        if kind == "where" and len(twins) == 1:
            x = lang.the(s["shape"], s["colour"] if len(alike) > 1 or r.random() < .5 else None)
            return self.ask("where", x=x), self.tell("where", The=x, p=lang.CELLS[s["cell"]])
        if kind == "yesno":
            if r.random() < .5 and len(twins) == 1:
                return self.ask("yesno", x=lang.a(s["colour"], s["shape"])), self.tell("yes", a=lang.a(s["colour"], s["shape"]), p=lang.CELLS[s["cell"]])
            while True:
                colour, shape = (s["colour"], r.choice(SHAPES)) if r.random() < .5 else (r.choice(list(COLOURS)), s["shape"])
                if (colour, shape) not in [(x["colour"], x["shape"]) for x in sh]:
                    x = lang.a(colour, shape)
                    return self.ask("yesno", x=x), self.tell("no", x=x if lang.CODE != "en" else x.split(" ", 1)[1], a=x)
        if kind == "background":
            answer = self.tell("background", c=lang.is_colour(None, sc.bg_name)) if sc.bg_kind == "plain" else self.tell(sc.bg_kind)
            return self.ask("background"), answer
        if kind == "colours":
            return self.ask("colours"), self.tell("list", list=self.joined(lang.COLOURS[c] for c in dict.fromkeys(x["colour"] for x in sh)))
        if kind == "shapes":
            names = list(dict.fromkeys(x["shape"] for x in sh))
            return self.ask("shapes"), self.tell("list", list=self.joined(lang.some(sum(x["shape"] == n for x in sh), n) for n in names))
        place = lang.CELLS[s["cell"]]
        return self.ask("shape_at", x=place), self.tell("shape_at", a=lang.a(s["colour"], s["shape"]), p=place, P=place)

    def image(self, kind=None, simple=None):
        """About one scene: `kind` asks one question of it, else two to four."""
        r = self.r
        simple = (r.random() < self.ease) if simple is None else simple
        many = not simple and (kind == "count" or kind is None and r.random() < .25)
        sc = Scene(r, self.held, simple, r.randint(2, 9) if many else None)
        kinds = [kind] if kind else r.choices(list(SCENE_QUESTIONS), list(SCENE_QUESTIONS.values()), k=r.choice([2, 3, 3, 4]))
        if not kind and r.random() < .5 and not many:
            kinds[0] = "describe"
        qas = [self.scene_question(sc, "count" if k == "describe" and len(sc.shapes) > 4 else k) for k in kinds]
        return self.turns([self.picture(sc.render(self.nr))], qas)

    # ---- others
    def shapeless(self, one=False):
        r, sc = self.r, Shapeless(self.r, self.held)
        colours = self.joined(self.lang.COLOURS[c] for c in sc.names)
        shape = r.choice([None, *SHAPES])
        qas = [(self.ask("describe"), self.tell("shapeless", list=colours)), (self.ask("count", x=self.lang.plural(shape)), self.tell("no_shapes")),
               (self.ask("colours"), self.tell("mostly", list=colours))]
        return self.turns([self.picture(sc.render(self.nr))], qas[:1] if one or r.random() < .4 else r.sample(qas, r.choice([1, 2])))

    def two_images(self):
        """Two pictures in one message."""
        a, b = (Scene(self.r, self.held, True, 1) for _ in range(2))
        said = [self.lang.a(s.shapes[0]["colour"], s.shapes[0]["shape"]) for s in (a, b)]
        return self.turns([self.picture(s.render(self.nr), single=True) for s in (a, b)], [(self.ask("two"), self.tell("two", a=said[0], b=said[1]))])
