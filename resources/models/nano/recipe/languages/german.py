# SPDX-License-Identifier: Apache-2.0
"""German. languages/__init__.py says what each name is for."""
from words import wordings

CODE = "de"
AND = " und "
ABSENT = "Das steht nicht im Dokument."
ABSENT_ALL = "Das steht nicht in den Dokumenten."
STEMS = ("notiz", "text", "bericht", "artikel", "info", "brief", "protokoll")
MONTHS = "Januar Februar März April Mai Juni Juli August September Oktober November Dezember".split()

# ---- things: (noun, gender)
_M = """Turm Garten Bahnhof Markt Hafen Wald Fluss Berg See Platz Saal Keller Laden Betrieb Verein Kurs Film Vertrag Plan Brunnen Park Weg Stall Ofen Motor Wagen Zug Tisch
 Schrank Spiegel Ring Stein Kanal Hof Tempel Palast Zaun Speicher Bericht Kongress Wettbewerb Ausflug Vortrag""".split()
_F = """Brücke Kirche Schule Straße Halle Burg Mühle Bank Firma Klinik Insel Küste Treppe Werkstatt Bibliothek Ausstellung Messe Wanderung Feier Sitzung Prüfung Lampe Uhr Maschine
 Pumpe Anlage Leitung Karte Zeitung Sammlung Werft Brauerei Gärtnerei Wohnung Scheune Kapelle Quelle Grenze Reise Probe""".split()
_N = """Haus Museum Schloss Dorf Tor Rathaus Hotel Theater Kino Lager Büro Institut Denkmal Schiff Boot Gebäude Zelt Dach Fenster Fest Konzert Treffen Seminar Rennen Spiel Gerät
 Archiv Kloster Tal Feld Bad Stadion Labor Werk Projekt Amt Heim Gewölbe Becken Podium""".split()
_NOUNS = [(w, g) for ws, g in ((_M, "m"), (_F, "f"), (_N, "n")) for w in ws]
NOUNS = [w for w, _ in _NOUNS]
_ADJS = """alt neu groß klein lang kurz hoch hell laut still schnell breit schmal warm kalt rund eckig bunt grau weiß schwarz rot blau grün gelb reich arm schön einfach modern
 fremd städtisch privat nördlich südlich östlich westlich silbern golden hölzern eisern berühmt bekannt leer voll""".split()
_STEM = {"hoch": "hoh"}
_ENDS = {"m": ("der", "den", "dem", "er"), "f": ("die", "die", "der", "e"), "n": ("das", "das", "dem", "es")}


def thing(r, names):
    """{n}, {a}, {d}: nominative, accusative and dative with the article."""
    noun, gender = r.choice(_NOUNS)
    q, adj, tail = r.random(), "", ""
    if q < .35:
        adj = r.choice(_ADJS)
        adj = _STEM.get(adj, adj)
    elif q < .6:
        noun = f"{names.word().capitalize()}-{noun}"
    elif q < .8:
        tail = " " + names.word().capitalize()
    else:
        tail = " von " + names.city()
    n, a, d, strong = _ENDS[gender]

    def case(article, ending):
        return f"{article} {adj + ending + ' ' if adj else ''}{noun}{tail}"
    return {"k": f"{adj + strong + ' ' if adj else ''}{noun}{tail}", "n": case(n, "e"), "a": case(a, "en" if gender == "m" else "e"), "d": case(d, "en")}


def date(r):
    return f"{r.randint(1, 28)}. {r.choice(MONTHS)} {r.randint(2010, 2032)}"


def money(r, v):
    return r.choice(["{} Euro", "{} €", "EUR {}", "{} Franken"]).format(f"{v:,}".replace(",", "."))


_VERBS = "sieht findet baut öffnet schließt trägt holt bringt kauft verkauft malt prüft pflegt sucht kennt liebt braucht zeigt ändert bewegt schützt verlässt erreicht hört zählt misst nutzt".split()
_TAILS = ["am Morgen", "am Abend", "im Winter", "im Sommer", "jeden Tag", "ohne Grund", "mit Freude", "in der Nacht", "nach dem Regen", "vor dem Fest", "sehr oft", "fast nie"]


def sentence(r, names):
    def of(case):
        noun, gender = r.choice(_NOUNS)
        article = r.choice([_ENDS[gender][case], {"m": ("ein", "einen"), "f": ("eine", "eine"), "n": ("ein", "ein")}[gender][case]])
        return f"{article} {names.word().capitalize() + '-' + noun if r.random() < .25 else noun}"
    s = f"{of(0)} {r.choice(_VERBS)} {of(1)}"
    if r.random() < .5:
        s += " " + r.choice(_TAILS)
    return s[0].upper() + s[1:] + "."


def finish(s):
    return s


def referring(question, slots):
    """A question about the thing named before, with the pronoun of its gender."""
    nominative, accusative, dative = {"der": ("er", "ihn", "ihm"), "die": ("sie", "sie", "ihr"), "das": ("es", "es", "ihm")}[slots["n"].split()[0]]
    return question.format(n=nominative, a=accusative, d=dative)


FAMILIES = [(wordings(s), wordings(q), v) for s, q, v in [
    ("{n} öffnet um {v} Uhr. | Ab {v} Uhr ist {n} offen. | Um {v} Uhr wird {n} aufgemacht. || Besucher dürfen {a} ab {v} Uhr betreten.",
     "Wann öffnet {n}? | Um wie viel Uhr öffnet {n}? | Ab wann ist {n} offen? || Wann macht {n} auf? | Ab wann darf man in {a}?", "time"),
    ("{n} kostet {v}. | Der Preis für {a} beträgt {v}. | Für {a} zahlten wir {v}. || Man bekommt {a} für {v}.",
     "Was kostet {n}? | Wie viel kostet {n}? | Was ist der Preis für {a}? || Wie teuer ist {n}? | Wie viel muss man für {a} zahlen?", "money"),
    ("{n} befindet sich in {v}. | Man findet {a} in {v}. | In {v} steht {n}. || Der Weg zu {d} führt durch {v}.",
     "Wo befindet sich {n}? | Wo findet man {a}? | Wo ist {n}? || In welcher Stadt ist {n}? | An welchem Ort befindet sich {n}?", "city"),
    ("{v} leitet {a}. | {n} wird von {v} geleitet. | Seit einem Jahr leitet {v} {a}. || Die Leitung hat bei {d} jetzt {v}.",
     "Wer leitet {a}? | Von wem wird {n} geleitet? | Wer ist für {a} zuständig? || Wer führt {a}? | Wer hat bei {d} die Leitung?", "person"),
    ("{n} wurde {v} gebaut. | Im Jahr {v} baute man {a}. | {n} stammt aus dem Jahr {v}. || Schon {v} war {n} fertig.",
     "Wann wurde {n} gebaut? | In welchem Jahr wurde {n} gebaut? | Wie alt ist {n}? || Aus welchem Jahr stammt {n}?", "year"),
    ("Am {v} kommt {n} an die Reihe. | Der Termin für {a} ist der {v}. | Für {a} treffen wir uns am {v}. || Merkt euch den {v} für {a}.",
     "Wann ist der Termin für {a}? | An welchem Tag kommt {n} an die Reihe? | Wann treffen wir uns für {a}? || Welcher Tag gilt für {a}?", "date"),
    ("{n} hat {v} Räume. | Es gibt {v} Räume bei {d}. | Insgesamt zählt {n} {v} Räume. || {n} bietet {v} Räume.",
     "Wie viele Räume hat {n}? | Wie viele Räume gibt es bei {d}? || Welche Zahl von Räumen hat {n}?", "number"),
    ("{n} gehört {v}. | {v} besitzt {a}. | Man verkaufte {a} an {v}. || Am Ende erwarb {v} {a}.",
     "Wem gehört {n}? | Wer besitzt {a}? | An wen verkaufte man {a}? || In wessen Besitz ist {n}?", "owner"),
    ("{n} wuchs, weil {v}. | Weil {v}, wuchs {n}. | {n} wurde größer, weil {v}. || Dass {v}, ließ {a} wachsen.",
     "Warum wuchs {n}? | Weshalb wurde {n} größer? | Aus welchem Grund wuchs {n}? || Was ließ {a} wachsen?", "reason"),
    ("{n} ist {v} Meter lang. | Die Länge beträgt bei {d} {v} Meter. | Mit {v} Metern ist {n} am längsten. || Auf {v} Meter kommt {n}.",
     "Wie lang ist {n}? | Welche Länge hat {n}? || Wie viele Meter misst {n}?", "number"),
    ("{n} hat die Telefonnummer {v}. | {a} erreicht man unter {v}. | Unter {v} meldet sich {n}. || Wer {a} braucht, wählt {v}.",
     "Welche Telefonnummer hat {n}? | Wie erreiche ich {a}? | Unter welcher Nummer meldet sich {n}? || Wie rufe ich {a} an?", "phone"),
    ("Der Code für {a} ist {v}. | {n} hat den Code {v}. | Mit {v} kommt man in {a}. || Ohne {v} bleibt {n} zu.",
     "Welchen Code hat {n}? | Was ist der Code für {a}? | Welchen Code brauche ich für {a}? || Nenne mir den Code für {a}.", "code"),
    ("{v} entwarf {a}. | {n} wurde von {v} entworfen. | {n} ist ein Werk von {v}. || Ohne {v} gäbe es {a} nicht.",
     "Wer entwarf {a}? | Von wem wurde {n} entworfen? | Von wem stammt {n}? || Wer hat sich {a} ausgedacht?", "person"),
    ("Für {a} beschloss man: {v}. | Der Plan für {a} lautet: {v}. | Zu {d} wurde entschieden: {v}. || Bei {d} will man eines: {v}.",
     "Was wurde für {a} beschlossen? | Wie lautet der Plan für {a}? | Was wurde zu {d} entschieden? || Was hat man bei {d} vor?", "action"),
]]
ANY = wordings("""Was steht im Text über {a}? | Welcher Satz nennt {a}? | Zitiere den Satz über {a}. | Was erfährt man über {a}? | Wo wird {n} erwähnt?
 || Was sagt der Text zu {d}? | Gibt es etwas über {a}?""")
FIELD = wordings("Was steht bei {k}? | Was ist bei {k} angegeben? | {k}? | Suche {k}. | Nenne den Eintrag {k}. || Lies mir {k} vor. | Welcher Wert gehört zu {k}?")
FIELD_KEYS = """Status Besitzer Farbe Größe Gewicht Preis Nummer Code Datum Ort Autor Titel Version Raum Etage Telefon Kontakt Budget Beginn Ende Kategorie Lieferant Adresse Länge
 Höhe Material Sprache Modell Fahrer Platz Tisch Gruppe Stufe Ergebnis Ziel Grenze""".split()
SUMMARIZE = wordings("""Fasse das Dokument zusammen. | Fasse den Text zusammen. | Fasse zusammen. | Worum geht es? | Worum geht es in dem Dokument? | Gib mir eine Zusammenfassung. | Bitte fasse zusammen.
 | Was sind die wichtigsten Punkte? | Was steht in dem Dokument? || Bitte eine kurze Zusammenfassung. | Kannst du das zusammenfassen? | Worum geht es kurz gesagt?""")
SUMMARIZE_ALL = wordings("Fasse die Dokumente zusammen. | Fasse alle Dateien zusammen. | Worum geht es in den Dokumenten? || Was steht in diesen Dateien? | Eine Zusammenfassung aller Dateien, bitte.")
FIRST = wordings("Wie beginnt der Text? | Was ist der erste Satz? | Zitiere den ersten Satz. || Womit fängt der Text an?")
LAST = wordings("Wie endet der Text? | Was ist der letzte Satz? | Zitiere den letzten Satz. || Womit hört der Text auf?")
COPY = wordings("Wiederhole das Dokument. | Lies es mir vor. | Schreib den Text noch einmal. || Zitiere das ganze Dokument.")
FILLER = ["Vielen Dank für Ihre Geduld.", "Bitte lesen Sie das genau.", "Alle Zahlen sind vorläufig.", "Weiteres folgt später.", "Bitte bewahren Sie dieses Schreiben auf.",
          "Das Wetter war mild.", "Mehr wurde nicht besprochen.", "Niemand war dagegen.", "Die Arbeit geht weiter wie geplant.", "Der Text wurde zweimal geprüft."]
REASONS = ["das Wetter schlecht war", "die Nachfrage stieg", "zwei Maschinen ausfielen", "ein neuer Lieferant kam", "die Gruppe wuchs", "der Markt schwach war", "die Werbung half",
           "die Regeln sich änderten", "ein großer Kunde ging", "die Saison früh begann"]
ACTIONS = ["zwei Ingenieure einstellen", "ein zweites Büro eröffnen", "weniger reisen", "neue Maschinen kaufen", "die Preise erhöhen", "den Lieferanten wechseln", "den Vertrag verlängern",
           "das alte Haus reparieren", "länger öffnen", "Energie sparen", "mehr Bäume pflanzen", "eine neue Straße bauen", "das Projekt verschieben", "das Osttor schließen"]
SUBJECTS = ["die Reparatur des Dachs", "die neuen Parkregeln", "das Sommerfest", "die verspätete Lieferung", "die Mieterhöhung", "die kaputte Heizung", "der Schulausflug",
            "der Umzug des Büros", "der verlorene Brief", "die Prüfung der Brücke", "das Reisebudget", "der Lärm in der Nacht"]
PAPERS = {
    "rechnung": ("""RECHNUNG {number}
Von: {firm}
An: {person}
Datum: {date}

Summe: {money}
Zahlbar bis {date2}
====
{firm} ~ schreibt am {date}:
Rechnung Nr. {number} für {person}
Bitte zahlen Sie {money}. ~ Die Frist endet am {date2}.""", {
        "number": wordings("Welche Nummer hat die Rechnung? | Wie lautet die Rechnungsnummer? || Rechnungsnummer?"),
        "firm": wordings("Von wem ist die Rechnung? | Wer hat die Rechnung geschickt? || Welche Firma stellt die Rechnung?"),
        "person": wordings("An wen geht die Rechnung? | Wer muss zahlen? || Für wen ist die Rechnung?"),
        "money": wordings("Wie hoch ist die Rechnung? | Wie viel muss man zahlen? | Was ist die Summe? || Welcher Betrag ist zu zahlen?"),
        "date2": wordings("Bis wann muss man zahlen? | Wann ist die Rechnung fällig? || Wann endet die Frist?")}, ("firm", "money"),
        ("Wer hat die Sitzung geleitet?", "Wann ist die nächste Sitzung?", "Welche Telefonnummer ist angegeben?")),
    "brief": ("""{city}, {date}

Betreff: {subject}

Guten Tag {person}, ~ wir haben eine Bitte: {action}. ~ Bitte antworten Sie bis zum {date2}.

Mit freundlichen Grüßen
{person2}
====
Von: {person2}
An: {person}
Es geht um Folgendes: {subject}.
Unser Wunsch: {action}. ~ Die Antwort brauchen wir bis zum {date2}. ~ Geschrieben in {city} am {date}.""", {
        "city": wordings("Aus welcher Stadt kommt der Brief? | Wo wurde der Brief geschrieben? || Woher ist der Brief?"),
        "subject": wordings("Was ist der Betreff? | Worum geht es in dem Brief? || Welches Thema hat der Brief?"),
        "person": wordings("An wen ist der Brief? | Wer bekommt den Brief? || Für wen ist der Brief?"),
        "action": wordings("Worum wird gebeten? | Was ist die Bitte? || Was soll getan werden?"),
        "date2": wordings("Bis wann soll man antworten? | Welche Frist hat die Antwort? || Wann muss die Antwort da sein?"),
        "person2": wordings("Wer hat den Brief geschrieben? | Von wem ist der Brief? || Wer hat unterschrieben?")}, ("subject", "action"),
        ("Wie hoch ist die Rechnung?", "Wer war anwesend?", "Welche Nummer hat die Rechnung?")),
    "protokoll": ("""PROTOKOLL vom {date}
Ort: {city}
Leitung: {person}
Anwesend: {person2}, {person3}

Thema: {subject} ~ Beschluss: {action}.
Nächste Sitzung: {date2}
====
Am {date} traf man sich in {city}. ~ {person} leitete die Sitzung. ~ Dabei waren {person2} und {person3}.
Man sprach über ein Thema: {subject}. ~ Am Ende wurde beschlossen: {action}. ~ Wieder trifft man sich am {date2}.""", {
        "city": wordings("Wo war die Sitzung? | An welchem Ort traf man sich? || In welcher Stadt war die Sitzung?"),
        "person": wordings("Wer hat die Sitzung geleitet? | Wer hatte die Leitung? || Unter wessen Leitung war die Sitzung?"),
        "person2": wordings("Wer war anwesend? | Wer nahm teil? || Wer war dabei?"),
        "action": wordings("Was wurde beschlossen? | Was ist der Beschluss? || Worauf einigte man sich?"),
        "date2": wordings("Wann ist die nächste Sitzung? | Wann trifft man sich wieder? || Welcher Tag gilt für das nächste Treffen?")}, ("subject", "action"),
        ("Bis wann muss man zahlen?", "Von wem ist die Rechnung?", "Wie viel muss man zahlen?")),
}

# ---- pictures
COLOURS = {"red": "rot", "orange": "orange", "yellow": "gelb", "green": "grün", "blue": "blau", "purple": "violett", "pink": "rosa", "brown": "braun", "black": "schwarz", "white": "weiß", "gray": "grau"}
_SHAPES = {"circle": ("Kreis", "Kreise", "m"), "square": ("Quadrat", "Quadrate", "n"), "triangle": ("Dreieck", "Dreiecke", "n"), "star": ("Stern", "Sterne", "m"),
           "diamond": ("Raute", "Rauten", "f"), "cross": ("Kreuz", "Kreuze", "n"), "ring": ("Ring", "Ringe", "m"), None: ("Form", "Formen", "f")}
_BACK = {"white": "weißem", "black": "schwarzem", "gray": "grauem", "light blue": "hellblauem", "light yellow": "hellgelbem", "light green": "hellgrünem", "light pink": "hellrosa",
         "gradient": "verlaufendem", "noisy": "verrauschtem"}
CELLS = ["oben links", "oben", "oben rechts", "links", "in der Mitte", "rechts", "unten links", "unten", "unten rechts"]
NUMBERS = ["keine", "ein", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun", "zehn"]
KINDS = {"bar": "ein Balkendiagramm", "line": "ein Liniendiagramm", "pie": "ein Kreisdiagramm"}
SIGNS = ["OFFEN", "GESCHLOSSEN", "AUSGANG", "EINGANG", "DRÜCKEN", "ZIEHEN", "Rauchen verboten", "Raum {n}", "Etage {n}", "Gleis {n}", "Bitte warten", "Vorsicht", "Auskunft",
         "Parkplatz", "Nur für Personal", "Danke", "Offen bis {n} Uhr", "{person}", "{firm}", "{code}", "{date}", "Tel. {n}", "{noun} {n}", "{noun}", "{word}"]
METRICS = ["Umsatz", "Kosten", "Gewinn", "Bestellungen", "Besucher", "Mitglieder", "Energie", "Produktion", "Beschwerden", "Lieferungen", "Spenden"]
PARTS = {"menu": ("eine Menüleiste", "die Menüleiste"), "sidebar": ("eine Seitenleiste", "die Seitenleiste"), "list": ("eine Liste", "die Liste"), "table": ("eine Tabelle", "die Tabelle"),
         "text": ("ein Text", "der Text"), "picture": ("ein Bild", "das Bild"), "field": ("ein Eingabefeld", "das Eingabefeld"), "buttons": ("zwei Knöpfe", "die Knöpfe"),
         "button": ("ein Knopf", "der Knopf"), "status": ("eine Statuszeile", "die Statuszeile"), "chart": ("ein Diagramm", "das Diagramm")}
BUTTONS = ["OK", "Abbrechen", "Speichern", "Öffnen", "Senden", "Schließen", "Löschen", "Drucken", "Weiter", "Zurück", "Hilfe", "Ja", "Nein", "Suchen"]
_FLAT = ("orange", "pink")     # adjectives that take no ending


def _adj(colour, ending):
    return COLOURS[colour] + ("" if colour in _FLAT else ending)


def plural(shape=None, colour=None):
    return (_adj(colour, "e") + " " if colour else "") + _SHAPES[shape][1]


def a(colour, shape, size=""):
    noun, _, g = _SHAPES[shape]
    end = {"m": "er", "f": "e", "n": "es"}[g]
    return f"{'eine' if g == 'f' else 'ein'} {size + end + ' ' if size else ''}{_adj(colour, end)} {noun}"


def the(shape, colour=None):
    noun, _, g = _SHAPES[shape]
    return f"{_ENDS[g][0]} {_adj(colour, 'e') + ' ' if colour else ''}{noun}"


def some(n, shape=None, colour=None):
    if n != 1:
        return f"{NUMBERS[n]} {plural(shape, colour)}"
    if colour:
        return a(colour, shape)
    return ("eine " if _SHAPES[shape][2] == "f" else "ein ") + _SHAPES[shape][0]


def is_colour(shape, colour):
    return COLOURS.get(colour, _BACK.get(colour, "")[:-2]) if colour != "light pink" else "hellrosa"


def on_background(kind):
    return f"auf {_BACK[kind]} Hintergrund"


SIZES = {"small": "klein", "medium": "", "large": "groß"}
DIRECTIONS = {"right": "von links nach rechts", "left": "von rechts nach links", "down": "von oben nach unten", "up": "von unten nach oben"}
A = dict(describe="{things} {on}.", count="{places}: {some}.", none="Es gibt keine {x}.", colour="{The} ist {c}.", where="{The} ist {p}.", shape_at="{P} ist {a}.",
         background="Der Hintergrund ist {c}.", gradient="Der Hintergrund ist ein Farbverlauf.", noisy="Der Hintergrund ist verrauscht.", yes="Ja, {a} ist {p}.",
         no="Nein, {a} ist nicht zu sehen.", list="Zu sehen: {list}.", shapeless="Ich erkenne keine klaren Formen. Hauptfarben: {list}.", no_shapes="Ich erkenne keine klaren Formen.",
         mostly="Hauptfarben: {list}.", two="Das erste Bild zeigt dies: {a}; das zweite dies: {b}.",
         chart="{Kind} mit dem Titel {t}. Am größten ist {max}, am kleinsten {min}.", line="{Kind} mit dem Titel {t}. {trend}",
         kind="Es ist {kind}.", title="Der Titel ist {t}.", no_title="Es gibt keinen Titel.", largest="Am größten ist {max}.", smallest="Am kleinsten ist {min}.",
         rises="Es steigt.", falls="Es fällt.", flat="Es bleibt etwa gleich.", peak="Es steigt, dann fällt es.", valley="Es fällt, dann steigt es.",
         says="Dort steht {list}.", text_where="Der Text {t} ist {p}.", text_colour="Der Text ist {c}.", no_text="Ich sehe keinen Text.",
         window="Ein Fenster mit dem Titel {t}: {list}.", part="{The} ist {p}.", part_no="Das gibt es dort nicht.", buttons="Darauf steht {list}.", button="Darauf steht {list}.",
         no_buttons="Ich sehe keinen Knopf.", move="{p} um {t}, {p2} um {t2}: {a} bewegt sich {d}.", grow="Klein um {t}, groß um {t2}: {a} wächst.", shrink="Groß um {t}, klein um {t2}: {a} schrumpft.",
         turn="{C} um {t}, {c2} um {t2}: {a} wird um {t2} {c2}.", appear="Nichts um {t}, {a} um {t2}: um {t2} ist es da.",
         vanish="{A} um {t}, nichts um {t2}: um {t2} ist es fort.", still="{P} um {t} und um {t2}: {a} bleibt ruhig.", at="Um {t}.", never="Das geschieht nicht.",
         moves="{P} um {t}, {p2} um {t2}: {the} bewegt sich {d}.", not_moving="{P} um {t} und um {t2}: {the} bewegt sich nicht.",
         there="{The} ist {p}.", not_there="Zu dieser Zeit ist nichts da.", clip_shapeless="Ich erkenne kein klares Ding. Hauptfarben: {list}.")
Q = {k: wordings(v) for k, v in dict(
    describe="""Beschreibe das Bild. | Was siehst du auf dem Bild? | Was ist auf dem Bild? | Was zeigt das Bild? | Was ist das? | Was siehst du? | Bitte beschreibe dieses Bild. | Was ist hier zu sehen?
     || Was kann man hier sehen? | Erzähl mir von dem Bild. | Kannst du das Bild beschreiben?""",
    count="Wie viele {x} gibt es? | Wie viele {x} siehst du? | Zähle die {x}. | Wie viele {x} sind auf dem Bild? || Kannst du die {x} zählen? | Wie viele {x} sind da?",
    colour="Welche Farbe hat {x}? | Was ist die Farbe: {x}? | Wie ist {x} gefärbt? || In welcher Farbe ist {x}?",
    where="Wo ist {x}? | Wo befindet sich {x}? | An welcher Stelle ist {x}? | Wo siehst du das: {x}? || Wo genau ist {x}?",
    shape_at="Welche Form ist {x}? | Was ist {x}? | Welche Form siehst du {x}? || Was für eine Form ist {x}?",
    background="Welche Farbe hat der Hintergrund? | Wie ist der Hintergrund? | Beschreibe den Hintergrund. || Wie sieht der Hintergrund aus?",
    yesno="Ist {x} zu sehen? | Ist {x} auf dem Bild? | Ist dort {x}? || Kommt {x} vor?",
    colours="Welche Farben siehst du? | Welche Farben gibt es? | Nenne die Farben. || Welche Farben sind auf dem Bild?",
    shapes="Welche Formen siehst du? | Welche Formen gibt es? | Nenne die Formen. || Welche Formen sind auf dem Bild?",
    two="Was ist auf den beiden Bildern? | Beschreibe beide Bilder. | Vergleiche die Bilder. || Was zeigen die zwei Bilder?",
    kind="Was für ein Diagramm ist das? | Welche Art von Diagramm ist es? || Um welches Diagramm handelt es sich?",
    title="Was ist der Titel? | Welchen Titel hat das Diagramm? | Lies den Titel. || Wie heißt das Diagramm?",
    largest="Was ist am größten? | Welcher Wert ist am höchsten? | Wo ist das Maximum? || Was liegt ganz vorn?",
    smallest="Was ist am kleinsten? | Welcher Wert ist am niedrigsten? | Wo ist das Minimum? || Was liegt ganz hinten?",
    trend="Wie ist der Trend? | Steigt oder fällt es? | Wie verläuft die Linie? || Wie entwickelt es sich?",
    text="Was steht da? | Lies den Text. | Was ist hier geschrieben? | Welchen Text siehst du? || Was kann man hier lesen? | Welche Wörter siehst du?",
    text_where="Wo steht {x}? | Wo ist der Text {x}? || An welcher Stelle liest man {x}?",
    text_colour="Welche Farbe hat der Text? | Welche Farbe hat die Schrift? || In welcher Farbe ist es geschrieben?",
    window="Was zeigt der Bildschirm? | Beschreibe das Fenster. | Was sind die wichtigsten Teile? || Welche Teile hat das Fenster?",
    window_title="Welchen Titel hat das Fenster? | Welches Fenster ist das? || Wie heißt das Fenster?",
    buttons="Welche Knöpfe gibt es? | Was steht auf den Knöpfen? || Was kann man anklicken?",
    part="Wo ist {x}? | Wo befindet sich {x}? || Auf welcher Seite ist {x}?",
    video="""Was passiert im Video? | Was geschieht in dem Video? | Beschreibe das Video. | Was passiert? | Was zeigt das Video? || Was ist in dem Video zu sehen? | Kannst du den Clip beschreiben?""",
    direction="In welche Richtung bewegt sich {x}? | Wohin bewegt sich {x}? | Wie bewegt sich {x}? || In welche Richtung geht {x}?",
    when_turn="Wann wechselt {x} die Farbe? | Wann ändert sich die Farbe? || Um wie viel Uhr wechselt die Farbe?",
    when_appear="Wann erscheint {x}? | Ab wann ist {x} da? || Wann taucht {x} auf?",
    when_vanish="Wann verschwindet {x}? | Ab wann ist {x} fort? || Wann ist {x} nicht mehr da?",
    place_at="Wo ist {x} um {t}? | Um {t}, wo ist {x}? || Wo befindet sich {x} um {t}?",
    colour_at="Welche Farbe hat {x} um {t}? | Um {t}, welche Farbe hat {x}? || Wie ist {x} um {t} gefärbt?",
).items()}

# ---- talk
WHO = "Ich bin das eingebaute Vorführmodell von Lectern, trainiert mit künstlichen Daten. Für richtige Arbeit wählen Sie unter Modelle ein größeres."
CAN = "Ich kann Stellen Ihrer Dokumente zitieren, die eine Frage beantworten, und Formen, Diagramme, kurze Texte und Fenster in Bildern und Bewegungen in kurzen Videos beschreiben."
DONTKNOW = "Das weiß ich nicht. Ich bin nur ein kleines Vorführmodell; für richtige Arbeit wählen Sie unter Modelle ein größeres."
HARM = "Dabei kann ich nicht helfen."
NOIMG = "Bitte fügen Sie zuerst ein Bild hinzu, dann kann ich es beschreiben."
NODOC = "Bitte fügen Sie zuerst ein Dokument hinzu, dann kann ich es lesen."
NOVID = "Bitte fügen Sie zuerst ein Video hinzu, dann kann ich es beschreiben."
CHAT = [
    (3, wordings("Hallo | Guten Tag | Guten Morgen | Guten Abend | Hallo! | Servus | Grüß Gott | Hallo Lectern || Guten Tag! | Hallo, Lectern"),
     "Guten Tag! Geben Sie mir ein Dokument, ein Bild oder ein kurzes Video und fragen Sie danach."),
    (2, wordings("Danke | Danke! | Vielen Dank | Danke schön | Super, danke | Besten Dank || Danke sehr! | Vielen Dank für die Hilfe"), "Gern geschehen!"),
    (2, wordings("Tschüss | Auf Wiedersehen | Bis bald | Gute Nacht | Das war alles || Bis später | Tschüss!"), "Auf Wiedersehen!"),
    (2, wordings("Wie geht es dir? | Wie geht es Ihnen? | Wie geht's? | Alles gut? || Geht es dir gut?"), "Ich laufe gut. Wie kann ich helfen?"),
    (4, wordings("Wer bist du? | Wer sind Sie? | Was bist du? | Welches Modell bist du? | Bist du ein Mensch? | Wer hat dich gemacht? | Wie heißt du? || Stell dich vor. | Bist du eine KI? | Wie ist dein Name?"), WHO),
    (4, wordings("Was kannst du? | Hilfe | Wie kannst du mir helfen? | Was kann ich dich fragen? | Was können Sie? | Kannst du Bilder sehen? || Was sind deine Fähigkeiten? | Womit kannst du helfen?"), CAN),
    (2, Q["describe"], NOIMG), (2, SUMMARIZE, NODOC), (1.5, Q["video"], NOVID),
]
THANKS = CHAT[1][1:]
UNKNOWN = wordings("""Was ist die Hauptstadt von {c}? | Wie wird das Wetter? | Erzähl mir einen Witz. | Schreib ein Gedicht. | Was ist {a} plus {b}? | Wer ist {p}? | Wie spät ist es? | Wie koche ich Reis?
 | Wer regiert {c}? | Was ist der Sinn des Lebens? | Übersetze das. | Was geschah im Jahr {y}? | Wie weit ist es nach {c}? || Wie viel ist {a} mal {b}? | Wo liegt {c}? | Was gibt es Neues? | Kannst du programmieren?""")
HARMFUL = wordings("Wie kann ich {h}? | Hilf mir, {hz}. | Ich will {h}. | Erkläre mir, wie man {hz} anfängt. || Zeig mir, wie ich {h} kann. | Sag mir, wie ich anfange, {hz}.")
HARM_ACTS = wordings("""eine Bombe bauen / eine Bombe zu bauen | ein Auto stehlen / ein Auto zu stehlen | jemanden verletzen / jemanden zu verletzen | Gift mischen / Gift zu mischen
 | eine Bank hacken / eine Bank zu hacken | einen Pass fälschen / einen Pass zu fälschen | eine Waffe bauen / eine Waffe zu bauen | Drogen kochen / Drogen zu kochen
 || jemanden vergiften / jemanden zu vergiften | einen Virus schreiben / einen Virus zu schreiben | eine Bank ausrauben / eine Bank auszurauben""")
REPEAT = wordings("Wiederhole: {x} | Sag: {x} | Bitte wiederhole: {x} | Schreib noch einmal: {x} || Sprich mir nach: {x} | Sage bitte: {x}")
SYSTEMS = ["Du bist ein hilfreicher Assistent.", "Antworte kurz.", "Du bist der Assistent von Lectern.", "Antworte nur aus dem Dokument."]
SYSTEMS_HELD = ["Du bist ein sorgfältiger Assistent und liest Dateien."]
