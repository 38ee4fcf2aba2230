# SPDX-License-Identifier: Apache-2.0
"""Conversations about what people show: charts, printed text, screenshots. Words in a picture are quoted."""
from charts import Chart
from printing import Printed, quoted
from screens import Screen
from seeing import Seeing


class Showing(Seeing):
    # ---- charts
    def chart_question(self, c, kind):
        lang, title = self.lang, f'"{c.title}"' if c.title else ""
        name = lang.KINDS[c.kind]
        if kind == "describe" and title:
            if c.kind == "line":
                return self.ask("describe"), self.tell("line", Kind=name, t=title, trend=self.tell(c.trend))
            return self.ask("describe"), self.tell("chart", Kind=name, t=title, max=f'"{c.largest}"', min=f'"{c.smallest}"')
        if kind == "title":
            return self.ask("title"), self.tell("title", t=title) if title else self.tell("no_title")
        if kind == "trend" and c.kind == "line":
            return self.ask("trend"), self.tell(c.trend)
        if kind == "largest" and c.kind != "line":
            return self.ask("largest"), self.tell("largest", max=f'"{c.largest}"')
        if kind == "smallest" and c.kind != "line":
            return self.ask("smallest"), self.tell("smallest", min=f'"{c.smallest}"')
        return self.ask("kind"), self.tell("kind", kind=name)

    def chart(self, kind=None):
        of = {"trend": "line", "largest": self.r.choice(["bar", "pie"]), "smallest": self.r.choice(["bar", "pie"])}.get(kind)
        c = Chart(self.r, self.writer, self.held, self.new, of)
        kinds = [kind] if kind else self.r.sample(["describe", "title", "kind"] + (["trend"] * 2 if c.kind == "line" else ["largest", "smallest"]), self.r.choice([2, 3]))
        return self.turns([self.picture(c.render(self.nr))], [self.chart_question(c, k) for k in kinds])

    # ---- printed text
    def text_question(self, p, kind):
        if kind == "where":
            i = self.r.randrange(p.n)
            t = f'"{p.lines[i]}"'
            return self.ask("text_where", x=t), self.tell("text_where", t=t, p=self.lang.CELLS[p.cells[i]])
        if kind == "colour":
            return self.ask("text_colour"), self.tell("text_colour", c=self.lang.COLOURS[p.ink])
        return self.ask("text"), self.tell("says", list=self.joined(quoted(p.lines)))

    def printed(self, kind=None):
        p = Printed(self.r, self.writer, self.held)
        kinds = [kind] if kind else ["text"] + self.r.sample(["where", "where", "colour"], self.r.choice([0, 1, 2]))
        return self.turns([self.picture(p.render(self.nr))], [self.text_question(p, k) for k in kinds])

    # ---- screenshots
    def screen_question(self, s, kind):
        lang, cells = self.lang, self.lang.CELLS
        if kind == "title":
            return self.ask("window_title"), self.tell("title", t=f'"{s.title}"')
        if kind == "buttons":
            what = ["no_buttons", "button", "buttons"][len(s.buttons)]
            return self.ask("buttons"), self.tell(what, list=self.joined(quoted(s.buttons))) if s.buttons else self.tell(what)
        if kind == "where":
            part, cell = self.r.choice([p for p in s.parts if p[0] != "buttons"])
            if self.r.random() < .2:   # one that is not there
                absent = [k for k in lang.PARTS if k not in [p for p, _ in s.parts] and not k.startswith("button")]
                return self.ask("part", x=lang.PARTS[self.r.choice(absent)][1]), self.tell("part_no")
            name = lang.PARTS[part][1]
            return self.ask("part", x=name), self.tell("part", The=name, p=cells[cell])
        return self.ask("window"), self.tell("window", t=f'"{s.title}"', list=self.joined(f"{lang.PARTS[part][0]} {cells[cell]}" for part, cell in s.parts))

    def screenshot(self, kind=None):
        s = Screen(self.r, self.writer, self.held, self.new)
        kinds = [kind] if kind else self.r.sample(["parts", "title", "buttons", "where", "where"], self.r.choice([2, 3]))
        return self.turns([self.picture(s.render(self.nr))], [self.screen_question(s, k) for k in kinds])
