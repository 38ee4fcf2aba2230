#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the PDF files of this folder (python3-reportlab, qpdf); they are committed, tests need neither."""
import subprocess
from reportlab.lib.pagesizes import A5
from reportlab.pdfgen import canvas

WIDTH, HEIGHT = A5


def lines(c, x, y, rows, size=9, pitch=11.5):
    c.setFont("Helvetica", size)
    for row in rows:
        c.drawString(x, y, row)
        y -= pitch
    return y


def columns():
    """Front matter labelled i, then a page 1 with two columns, drawn right column first, and a table."""
    c = canvas.Canvas("columns.pdf", pagesize=A5, invariant=1)
    c.setTitle("Columns")
    c.addPageLabel(0, style="ROMAN_LOWER", start=1)
    c.addPageLabel(1, style="ARABIC", start=1)
    c.bookmarkPage("a")
    c.addOutlineEntry("Preface", "a", 0)
    lines(c, 50, 540, ["Preface"], 16)
    lines(c, 50, 510, ["This preface stands on a page of its own, before the", "report itself begins. It is short."])
    c.showPage()
    c.bookmarkPage("b")
    c.addOutlineEntry("Report", "b", 0)
    lines(c, 50, 540, ["Report"], 16)
    right = ["The right column goes on here", "and must come after the left", "one, whatever order the file", "draws them in. It ends with",
             "the word harbour, which is the", "last word of both columns."]
    left = ["The left column comes first. It", "speaks of efficient offices and", "of something like the classi-", "fication of ships and of boats,",
            "of ropes and of all the anchors,", "and of all that is at sea."]
    lines(c, 220, 500, right)
    lines(c, 50, 500, left)
    y = 400
    for row in (("Ship", "Tons", "Home port"), ("Anna", "1,200", "Bremen"), ("Bo", "85", "Kiel"), ("", "", "(since 2019)")):
        for x, cell in zip((50, 150, 250), row):
            c.setFont("Helvetica", 9)
            c.drawString(x, y, cell)
        y -= 14
    lines(c, 50, 320, ["After the table a last paragraph closes the page. It has", "two lines."])
    c.showPage()
    c.save()


def hidden():
    c = canvas.Canvas("hidden.pdf", pagesize=A5, invariant=1)
    c.setTitle("Hidden")
    lines(c, 50, 540, ["What everybody sees on this page is one sentence, and this is it."])
    c.setFillColorRGB(1, 1, 1)
    lines(c, 50, 500, ["WHITE SECRET"])
    c.setFillColorRGB(0, 0, 0)
    lines(c, 50, 480, ["TINY SECRET"], 0.4)
    lines(c, -400, 460, ["OUTSIDE SECRET"])
    text = c.beginText(50, 440)
    text.setTextRenderMode(3)
    text.textOut("INVISIBLE SECRET")
    text.setTextRenderMode(0)
    c.drawText(text)
    c.setFillColorRGB(0, 0, 0.5)
    c.rect(40, 380, 200, 30, fill=1)
    c.setFillColorRGB(1, 1, 1)
    lines(c, 50, 390, ["White on blue is seen."])
    c.save()


def form():
    c = canvas.Canvas("form.pdf", pagesize=A5, invariant=1)
    c.setTitle("Form")
    lines(c, 50, 540, ["Application for a berth in the harbour of the town, 2026"])
    form_ = c.acroForm
    form_.textfield(name="name", tooltip="Name", x=50, y=480, value="Anna Meier", width=200, height=20)
    form_.checkbox(name="agree", tooltip="I agree", x=50, y=450, checked=True)
    form_.choice(name="size", tooltip="Size", x=50, y=410, options=["small", "large"], value="large", width=80, height=20)
    lines(c, 50, 380, ["See the rules."])
    c.linkURL("https://example.org/rules", (50, 375, 120, 392))
    c.save()


def scan():
    """A page that is only a picture, and an empty page."""
    c = canvas.Canvas("scan.pdf", pagesize=A5, invariant=1)
    c.setFillColorRGB(0.2, 0.2, 0.2)
    for i in range(20):
        c.rect(60, 500 - 18 * i, 300 - 7 * (i % 5), 6, fill=1)
    c.showPage()
    c.showPage()
    c.save()


columns()
hidden()
form()
scan()
subprocess.run(["qpdf", "--encrypt", "secret", "owner", "256", "--", "scan.pdf", "locked.pdf"], check=True)
