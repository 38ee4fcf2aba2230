# SPDX-License-Identifier: Apache-2.0
"""Business papers in several layouts: invoice, letter, report, minutes, memo.

Each function takes a documents.Writer and returns the text, the questions with the passages that answer them, the
passages that sum the paper up, and questions it has no answer to.
"""
from words import ACTIONS, COMMITTEES, CURRENCIES, DEPARTMENTS, FILLER, ITEMS, METRICS, REASONS, SUBJECTS, wordings


Q = {
    "total": wordings("""What is the total? | How much is the total? | What is the total amount? | How much must be paid? | What is the sum? | How much is the invoice?
     | How much do we have to pay? || Which amount must be paid? | How much is it in total? | What is the total price?"""),
    "number": wordings("""What is the invoice number? | Which number does the invoice have? | What number is the invoice? | Invoice number? | Give me the invoice number.
     || Tell me the invoice number. | What's the number of the invoice?"""),
    "due": wordings("""When is it due? | What is the due date? | When is the payment due? | When must it be paid? | By when must it be paid?
     || What is the deadline for the payment? | By what date is the payment due?"""),
    "date": wordings("What is the date? | Which date does it have? | When is it dated? | What date is on it? || Which date is on the document? | What day is it from?"),
    "seller": wordings("Who sent the invoice? | Who is the seller? | Which company sent the invoice? | Who issued the invoice? | Who is the invoice from? || Which company issued it? | From whom is the invoice?"),
    "buyer": wordings("Who is the customer? | Who is the buyer? | Who has to pay? | Who is the invoice for? || To whom was the invoice sent? | Who received the invoice?"),
    "item": wordings("How much is the {k}? | What does the {k} cost? | What is the price of the {k}? | Which line has the {k}? || What was paid for the {k}? | How expensive is the {k}?"),
    "signed": wordings("Who signed the letter? | Who wrote the letter? | Who is the sender? | Who signed it? | Who is it from? || By whom is it signed? | From whom is it?"),
    "to": wordings("Who is the letter addressed to? | Who is the recipient? | To whom is it addressed? | Who is it for? || Who gets it? | To whom was it sent?"),
    "subject": wordings("What is the subject? | What is the topic? | Which subject does it have? | What topic does it deal with? || What is the matter? | Which topic is named?"),
    "author": wordings("Who wrote the report? | Who is the author? | Who prepared the report? | Who made the report? || By whom was the report written? | Name the author."),
    "change": wordings("How did {k} change? | How much did {k} change? | What happened to {k}? | By how much did {k} change? || How did {k} develop? | Tell me what happened to {k}."),
    "recommend": wordings("What is recommended? | What does the report recommend? | What should be done? | What is the recommendation? || What does the author suggest? | Which action is proposed?"),
    "chair": wordings("Who chaired the meeting? | Who was the chair? | Who led the meeting? | Who was in the chair? || Who was the chairperson? | By whom was the meeting led?"),
    "place": wordings("Where was the meeting? | Where did the meeting take place? | Where did they meet? | What was the place of the meeting? || In what city did they meet? | At which place was the meeting?"),
    "attend": wordings("Who attended? | Who was present? | Who took part? | Who attended the meeting? | Who was there? || Which people were present? | Who joined the meeting?"),
    "decide": wordings("What was decided? | What did they decide? | Which decision was made? | What was the decision? | What was agreed? || What did the meeting decide? | Tell me the decision."),
    "next": wordings("When is the next meeting? | When do they meet again? | What is the date of the next meeting? | Next meeting? || On which date is the next meeting? | When is the following meeting?"),
    "deadline": wordings("What is the deadline? | By when must it be done? | When is the deadline? | By when is an answer needed? || What is the last date? | By what date is it needed?"),
    "task": wordings("What is asked? | What is the task? | What has to be done? | What is requested? || What are they asked to do? | Which task is given?"),
}


def _qs(*names):
    return [Q[n] for n in names]


def _some(w, most):
    return w.r.sample(FILLER, w.r.randint(0, most))


def invoice(w):
    r, n = w.r, w.names
    number = r.choice(["", "A-", "R", "INV-", "2024-"]) + str(r.randint(100, 99999))
    seller, buyer = n.firm(), (n.firm() if r.random() < .6 else n.person())
    date, due, cur = w.date(), w.date(), r.choice(CURRENCIES)
    lines, total, items = [], 0, []
    shape = r.choice(["{q} x {it}: {p}", "- {it}, {q} pieces, {p}", "{it} ({q}) {p}"])
    for it in r.sample(ITEMS, r.randint(2, 5)):
        q, p = r.randint(1, 12), r.choice([r.randint(1, 99), r.randint(100, 900)])
        total += q * p
        lines.append(shape.format(q=q, it=it, p=f"{cur}{q * p:,}"))
        items.append(it)
    amount = f"{cur}{total:,}" + r.choice(["", ".00", ".50"])
    layout = r.randint(0, 2)
    if layout == 0:
        f = [f"INVOICE {number}", f"From: {seller}", f"To: {buyer}", f"Date: {date}", f"Total: {amount}", f"Due: {due}"]
        text = f[:4] + [""] + lines + [""] + f[4:] + _some(w, 1)
    elif layout == 1:
        f = [f"Invoice No. {number}", seller, f"Customer: {buyer}", f"Date: {date}", f"Total amount: {amount}", f"Please pay by {due}."]
        text = [f[1], f[0], f[3], f[2], "", "Items:"] + lines + f[4:] + _some(w, 1)
    else:
        one = f"{seller} sends this invoice to {buyer}."
        f = [f"Invoice number: {number}", one, one, f"Invoice date: {date}", f"Sum: {amount}", f"Payment due on {due}"]
        text = [one, f[0], f[3]] + _some(w, 1) + lines + f[4:]
    found = list(zip(_qs("number", "seller", "buyer", "date", "total", "due"), f))
    for it, line in zip(items, lines):
        found.append((tuple([q.format(k=it) for q in qs] for qs in Q["item"]), line.removeprefix("- ")))
    return "\n".join(text), found, [f[1], f[4]], _qs("chair", "recommend", "attend", "next")


def letter(w):
    r, n = w.r, w.names
    a, b, city, date, last = n.person(), n.person(), n.city(), w.date(), w.date()
    subject, act = r.choice(SUBJECTS), r.choice(ACTIONS)
    body = r.choice([f"I am writing to you about {subject}.", f"This letter is about {subject}.", f"I have a question about {subject}."])
    ask = r.choice([f"We would like to ask you to {act}.", f"Please {act}.", f"We kindly ask you to {act}."])
    end = r.choice([f"Please answer by {last}.", f"We expect your answer by {last}.", f"The deadline is {last}."])
    bye = r.choice(["Kind regards,", "Yours sincerely,", "Best wishes,"])
    if r.random() < .5:
        head = f"{city}, {date}"
        text = [head, "", f"Dear {b},", "", " ".join([body, ask] + _some(w, 2) + [end]), "", bye, a]
        f = [a, f"Dear {b},", head, body, end, ask]
    else:
        f = [f"From: {a}", f"To: {b}", f"Date: {date}", f"Subject: {subject}", end, ask]
        text = f[:2] + [f"Place: {city}"] + f[2:4] + ["", f"Dear {b},", " ".join([body] + _some(w, 2) + [ask, end]), bye, a]
    return "\n".join(text), list(zip(_qs("signed", "to", "date", "subject", "deadline", "task"), f)), [f[3], ask], _qs("total", "chair", "number", "attend")


def report(w):
    r, n = w.r, w.names
    a, dep, date, firm = n.person(), r.choice(DEPARTMENTS), w.date(), n.firm()
    m, why, act = r.choice(METRICS), r.choice(REASONS), r.choice(ACTIONS)
    change = f"{m} {r.choice(['rose', 'fell'])} by {r.randint(2, 90)} percent"
    said = r.choice([f"In this period {change} because {why}.", f"At {firm}, {change} because {why}.", f"{change[0].upper() + change[1:]} because {why}."])
    should = r.choice([f"We recommend to {act}.", f"The author recommends to {act}.", f"Recommendation: {act}."])
    layout = r.randint(0, 2)
    if layout == 0:
        by, on = f"Author: {a}, {dep}", f"Date: {date}"
        text = [f"REPORT on {m}", by, on, "", " ".join([said] + _some(w, 2)), should]
    elif layout == 1:
        by = on = f"Prepared by {a} on {date}"
        text = [f"Report of the {dep}", f"Company: {firm}", by, "", "1. Results", said, "2. Outlook", " ".join(_some(w, 2) + [should])]
    else:
        by, on = a, date
        text = [f"{firm}: report on {m}", "", " ".join(_some(w, 2) + [said, should]), "", a, dep, date]
    changed = tuple([q.format(k=m) for q in qs] for qs in Q["change"])
    return ("\n".join(text), list(zip(_qs("author", "date") + [changed] + _qs("recommend"), [by, on, said, should])), [said, should],
            _qs("total", "chair", "due", "attend", "number", "next"))


def minutes(w):
    r, n = w.r, w.names
    body, city, chair, date, then = r.choice(COMMITTEES), n.city(), n.person(), w.date(), w.date()
    people = [n.person() for _ in range(r.randint(2, 3))]
    decided = r.choice(["Decision: {}.", "It was decided to {}.", "The members agreed to {}."]).format(r.choice(ACTIONS))
    subject = r.choice(SUBJECTS)
    if r.random() < .5:
        f = [f"Chair: {chair}", f"Place: {city}", f"Date: {date}", "Present: " + ", ".join(people), decided, f"Next meeting: {then}", f"Topic: {subject}"]
        text = [f"MINUTES of {body}", f[2], f[1], f[0], f[3], "", f[6]] + _some(w, 2) + [decided, f[5]]
    else:
        head = f"Minutes of the meeting of {body} in {city} on {date}"
        f = [f"{chair} chaired the meeting.", head, head, "The participants were " + ", ".join(people[:-1]) + f" and {people[-1]}.", decided,
             f"The next meeting is on {then}.", f"The meeting discussed {subject}."]
        text = [head, f[0], f[3], "", " ".join([f[6]] + _some(w, 2) + [decided]), f[5]]
    return ("\n".join(text), list(zip(_qs("chair", "place", "date", "attend", "decide", "next", "subject"), f)), [f[6], decided],
            _qs("total", "due", "number", "author", "buyer"))


def memo(w):
    r, n = w.r, w.names
    a, team, date, last = n.person(), r.choice(DEPARTMENTS), w.date(), w.date()
    subject, act = r.choice(SUBJECTS), r.choice(ACTIONS)
    f = [f"From: {a}", f"To: the {team}", f"Date: {date}", f"Subject: {subject}"]
    if r.random() < .5:
        ask = end = f"Please {act} by {last}."
        text = ["MEMO", f[1], f[0], f[2], f[3], "", " ".join(_some(w, 2) + [ask])]
    else:
        ask, end = f"Please {act}.", f"The deadline is {last}."
        text = [f[0], f[1], f[2], f[3], "", "Hello,", " ".join([ask, end] + _some(w, 2)), "Regards", a]
    return ("\n".join(text), list(zip(_qs("signed", "to", "date", "subject", "task", "deadline"), f + [ask, end])), [f[3], ask],
            _qs("total", "chair", "number", "attend", "due"))


FORMS = {"invoice": invoice, "letter": letter, "report": report, "minutes": minutes, "memo": memo}
