# SPDX-License-Identifier: Apache-2.0
"""Conversations about clips. An answer names what it rests on first: "On the left at 00:00, on the right at 00:06: a red
circle moves from left to right." So what happens is said after two frames have been read, not before.
"""
from clips import Clip
from pictures import Shapeless
from showing import Showing


class Watching(Showing):
    def happening(self, v):
        """What happens in a clip, with the frames that show it."""
        lang, t, t2 = self.lang, v.stamp(0), v.stamp(v.n - 1)
        a = lang.a(v.colour, v.shape)
        if v.event == "move":
            return self.tell("move", p=lang.CELLS[v.cell(0)], p2=lang.CELLS[v.cell(v.n - 1)], t=t, t2=t2, a=a, d=lang.DIRECTIONS[v.direction])
        if v.event in ("grow", "shrink"):
            return self.tell(v.event, t=t, t2=t2, a=a)
        if v.event == "still":
            return self.tell("still", P=lang.CELLS[v.cell(0)], t=t, t2=t2, a=a)
        before, after = v.stamp(v.at - 1), v.stamp(v.at)
        if v.event == "turn":
            return self.tell("turn", C=lang.is_colour(v.shape, v.colour), c2=lang.is_colour(v.shape, v.colour2), t=before, t2=after, a=a)
        return self.tell(v.event, a=a, A=a, t=before, t2=after)

    def clip_question(self, v, kind):
        r, lang = self.r, self.lang
        the = lang.the(v.shape)
        if kind == "what":
            return self.ask("video"), self.happening(v)
        if kind == "direction" and v.event in ("move", "still", "turn"):
            first, last, t, t2 = lang.CELLS[v.cell(0)], lang.CELLS[v.cell(v.n - 1)], v.stamp(0), v.stamp(v.n - 1)
            if v.event == "move":
                return self.ask("direction", x=the), self.tell("moves", P=first, p2=last, t=t, t2=t2, the=the, d=lang.DIRECTIONS[v.direction])
            return self.ask("direction", x=the), self.tell("not_moving", P=first, t=t, t2=t2, the=the)
        if kind == "when":
            q = v.event if v.event in ("turn", "appear", "vanish") and r.random() < .85 else r.choice(["turn", "appear", "vanish"])
            return self.ask("when_" + q, x=the), self.tell("at", t=v.stamp(v.at)) if q == v.event else self.tell("never")
        i = r.randrange(v.n)
        if kind == "colour_at":
            return (self.ask("colour_at", x=the, t=v.stamp(i)),
                    self.tell("colour", The=the, c=lang.is_colour(v.shape, v.colour_at(i))) if v.seen(i) else self.tell("not_there"))
        if v.cell(i) is None:
            i = r.choice([0, v.n - 1])
        return self.ask("place_at", x=the, t=v.stamp(i)), self.tell("there", The=the, p=lang.CELLS[v.cell(i)]) if v.seen(i) else self.tell("not_there")

    def frames(self, pictures, stamps):
        """As the application's prompt builder writes a clip."""
        parts = []
        for raw, t in zip(pictures, stamps):
            parts += [f"[{t}]", self.picture(raw, single=True), "\n"]
        return parts

    def video(self, kind=None):
        r = self.r
        event = {"when": r.choice(["turn", "appear", "vanish"]), "direction": r.choice(["move", "move", "move", "still"])}.get(kind)
        v = Clip(r, self.held, event)
        kinds = [kind] if kind else ["what"] * (r.random() < .8) + r.choices(["direction", "when", "colour_at", "place_at", "place_at"], k=r.choice([2, 3, 4]))
        return self.turns(self.frames(v.frames(self.nr), [v.stamp(i) for i in range(v.n)]), [self.clip_question(v, k) for k in kinds])

    def shapeless_video(self):
        """No single object: its colours, instead of an invented event."""
        v, sc = Clip(self.r, self.held), Shapeless(self.r, self.held)
        sc.w = sc.h = 112
        colours = self.joined(self.lang.COLOURS[c] for c in sc.names)
        return self.turns(self.frames([sc.render(self.nr) for _ in range(v.n)], [v.stamp(i) for i in range(v.n)]),
                          [(self.ask("video"), self.tell("clip_shapeless", list=colours))])
