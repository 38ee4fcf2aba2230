# SPDX-License-Identifier: Apache-2.0
"""What is said of a picture or a clip can be seen in it: the answers are compared with the pixels."""
import random
import re
import unittest

from recipe_fixture import SPLITS, Generator, answers, each, languages, pictures
import numpy as np
from charts import Chart
from clips import EVENTS, Clip
from dialogues import TASKS
from pictures import COLOUR_IDS, SHAPE_IDS, Scene
from printing import GLYPHS, Printed, fonts, glyph_labels, split
from screens import Screen
from words import CELLS, COLOURS, NUMBERS, heldout

SEEN = [t for t in TASKS if t.startswith(("image", "chart", "text", "screen", "video"))]


def nearest(rgb):
    """The colour whose pattern a pixel is nearest to."""
    return min(COLOURS, key=lambda c: sum((int(a) - b) ** 2 for a, b in zip(rgb, COLOURS[c])))


class SceneTest(unittest.TestCase):
    def test_shapes_lie_in_the_cells_that_are_said(self):
        r, nr = random.Random(1), np.random.default_rng(1)
        for n in range(1, 10):
            sc = Scene(r, False, n=n)
            _, mask = sc.render(nr, mask=True)
            height, width = mask.shape[:2]
            self.assertEqual(len({s["cell"] for s in sc.shapes}), n)
            for s in sc.shapes:
                self.assertEqual((int(s["x"] * 3), int(s["y"] * 3)), (s["cell"] % 3, s["cell"] // 3))
                shape, colour, on = mask[int(s["y"] * height), int(s["x"] * width)]
                self.assertEqual((shape // 20, colour // 20, on), (SHAPE_IDS[s["shape"]], COLOUR_IDS[s["colour"]], 255))

    def test_a_count_is_the_number_of_places_it_lists(self):
        most = 0
        for code, split_name, _, conversation in each(["image_count"], 12):
            lang, answer = languages.load(code), answers(conversation)[0]
            if ": " not in answer.replace(" :", ":"):
                self.assertTrue(answer.startswith(lang.A["none"].split("{")[0][:-2]), answer)   # without what joins
                continue
            places, number = re.split(r" ?: ", answer, maxsplit=1)
            listed = re.split(re.escape(lang.AND) + "|, ", places)
            self.assertTrue({p.lower() for p in listed} <= {c.lower() for c in lang.CELLS}, answer)
            word = number.split()[0]
            self.assertEqual(lang.NUMBERS.index(word if word in lang.NUMBERS else lang.NUMBERS[1]), len(listed), answer)
            most = max(most, len(listed))
        self.assertGreaterEqual(most, 8)

    def test_pairs_of_colour_and_shape_are_held_out(self):
        for split_name in SPLITS:
            r = random.Random(3)
            pairs = [[s["colour"] + s["shape"] for s in Scene(r, split_name != "train").shapes] for _ in range(50)]
            for scene in pairs:
                self.assertEqual(any(heldout(p) for p in scene), split_name != "train")


class ChartTest(unittest.TestCase):
    def test_the_largest_bar_is_the_one_that_is_said(self):
        """Heights by pixel: from the axis up, as long as the colour stays that of the bar."""
        checked = 0
        for seed in range(40):
            g = Generator("value", seed)
            c = Chart(g.r, g.writer, True, kind="bar")
            self.assertTrue(len(c.labels) == len(c.values) == len(set(c.labels)) > 2)
            picture = c.render(g.nr).astype(int)
            axis = (2 * c.h - 10 - 30) // 2
            step, heights = (c.w - 16) / len(c.values), []
            for i in range(len(c.values)):
                x = int(8 + (i + .5) * step)
                column = np.abs(picture[:axis - 2, x] - np.median(picture[axis - 6:axis - 2, x], 0)).max(1) < 60
                heights.append(len(column) - (np.flatnonzero(~column)[-1] + 1 if not column.all() else 0))
            self.assertEqual(c.labels[int(np.argmax(heights))], c.largest)
            self.assertEqual(c.labels[int(np.argmin(heights))], c.smallest)
            checked += 1
        self.assertEqual(checked, 40)

    def test_lines_go_as_is_said(self):
        g = Generator("train", 4)
        for _ in range(60):
            c = Chart(g.r, g.writer, False, kind="line")
            first, last, middle = c.values[0], c.values[-1], c.values[len(c.values) // 2]
            going = {"rises": last - first > .3, "falls": first - last > .3, "flat": max(c.values) - min(c.values) < .2,
                     "peak": middle - max(first, last) > .2, "valley": min(first, last) - middle > .2}
            self.assertEqual([k for k, true in going.items() if true], [c.trend], c.values)

    def test_layouts_are_held_out(self):
        for split_name in SPLITS:
            g = Generator(split_name, 6)
            other = [Chart(g.r, g.writer, g.held, g.new).other for _ in range(40)]
            self.assertEqual(any(other), split_name == "wording")


class TextTest(unittest.TestCase):
    def test_lines_lie_inside_the_picture_and_in_the_cell_that_is_said(self):
        for code in languages.CODES:
            g = Generator("value", 8, lang=code)
            for _ in range(30):
                p, boxes = Printed(g.r, g.writer, True), []
                picture = p.render(g.nr, boxes)
                self.assertEqual(picture.shape, (p.h, p.w, 3))
                self.assertEqual("".join(b[0] for b in boxes), "".join(p.lines))
                for text, cell, (x, y, f) in zip(p.lines, p.cells, p.placed):
                    middle = x + f.getlength(text) / 2
                    self.assertTrue(x >= 0 and x + f.getlength(text) <= p.w, text)
                    self.assertEqual((min(2, int(middle * 3 / p.w)), int(y * 3 / p.h)), (cell % 3, cell // 3), text)

    def test_letters_of_a_patch_are_where_ink_is(self):
        g, found = Generator("train", 12), 0
        for _ in range(20):
            p, boxes = Printed(g.r, g.writer, False, (112, 112)), []
            picture = p.render(g.nr, boxes).astype(int)
            labels = glyph_labels(boxes, 112, 14)
            for at in np.flatnonzero(labels):
                self.assertIn(GLYPHS[labels[at] - 1].lower(), "".join(p.lines).lower() + "eaoiunc")   # letters lose their accents
                patch = picture[14 * (at // 8):14 * (at // 8) + 14, 14 * (at % 8):14 * (at % 8) + 14]
                found += int(np.abs(patch - np.array(p.paper)).max() > 60)
            self.assertTrue((labels > 0).any() or not any(c.isalnum() for c in "".join(p.lines)))
        self.assertGreater(found, 100)

    def test_fonts_are_found_and_held_out(self):
        if len(fonts()) < 16:
            self.skipTest("fewer than 16 fonts here: none is held out")
        self.assertTrue(split(True))
        self.assertFalse(set(split(True)) & set(split(False)))


class ScreenTest(unittest.TestCase):
    def test_parts_are_in_reading_order_and_the_layout_is_held_out(self):
        for split_name in SPLITS:
            right = []
            g = Generator(split_name, 14)
            for _ in range(40):
                s = Screen(g.r, g.writer, g.held, g.new)
                picture = s.render(g.nr)
                self.assertEqual(picture.shape, (s.h, s.w, 3))
                self.assertEqual(len({p for p, _ in s.parts}), len(s.parts))
                right.append(s.sidebar == "right")
            self.assertEqual(any(right), split_name == "wording")


class ClipTest(unittest.TestCase):
    def test_frames_show_what_is_said_of_them(self):
        for event in dict.fromkeys(EVENTS):
            g = Generator("train", 21)
            for _ in range(8):
                v = Clip(g.r, False, event)
                frames = v.frames(g.nr)
                self.assertEqual(len(frames), v.n)
                for i, frame in enumerate(frames):
                    x, y = v.middle(i)
                    if v.cell(i) is not None:
                        self.assertEqual((int(x * 3), int(y * 3)), (v.cell(i) % 3, v.cell(i) // 3))
                    if v.shape == "ring":
                        continue   # its middle is empty
                    rgb = frame[int(y * v.h), int(x * v.w)]
                    if v.seen(i):
                        self.assertEqual(nearest(rgb), v.colour_at(i), f"{event} {i}")
                    else:
                        self.assertGreater(np.abs(rgb.astype(int) - np.array(COLOURS[v.colour])).max(), 20, f"{event} {i}")
                self.assertIsNotNone(v.cell(0))
                self.assertIsNotNone(v.cell(v.n - 1))

    def test_times_in_an_answer_are_those_of_frames(self):
        for code, _, task, conversation in each([t for t in TASKS if t.startswith("video")], 5):
            stamps = {p[1:6] for _, parts in conversation for p in parts if isinstance(p, str) and re.fullmatch(r"\[\d\d:\d\d\]", p)}
            for answer in answers(conversation):
                self.assertLessEqual(set(re.findall(r"\d\d:\d\d", answer)), stamps, f"{code} {task}")


class ConversationsTest(unittest.TestCase):
    def test_every_task_has_pictures_and_a_whole_answer(self):
        for code, split_name, task, conversation in each(SEEN, 2):
            self.assertTrue(pictures(conversation), task)
            for _, parts in conversation:
                for p in parts:
                    self.assertFalse(isinstance(p, str) and re.search(r"[{}]", p), f"{code} {task}: {p}")

    def test_pictures_are_cut_into_as_many_tiles_as_allowed(self):
        most = max(len(p.tiles) for at in range(12) for p in pictures(Generator("train", at, tiles=4).screenshot()))
        self.assertTrue(3 <= most <= 5, most)   # at most four and the whole

    def test_the_same_seed_gives_the_same_pixels(self):
        def pixels(seed):
            g = Generator("train", seed, lang="fr")
            return [p.raw.tobytes() for kind in (g.image, g.chart, g.printed, g.screenshot, g.video) for p in pictures(kind())]
        self.assertEqual(pixels(5), pixels(5))
        self.assertNotEqual(pixels(5), pixels(6))


if __name__ == "__main__":
    unittest.main()
