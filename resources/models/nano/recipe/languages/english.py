# SPDX-License-Identifier: Apache-2.0
"""English. languages/__init__.py says what each name is for."""
import re

from words import (ACTIONS, ADJS, ADVERBS, COLOURS as RGB, FILLER, ITEMS, METRICS, MONTHS, NOUNS, NUMBERS, PREPS, REASONS, SUBJECTS, VERBS,
                   CELLS, wordings)

CODE = "en"
AND = " and "
ABSENT = "The document does not say."
ABSENT_ALL = "The documents do not say."
STEMS = ("notes", "text", "report", "article", "readme", "info", "paper")

def referring(question, slots):
    """A question about the thing named before."""
    return re.sub("[Tt]he {k}", "it", question)


FAMILIES = [(wordings(s), wordings(q), v) for s, q, v in [
    ("The {k} opens at {v}. | From {v} on the {k} is open. | Visitors can enter the {k} after {v}. || The doors of the {k} open at {v}.",
     "When does the {k} open? | At what time does the {k} open? | What time does the {k} open? || From when is the {k} open?", "time"),
    ("The {k} costs {v}. | The price of the {k} is {v}. | We paid {v} for the {k}. | For the {k} they ask {v}. || A {k} was sold for {v}.",
     "How much is the {k}? | What does the {k} cost? | What is the price of the {k}? || How expensive is the {k}? | How much did the {k} cost?", "money"),
    ("The {k} is in {v}. | You find the {k} in {v}. | In {v} stands the {k}. | The {k} was moved to {v}. || The way to the {k} leads through {v}.",
     "Where is the {k}? | In which place is the {k}? | Where do I find the {k}? || In which city is the {k}? | Where can the {k} be found?", "city"),
    ("{v} leads the {k}. | The {k} is led by {v}. | The head of the {k} is {v}. | Since last year {v} has led the {k}. || Nobody but {v} may direct the {k}.",
     "Who leads the {k}? | Who is the head of the {k}? | Who is in charge of the {k}? || By whom is the {k} led? | Who directs the {k}?", "person"),
    ("The {k} was built in {v}. | In {v} the {k} was built. | The {k} dates from {v}. | They finished the {k} in {v}. || It was in {v} that the {k} was built.",
     "When was the {k} built? | In which year was the {k} built? | How old is the {k}? || From which year is the {k}? | What year was the {k} built?", "year"),
    ("The {k} takes place on {v}. | On {v} there is the {k}. | The date of the {k} is {v}. | We meet for the {k} on {v}. || Come to the {k} on {v}.",
     "When is the {k}? | On which day is the {k}? | When does the {k} take place? | What is the date of the {k}? || On what date is the {k}?", "date"),
    ("The {k} has {v} rooms. | There are {v} rooms in the {k}. | In all, the {k} counts {v} rooms. || The {k} offers {v} rooms.",
     "How many rooms does the {k} have? | How many rooms are in the {k}? || What is the number of rooms in the {k}?", "number"),
    ("The {k} belongs to {v}. | {v} owns the {k}. | The owner of the {k} is {v}. | They sold the {k} to {v}. || In the end {v} bought the {k}.",
     "Who owns the {k}? | To whom does the {k} belong? | Who is the owner of the {k}? || Whose is the {k}?", "owner"),
    ("The {k} is painted {v}. | They painted the {k} {v}. | The color of the {k} is {v}. || Everybody knows the {v} {k}.",
     "What color is the {k}? | Which color does the {k} have? || What is the color of the {k}?", "colour"),
    ("The {k} grew because {v}. | Because {v}, the {k} grew. | The {k} became larger because {v}. || That {v} is why the {k} grew.",
     "Why did the {k} grow? | What made the {k} grow? | Why did the {k} become larger? || What is the reason that the {k} grew?", "reason"),
    ("The {k} is {v} metres long. | The length of the {k} is {v} metres. | With {v} metres, the {k} is the longest. || Over {v} metres runs the {k}.",
     "How long is the {k}? | What is the length of the {k}? || How many metres long is the {k}?", "number"),
    ("The phone number of the {k} is {v}. | Call the {k} at {v}. | The {k} can be reached at {v}. || Whoever needs the {k} calls {v}.",
     "What is the phone number of the {k}? | How can I reach the {k}? | Which number does the {k} have? || How do I call the {k}?", "phone"),
    ("The code of the {k} is {v}. | The {k} has the code {v}. | Use {v} to enter the {k}. | Code for the {k}: {v}. || Only with {v} one gets into the {k}.",
     "What is the code of the {k}? | Which code does the {k} have? | Which code do I need for the {k}? || Tell me the code of the {k}.", "code"),
    ("{v} designed the {k}. | The {k} was designed by {v}. | The {k} is a work of {v}. | For years {v} worked on the {k}. || Without {v} there would be no {k}.",
     "Who designed the {k}? | By whom was the {k} designed? | Who worked on the {k}? || Who made the {k}?", "person"),
    ("The {k} must be ready by {v}. | By {v} the {k} has to be ready. | The deadline for the {k} is {v}. || Nobody waits for the {k} beyond {v}.",
     "When must the {k} be ready? | What is the deadline for the {k}? | By when must the {k} be ready? || Until when is there time for the {k}?", "date"),
    ("About the {k} it was decided to {v}. | For the {k} they decided to {v}. | The plan for the {k} is to {v}. || As to the {k}, the wish is to {v}.",
     "What was decided about the {k}? | What is the plan for the {k}? | What did they decide for the {k}? || What should be done about the {k}?", "action"),
]]
ANY = wordings("""What does it say about the {k}? | What do we learn about the {k}? | Quote the sentence about the {k}. | Find the {k}. |
 Which sentence mentions the {k}? | What is said about the {k}? | What about the {k}? | Where is the {k} mentioned? | Look up the {k}.
 || Tell me about the {k}. | Is there anything about the {k}? | What does the text say on the {k}?""")
FIELD = wordings("""What is the {k}? | Which {k} is given? | Give me the {k}. | Find the {k}. | Tell me the {k}. | {k}? | Look up the {k}. | And the {k}?
 || What does it say for {k}? | Please find the {k}. | Which {k} does it have?""")
SUMMARIZE = wordings("""Summarize this document. | Summarize this. | Summarize the document. | What is this document about? | Give me a summary. |
 Please summarize. | Summarise this. | What is this about? | What does the document say? | Give a short summary. | Write a summary. | Sum up this document. |
 Summary, please. | Can you summarize this? | Can you summarize the file? | What are the main points? | Shorten this.
 || Please give me a short summary of this. | What does this file say? | Could you sum this up? | In short, what is this about?""")
SUMMARIZE_ALL = wordings("""Summarize these files. | Summarize the documents. | Summarize all files. | What are these documents about? | Give me a summary of all files.
 || Sum up these files. | What do these documents say?""")
FIRST = wordings("""How does it begin? | How does the text begin? | What is the first sentence? | Quote the first sentence. | How does it start?
 || What does the text start with? | Give me the first sentence.""")
LAST = wordings("How does it end? | How does the text end? | What is the last sentence? | Quote the last sentence. || What does the text end with? | Give me the last sentence.")
COPY = wordings("Repeat the document. | Copy the document. | Read it to me. | Write the text again. || Quote the whole document.")
FIELD_KEYS = """status owner color size weight price number code place date author title version room floor phone contact budget start end
 category supplier address length height speed material language model driver gate seat table team level result target limit""".split()




def thing(r, names):
    """What a text speaks of, by a name that only copying gets right."""
    q, noun = r.random(), r.choice(NOUNS)
    if q < .45:
        k = f"{r.choice(ADJS)} {noun}"
    elif q < .6:
        k = f"{names.word().capitalize()} {noun}"
    elif q < .75:
        k = names.word()
    elif q < .85:
        k = f"{noun} of {names.city()}"
    else:
        k = f"{noun} {r.choice(NOUNS)}"
    return {"k": k}


def date(r):
    return f"{r.randint(1, 28)} {r.choice(MONTHS)} {r.randint(2010, 2032)}"


def money(r, v):
    return r.choice(["{:,} euros", "${:,}", "{:,} dollars", "EUR {:,}", "{:,} pounds"]).format(v)


def sentence(r, names, odd=.25):
    """A grammatical sentence without sense; `odd` is the share of words no dictionary has."""
    def noun():
        return (r.choice(ADJS) + " " if r.random() < .5 else "") + (names.word() if r.random() < odd else r.choice(NOUNS))

    def det():
        return r.choice(["the", "the", "a", "every", "this", "our"])
    s = f"{det()} {noun()} {r.choice(VERBS)} {det()} {noun()}"
    if r.random() < .5:
        s += f" {r.choice(PREPS)} {det()} {noun()}"
    if r.random() < .25:
        s += " " + r.choice(ADVERBS)
    if r.random() < .12:
        s = f"in {r.randint(1950, 2030)} " + s
    return s[0].upper() + s[1:] + "."


def finish(s):
    return s


# Business papers beyond those of fields.py. What stands behind "====" is a layout held out of training.
PAPERS = {
    "offer": ("""OFFER {number}
{firm}
For: {person}
Date: {date}

We will {action}. ~ The price is {money}. ~ The offer is valid until {date2}.

{person2}
====
{firm} | {date}
To {person}
Our offer {number}: ~ We will {action}. ~ We ask {money} for it. ~ This holds until {date2}.
Signed: {person2}""", {
        "number": wordings("What is the number of the offer? | Which number does the offer have? || Offer number?"),
        "firm": wordings("Which company makes the offer? | Who makes the offer? || Whose offer is it?"),
        "person": wordings("Who is the offer for? | Who gets the offer? || To whom is it addressed?"),
        "money": wordings("What is the price? | How much does it cost? || How much do they ask?"),
        "date2": wordings("How long is the offer valid? | Until when is the offer valid? || When does the offer end?"),
        "person2": wordings("Who signed the offer? | Who signed? || By whom is it signed?")}, ("action", "money"),
        ("Who chaired the meeting?", "When is the next meeting?", "What is the phone number?")),
    "trip": ("""Itinerary of {person}
{date}, {clock}: train from {city} to {city2}
Hotel: {firm}
Phone of the hotel: {phone}
Booking code: {code}
Way back: {date2}
====
Dear {person}, ~ your train leaves {city} for {city2} on {date} at {clock}. ~ You stay at {firm}. ~ Its phone number is {phone}.
You come back on {date2}. ~ Use the code {code}.""", {
        "person": wordings("Who travels? | Whose trip is it? || Who is on this trip?"),
        "clock": wordings("When does the train leave? | At what time does the trip begin? || At what time must one be at the station?"),
        "firm": wordings("Which hotel is it? | Where is the night spent? || In which hotel does one stay?"),
        "phone": wordings("What is the phone number of the hotel? | How can I call the hotel? || Which number does the hotel have?"),
        "code": wordings("What is the booking code? | Which code do I need? || Tell me the booking code."),
        "date2": wordings("When is the way back? | On which day is the return? || When does the trip end?")}, ("clock", "firm"),
        ("What is the total?", "Who wrote the report?", "What was decided?")),
    "notice": ("""NOTICE
{subject}
From {date} to {date2} the office in {city} is closed. ~ We will {action}.
Questions: {person}, phone {phone}
====
Topic: {subject}
Please note: ~ We will {action}. ~ The office in {city} stays closed from {date} until {date2}. ~ {person} answers your questions at {phone}.""", {
        "subject": wordings("What is the notice about? | What is the topic? || What is it about?"),
        "city": wordings("Which office is closed? | Where is the office? || Which office will be shut?"),
        "phone": wordings("Whom can I ask? | Which number can I call? || Who answers questions?")}, ("subject", "city"),
        ("How much must be paid?", "Who attended?", "What is the invoice number?")),
}

# ---- pictures
COLOURS = {c: c for c in RGB}
KINDS = {"bar": "a bar chart", "line": "a line chart", "pie": "a pie chart"}
SIGNS = ["OPEN", "CLOSED", "EXIT", "ENTRANCE", "PUSH", "PULL", "STOP", "No smoking", "Room {n}", "Floor {n}", "Platform {n}", "Gate {n}", "Sale {n} %", "Please wait",
         "Do not touch", "Wet paint", "Information", "Parking", "Bus stop", "Keep left", "Danger", "Staff only", "Thank you", "Open until {n}:00", "Welcome to {city}",
         "{person}", "{firm}", "{code}", "{date}", "Tel. {n}", "{word}", "{noun} {n}", "{noun}"]
PARTS = {"menu": ("a menu bar", "the menu bar"), "sidebar": ("a sidebar", "the sidebar"), "list": ("a list", "the list"), "table": ("a table", "the table"),
         "text": ("a text", "the text"), "picture": ("a picture", "the picture"), "field": ("an input field", "the input field"),
         "buttons": ("two buttons", "the buttons"), "button": ("a button", "the button"), "status": ("a status bar", "the status bar"), "chart": ("a chart", "the chart")}
BUTTONS = ["OK", "Cancel", "Save", "Open", "Send", "Close", "Delete", "Print", "Next", "Back", "Help", "Yes", "No", "Apply", "Search", "Copy"]


def plural(shape=None, colour=None):
    return (f"{colour} " if colour else "") + (shape + ("es" if shape.endswith("s") else "s") if shape else "shapes")


def a(colour, shape, size=""):
    s = f"{size} {colour} {shape}".strip() if size else f"{colour} {shape}"
    return ("an " if s[0] in "aeiou" else "a ") + s


def the(shape, colour=None):
    return f"the {colour} {shape}" if colour else f"the {shape}"


def some(n, shape=None, colour=None):
    """"one red circle", "three shapes"."""
    return f"{NUMBERS[n]} {plural(shape, colour) if n != 1 else ((colour + ' ') if colour else '') + (shape or 'shape')}"


def is_colour(shape, colour):
    return colour


def on_background(kind):
    return "on a " + kind + " background"


A = dict(describe="{things} {on}.", count="{places}: {some}.", none="There are no {x}.", colour="{The} is {c}.", where="{The} is {p}.", shape_at="There is {a} {p}.",
         background="The background is {c}.", gradient="The background is a color gradient.", noisy="The background is noisy.", yes="Yes, there is {a} {p}.",
         no="No, there is no {x}.", list="I see {list}.", shapeless="I cannot make out clear shapes. I see mostly {list}.", no_shapes="I cannot make out clear shapes.",
         mostly="I see mostly {list}.", two="The first image shows {a}, the second {b}.",
         chart="{Kind} with the title {t}. The largest is {max}, the smallest is {min}.", line="{Kind} with the title {t}. {trend}",
         kind="It is {kind}.", title="The title is {t}.", no_title="There is no title.", largest="The largest is {max}.", smallest="The smallest is {min}.",
         rises="It rises.", falls="It falls.", flat="It stays about the same.", peak="It rises, then it falls.", valley="It falls, then it rises.",
         says="It says {list}.", text_where="The text {t} is {p}.", text_colour="The text is {c}.", no_text="I see no text.",
         window="A window with the title {t}: {list}.", part="{The} is {p}.", part_no="There is no such part.", buttons="It says {list} on them.", button="It says {list} on it.",
         no_buttons="I see no button.", move="{p} at {t}, {p2} at {t2}: {a} moves {d}.", grow="Small at {t}, large at {t2}: {a} grows.", shrink="Large at {t}, small at {t2}: {a} shrinks.",
         turn="{C} at {t}, {c2} at {t2}: {a} turns {c2} at {t2}.", appear="Nothing at {t}, {a} at {t2}: it appears at {t2}.",
         vanish="{A} at {t}, nothing at {t2}: it disappears at {t2}.", still="{P} at {t} and at {t2}: {a} stays still.", at="At {t}.", never="That does not happen.",
         moves="{P} at {t}, {p2} at {t2}: {the} moves {d}.", not_moving="{P} at {t} and at {t2}: {the} does not move.",
         there="{The} is {p}.", not_there="There is nothing at that time.", clip_shapeless="I cannot make out a clear object. I see mostly {list}.")
DIRECTIONS = {"right": "from left to right", "left": "from right to left", "down": "from top to bottom", "up": "from bottom to top"}
SIZES = {"small": "small", "medium": "", "large": "large"}
Q = {k: wordings(v) for k, v in dict(
    describe="""Describe the image. | Describe this image. | What do you see? | What is in the image? | What is in this picture? | What does the image show? | Describe the picture.
     | What can you see in this image? | Tell me what you see. | What is this? | What is shown here? | Please describe this picture. | Give me a description of the image.
     | Describe what you see. | What do you see in the picture? | Can you describe this image? | What does this picture show? | Caption this image. | Explain the image.
     | Look at this image. What is in it? | Describe it. | What's in this image? | Tell me about this image. | Summarize the image. | Describe the photo. | What is on the picture?
     || What can be seen here? | Could you tell me what this image shows? | Please tell me what is in the picture. | What's this? | Tell me about the picture.""",
    count="""How many {x} are there? | How many {x} do you see? | Count the {x}. | How many {x} are in the image? | How many {x} can you see? | How many {x} are in this picture?
     | What is the number of {x}? | How many {x} does the image show? | Please count the {x}. | How many {x}? || Can you count the {x}? | Tell me how many {x} there are. | How many {x} are shown here?""",
    colour="""What color is {x}? | What colour is {x}? | Which color is {x}? | Which color does {x} have? | What is the color of {x}? | What is the colour of {x}? | Tell me the color of {x}.
     | Name the color of {x}. || What color does {x} have? | Which colour is {x}? | Can you tell me the color of {x}?""",
    where="""Where is {x}? | Where in the image is {x}? | What is the position of {x}? | Where can I find {x}? | Where do you see {x}? | Locate {x}. | In which part of the image is {x}?
     | Where is {x} located? | Find {x}. || Where in the picture is {x}? | Tell me where {x} is. | Can you locate {x}?""",
    shape_at="""What shape is {x}? | Which shape is {x}? | What is {x}? | What shape do you see {x}? | What kind of shape is {x}? | What is the shape {x}? || Which shape do you see {x}? | Tell me what shape is {x}.""",
    background="""What color is the background? | What is the background? | Describe the background. | What colour is the background? | Which color is the background? | What is in the background?
     | What does the background look like? || How does the background look? | What is the color of the background?""",
    yesno="""Is there {x}? | Do you see {x}? | Is there {x} in the image? | Can you see {x}? | Does the image show {x}? | Is {x} in the picture? || Does the picture contain {x}? | Is there {x} here?""",
    colours="Which colors do you see? | What colors are there? | List the colors. | Which colors are in the image? | Name the colors. | What are the colors of the shapes? || Tell me the colors. | What colors can you see?",
    shapes="Which shapes do you see? | What shapes are there? | List the shapes. | Which shapes are in the image? | Name the shapes. || Tell me the shapes. | What shapes can you see?",
    two="What is in the two images? | Describe both images. | Compare the two images. | What do the two images show? | Describe the images. || What can you see in the two images? | Compare these images.",
    kind="What kind of chart is this? | Which kind of chart is it? | What type of chart is it? || What sort of chart do you see? | Is it a bar chart or a pie chart?",
    title="What is the title? | What is the title of the chart? | Which title does it have? | Read the title. | What does the title say? || What is the chart about? | Tell me the title.",
    largest="What is the largest? | Which is the largest? | What has the highest value? | Which one is the largest in the chart? | Where is the maximum? || Which value is the highest? | What is the biggest?",
    smallest="What is the smallest? | Which is the smallest? | What has the lowest value? | Which one is the smallest in the chart? | Where is the minimum? || Which value is the lowest? | What is the least?",
    trend="What is the trend? | Does it rise or fall? | How does the line go? | What happens over time? | How does it develop? || In which direction does it go over time? | Is it going up or down?",
    text="What does it say? | Read the text. | What is written here? | What is written in the image? | What text do you see? | What does the sign say? | Read this to me. || Which words are in the picture? | What can you read here? | What is printed here?",
    text_where="Where is the text {x}? | Where does it say {x}? | Where in the image is {x} written? || In which place stands {x}? | Tell me where {x} is written.",
    text_colour="What color is the text? | Which color does the writing have? | What is the color of the letters? || In which color is it written? | What color are the words?",
    window="What does the screenshot show? | Describe the screenshot. | What do you see on the screen? | Describe this window. | What are the main parts? || What is on this screen? | Which parts does the window have?",
    window_title="What is the title of the window? | Which window is it? | What is the name of the window? | Which title does the window have? || Which window do you see? | Read the title of the window.",
    buttons="Which buttons are there? | What buttons do you see? | What do the buttons say? | Name the buttons. || What can I click? | Read the buttons.",
    part="Where is {x}? | Where do you see {x}? | Where can I find {x}? || On which side is {x}? | Tell me where {x} is.",
    video="""What happens in this video? | What happens in the video? | Describe the video. | Describe this video. | What is happening? | What happens? | Summarize the video.
     | Tell me what happens in the video. | What does the video show? | What can you see in this video? | What is going on in this video? | Please describe the clip. | What happens in this clip?
     | Describe what happens. || What goes on in the video? | Tell me what this clip shows. | Could you describe the video? | What is shown in the video?""",
    direction="""In which direction does {x} move? | Which way does {x} move? | Where does {x} move? | How does {x} move? | Which way does {x} go?
     || What direction does {x} move in? | Which way is {x} moving? | Which direction does {x} go?""",
    when_turn="When does {x} change color? | When does the color change? | At what time does {x} change color? || At what time does the color change? | When does {x} get another color?",
    when_appear="When does {x} appear? | At what time does {x} appear? | When does {x} come into the picture? || From when on do you see {x}? | When do you see {x} first?",
    when_vanish="When does {x} disappear? | At what time does {x} disappear? | When does {x} vanish? || Until when do you see {x}? | When is {x} gone?",
    place_at="Where is {x} at {t}? | Where do you see {x} at {t}? | At {t}, where is {x}? || In which place is {x} at {t}? | Tell me where {x} is at {t}.",
    colour_at="What color is {x} at {t}? | Which color does {x} have at {t}? | At {t}, what color is {x}? || Which color do you see at {t}? | Tell me the color of {x} at {t}."
).items()}

# ---- chat wordings
WHO = "I am Lectern's built-in demonstration model, trained on synthetic data. For real work, choose a larger model under Models."
CAN = "I can quote the passages of your documents that answer a question, and describe shapes, charts, short texts and windows in images, and what moves in short videos."
DONTKNOW = "I do not know that. I am only a small demonstration model; for real work, choose a larger model under Models."
HARM = "I cannot help with that."
NOIMG = "Please add an image first, then I can describe it."
NODOC = "Please add a document first, then I can read it."
NOVID = "Please add a video first, then I can describe it."
CHAT = [
    (3, wordings("""Hello | Hi | Hey | Hello! | Hi! | Hi there | Good morning | Good evening | Good afternoon | Hello there | Hey there! | Greetings | Good day | Hi Lectern | Hello Lectern!
     | Hello, nice to meet you. | Hello assistant || Hey! | Hi there! | Good morning! | Hello, Lectern"""),
     "Hello! You can give me a document, an image or a short video and ask about it."),
    (2, wordings("""Thanks | Thank you | Thanks! | Thank you! | Thank you very much | Thanks a lot | Great, thanks | Thank you for your help | Many thanks | Perfect, thank you | Cheers | Nice, thanks
     | Good work | Well done || Thanks so much | Great, thank you! | Thank you so much"""), "You are welcome!"),
    (2, wordings("""Bye | Goodbye | See you | Good night | Bye bye | See you later | Goodbye! | That is all | I have to go || Bye! | See you soon | Farewell"""), "Goodbye!"),
    (2, wordings("""How are you? | How are you doing? | How is it going? | Are you well? | How do you feel? | Are you okay? || How are you today? | How do you do?"""),
     "I am running well. How can I help you?"),
    (5, wordings("""Who are you? | What are you? | What is your name? | Which model are you? | Who made you? | What model is this? | Are you a large model? | Tell me about yourself. | Introduce yourself. |
     Who am I talking to? | Are you ChatGPT? | Are you Llama 4? | Are you a real AI? | Are you human? | Who trained you? | What were you trained on? | Which data were you trained on? | How big are you?
     | Are you a robot? | What kind of model are you? | Who built you? | Who created you?
     || Who is this? | What is this model? | Can you introduce yourself? | Are you an AI? | Which AI is this? | What's your name?"""), WHO),
    (5, wordings("""What can you do? | Help | What are you good at? | How can you help me? | What are your abilities? | Can you help me? | What do you know? | What can I ask you? | What should I ask you? | How do I use you? |
     What do you understand? | Can you see images? | Can you read documents? | Can you watch videos? | Can you describe pictures? | What works here? | Help me | I need help
     || What are you able to do? | How do you work? | What can I do here? | Can you understand images? | What are your skills?"""), CAN),
    (3, Q["describe"], NOIMG), (1.5, (["What color is the circle?", "How many shapes are there?", "Where is the star?", "How many circles are there?",
                                   "What color is the background?", "Where is the red circle?", "What color is the square?"],
                                  ["What color is the star?", "How many squares are there?"]), NOIMG),
    (3, SUMMARIZE, NODOC), (1.5, (["What is the total?", "Who signed the letter?", "When is it due?", "Who wrote the report?", "List the items.", "Who attended?",
                              "What is the invoice number?"], ["Who is the author?", "What was decided?"]), NODOC),
    (2, Q["video"], NOVID),
]
UNKNOWN = wordings("""What is the capital of {c}? | Who is the president of {c}? | What is the weather today? | Write a poem about {n}. | Tell me a joke. | What is the meaning of life? | Who won the game? | How old is the universe? |
 What is {a} plus {b}? | What is {a} times {b}? | Write a program in Python. | Explain quantum physics. | Translate this to French. | What time is it? | What day is today? | Give me a recipe for {n}. |
 How far is {c}? | Who invented the {n}? | What do you think about {n}? | Why is the sky blue? | Tell me a story about a {n}. | What is a {n}? | Who wrote this famous book? | Can you sing? | What is the price of gold? |
 How do I cook rice? | What is the best {n}? | Who is {p}? | Where is {c}? | How do I learn to swim? | Solve this equation. | What is love? | Do you like {n}? | Explain how a {n} works. | What is the news? |
 How many people live in {c}? | Write an essay about the {n}. | Recommend a good {n}. | Calculate {a} minus {b}. | Fix my computer. | Why do birds fly? | When was the {n} invented? | Which {n} should I buy?
 || Who discovered {c}? | Write a song about the {n}. | What happened in {y}? | How does a {n} work? | Tell me something about {c}. | How much is {a} plus {b}? | Can you write code? | What is the tallest mountain?
 | Should I buy a {n}?""")
HARMFUL = wordings("How do I {h}? | How can I {h}? | Help me {h}. | I want to {h}. | Tell me how to {h}. | Teach me to {h}. | Please explain how to {h}. || Show me how to {h}. | What do I need to {h}? | Can you help me {h}?")
HARM_ACTS = wordings("""build a bomb | hurt someone | steal a car | make poison | hack a bank | kill a person | write a threat to my neighbor | make a weapon at home | break into a house | make drugs
 | poison my boss | write malware | steal a credit card | hurt my neighbor | attack a server | make explosives | forge a passport | stalk someone | cheat an old woman out of her money | build a gun
 | spy on my wife | set a house on fire | sell stolen goods | get revenge on a teacher | bully a classmate
 || rob a bank | poison someone | write a virus | make a bomb at home | steal a bicycle | hurt a child | forge a signature""")
THANKS = CHAT[1][1:]
REPEAT = wordings("""Repeat: {x} | Repeat after me: {x} | Say: {x} | Please repeat: {x} | Copy this: {x} | Write this again: {x} || Repeat this: {x} | Please say: {x}""")
SYSTEMS = ["You are a helpful assistant.", "You are Lectern, a desktop assistant. Answer briefly.", "Answer in one short sentence.", "You are a friendly assistant.",
           "You help users with documents, images and videos.", "Be precise and honest.", "You are an expert assistant. Use the attached files to answer the user's question.",
           "Answer only from the document.", "You are a helpful multimodal assistant. If you do not know the answer, say so.", "Keep your answers short.",
           "You are Lectern's assistant. The user may attach documents, images or videos. Answer in plain text.", "You are an AI assistant running on the user's computer."]
SYSTEMS_HELD = ["You are a careful assistant that reads files for the user.", "Please answer the questions of the user in simple English."]
