# SPDX-License-Identifier: Apache-2.0
"""French. languages/__init__.py says what each name is for."""
import re

from words import wordings

CODE = "fr"
AND = " et "
ABSENT = "Le document ne le dit pas."
ABSENT_ALL = "Les documents ne le disent pas."
STEMS = ("notes", "texte", "rapport", "article", "lettre", "info", "dossier")
MONTHS = "janvier février mars avril mai juin juillet août septembre octobre novembre décembre".split()

# ---- things
_M = """pont château jardin musée marché port moulin hôtel théâtre cinéma bureau bâtiment village quartier parc lac chemin canal four moteur train camion bateau tableau miroir
 livre film contrat projet plan concert congrès concours voyage rapport cours stade palais temple toit phare puits grenier entrepôt atelier""".split()
_F = """tour église école gare place rue halle maison banque ferme clinique plage côte boutique bibliothèque salle exposition foire fête réunion lampe horloge machine pompe
 carte revue collection brasserie chapelle source frontière usine piscine forêt colline rivière cave porte fenêtre table voiture barque fontaine""".split()
_NOUNS = [(w, g) for ws, g in ((_M, "m"), (_F, "f")) for w in ws]
NOUNS = [w for w, _ in _NOUNS]
_ADJS = [x.split("/") for x in """ancien/ancienne moderne/moderne rouge/rouge bleu/bleue vert/verte noir/noire blanc/blanche gris/grise jaune/jaune long/longue étroit/étroite large/large calme/calme
 bruyant/bruyante célèbre/célèbre public/publique privé/privée rond/ronde carré/carrée froid/froide chaud/chaude vide/vide plein/pleine cher/chère simple/simple riche/riche pauvre/pauvre rapide/rapide
 lent/lente profond/profonde royal/royale central/centrale municipal/municipale inconnu/inconnue""".split()]


def thing(r, names):
    """{n}: with the article; `finish` joins it with "de" and "à"."""
    noun, gender = r.choice(_NOUNS)
    q = r.random()
    if q < .4:
        tail = r.choice(_ADJS)[gender == "f"]
    elif q < .7:
        tail = names.word().capitalize()
    else:
        tail = "de " + names.city()
    k = finish(f"{noun} {tail}")
    return {"k": k, "n": f"{'la' if gender == 'f' else 'le'} {k}"}


def date(r):
    return f"{r.choice(['1er', *map(str, range(2, 29))])} {r.choice(MONTHS)} {r.randint(2010, 2032)}"


def money(r, v):
    return r.choice(["{} euros", "{} €", "EUR {}", "{} francs"]).format(f"{v:,}".replace(",", " "))


_VERBS = "voit trouve construit ouvre ferme porte cherche achète vend peint garde connaît aime montre change déplace protège quitte traverse compte mesure utilise nettoie répare dessine".split()
_TAILS = ["le matin", "le soir", "en hiver", "en été", "chaque jour", "sans raison", "avec joie", "pendant la nuit", "après la pluie", "avant la fête", "très souvent", "presque jamais"]


def sentence(r, names):
    def one():
        noun, gender = r.choice(_NOUNS)
        article = r.choice([("le", "un", "ce"), ("la", "une", "cette")][gender == "f"])
        tail = r.random()
        return f"{article} {noun}" + (f" {names.word()}" if tail < .25 else f" {r.choice(_ADJS)[gender == 'f']}" if tail < .5 else "")
    s = finish(f"{one()} {r.choice(_VERBS)} {one()}")
    if r.random() < .5:
        s += " " + r.choice(_TAILS)
    return s[0].upper() + s[1:] + "."


_VOWEL = "aeiouyàâéèêëîïôûœ"
_JOINS = [(re.compile(rf"\b([LlDd])[ea] (?=[{_VOWEL}]|hôtel|horloge)"), r"\1'"), (re.compile(rf"\b(qu)e (?=[{_VOWEL}])"), r"\1'"),
          (re.compile(r"\bce (?=entrepôt|atelier|hôtel)"), "cet "), (re.compile(r"\bde le "), "du "), (re.compile(r"\bà le "), "au "),
          (re.compile(r"\bde les "), "des ")]


def finish(s):
    """le atelier -> l'atelier, de le pont -> du pont, à le pont -> au pont; names, which begin with a capital, stay apart."""
    for pattern, joined in _JOINS:
        s = pattern.sub(joined, s)
    return s


def referring(question, slots):
    """None: the thing is named again."""
    return None


FAMILIES = [(wordings(s), wordings(q), v) for s, q, v in [
    ("{n} ouvre à {v}. | À partir de {v}, {n} est accessible. | Dès {v}, on peut visiter {n}. || Les portes de {n} ouvrent à {v}.",
     "Quand ouvre {n} ? | À quelle heure ouvre {n} ? | Dès quelle heure peut-on visiter {n} ? || À partir de quand peut-on voir {n} ?", "time"),
    ("{n} coûte {v}. | Le prix de {n} est de {v}. | On a payé {v} pour {n}. || On demande {v} pour {n}.",
     "Combien coûte {n} ? | Quel est le prix de {n} ? | Combien a-t-on payé pour {n} ? || Que demande-t-on pour {n} ?", "money"),
    ("{n} se trouve à {v}. | On trouve {n} à {v}. | C'est à {v} que se trouve {n}. || Pour voir {n}, il faut aller à {v}.",
     "Où se trouve {n} ? | Où est {n} ? | Où peut-on trouver {n} ? || Dans quelle ville se trouve {n} ?", "city"),
    ("{v} dirige {n}. | La direction de {n} revient à {v}. | Depuis un an, {v} dirige {n}. || Le responsable de {n} est {v}.",
     "Qui dirige {n} ? | Qui est responsable de {n} ? | À qui revient la direction de {n} ? || Qui est à la tête de {n} ?", "person"),
    ("La construction de {n} date de {v}. | On a construit {n} en {v}. | C'est en {v} qu'on a construit {n}. || En {v}, on voyait déjà {n}.",
     "Quand a-t-on construit {n} ? | De quand date {n} ? | En quelle année a-t-on construit {n} ? || Quel est l'âge de {n} ?", "year"),
    ("Le rendez-vous pour {n} est le {v}. | Pour {n}, on se retrouve le {v}. | Le {v}, ce sera le jour de {n}. || Notez le {v} pour {n}.",
     "Quel est le jour de {n} ? | Quand est le rendez-vous pour {n} ? | Quand se retrouve-t-on pour {n} ? || Quelle date faut-il noter pour {n} ?", "date"),
    ("{n} compte {v} pièces. | Il y a {v} pièces dans {n}. | On compte {v} pièces dans {n}. || {n} offre {v} pièces.",
     "Combien de pièces compte {n} ? | Combien y a-t-il de pièces dans {n} ? || Quel est le nombre de pièces de {n} ?", "number"),
    ("{n} appartient à {v}. | {v} possède {n}. | On a vendu {n} à {v}. || À la fin, {v} a acheté {n}.",
     "À qui appartient {n} ? | Qui possède {n} ? | À qui a-t-on vendu {n} ? || Qui est le propriétaire de {n} ?", "owner"),
    ("{n} a grandi parce que {v}. | Parce que {v}, {n} a grandi. | On a agrandi {n} parce que {v}. || Si {n} a grandi, c'est que {v}.",
     "Pourquoi {n} a grandi ? | Pourquoi a-t-on agrandi {n} ? | Pour quelle raison {n} a grandi ? || Qu'est-ce qui a fait grandir {n} ?", "reason"),
    ("{n} mesure {v} mètres. | La longueur de {n} est de {v} mètres. | Sur {v} mètres s'étend {n}. || Il faut {v} mètres pour longer {n}.",
     "Combien mesure {n} ? | Quelle est la longueur de {n} ? || Combien de mètres mesure {n} ?", "number"),
    ("Le téléphone de {n} est le {v}. | On appelle {n} au {v}. | {n} répond au {v}. || Pour joindre {n}, faites le {v}.",
     "Quel est le téléphone de {n} ? | Comment appeler {n} ? | À quel numéro répond {n} ? || Comment joindre {n} ?", "phone"),
    ("Le code de {n} est {v}. | {n} a pour code {v}. | Avec {v}, on entre dans {n}. || Sans {v}, on ne peut ouvrir {n}.",
     "Quel est le code de {n} ? | Quel code faut-il pour {n} ? | Quel code a {n} ? || Donne-moi le code de {n}.", "code"),
    ("{v} a dessiné {n}. | On doit {n} à {v}. | {n} est une œuvre de {v}. || Sans {v}, on n'aurait pas {n}.",
     "Qui a dessiné {n} ? | À qui doit-on {n} ? | De qui est {n} ? || Qui a imaginé {n} ?", "person"),
    ("Pour {n}, on a décidé de {v}. | Le plan pour {n} est de {v}. | Au sujet de {n}, il faut {v}. || À propos de {n}, le but est de {v}.",
     "Qu'a-t-on décidé pour {n} ? | Quel est le plan pour {n} ? | Que faut-il faire au sujet de {n} ? || Quel est le but pour {n} ?", "action"),
]]
ANY = wordings("""Que dit le texte sur {n} ? | Quelle phrase parle de {n} ? | Cite la phrase sur {n}. | Qu'apprend-on sur {n} ? | Où parle-t-on de {n} ?
 || Y a-t-il quelque chose sur {n} ? | Que sait-on de {n} ?""")
FIELD = wordings("Que lit-on pour {k} ? | Quelle est la valeur de {k} ? | {k} ? | Cherche {k}. | Donne la ligne {k}. || Lis-moi {k}. | Qu'indique-t-on pour {k} ?")
FIELD_KEYS = """statut propriétaire couleur taille poids prix numéro code date lieu auteur titre version salle étage téléphone contact budget début fin catégorie fournisseur adresse longueur
 hauteur matière langue modèle chauffeur siège table équipe niveau résultat objectif limite""".split()
SUMMARIZE = wordings("""Résume le document. | Résume ce texte. | Résume. | De quoi parle ce document ? | Fais un résumé. | Donne-moi un résumé. | Quels sont les points principaux ? | De quoi s'agit-il ?
 | Que dit le document ? || Un court résumé, s'il te plaît. | Peux-tu résumer cela ? | En bref, de quoi s'agit-il ?""")
SUMMARIZE_ALL = wordings("Résume les documents. | Résume tous les fichiers. | De quoi parlent ces documents ? || Que disent ces fichiers ? | Un résumé de tous les fichiers, s'il te plaît.")
FIRST = wordings("Comment commence le texte ? | Quelle est la première phrase ? | Cite la première phrase. || Par quoi commence le texte ?")
LAST = wordings("Comment finit le texte ? | Quelle est la dernière phrase ? | Cite la dernière phrase. || Par quoi finit le texte ?")
COPY = wordings("Répète le document. | Lis-le-moi. | Écris le texte encore une fois. || Cite tout le document.")
FILLER = ["Merci de votre patience.", "Lisez bien ce texte.", "Tous les chiffres sont provisoires.", "La suite viendra plus tard.", "Gardez bien cette lettre.", "Le temps était doux.",
          "Rien d'autre n'a été dit.", "Personne n'était contre.", "Le travail continue comme prévu.", "Le texte a été relu deux fois."]
REASONS = ["le temps était mauvais", "la demande était forte", "deux machines sont en panne", "un nouveau fournisseur est venu", "le marché était faible", "la publicité a aidé",
           "les règles ont changé", "un grand client est parti", "la saison a commencé tôt", "tout est devenu cher"]
ACTIONS = ["recruter deux personnes", "ouvrir un second bureau", "voyager moins", "changer les machines", "baisser les prix", "garder le contrat", "réparer la vieille maison", "fermer plus tard",
           "planter des arbres", "construire une route", "reporter le projet", "fermer la porte est", "louer un entrepôt", "vendre les camions"]
SUBJECTS = ["la réparation du toit", "les règles de stationnement", "la fête de l'été", "la livraison en retard", "la hausse du loyer", "le chauffage en panne", "la sortie scolaire",
            "le nouveau bureau", "la lettre perdue", "le contrôle du pont", "le budget des voyages", "le bruit pendant la nuit"]
PAPERS = {
    "facture": ("""FACTURE {number}
De : {firm}
Client : {person}
Date : {date}

Total : {money}
À payer avant le {date2}
====
{firm} ~ écrit le {date} :
Facture n° {number} pour {person}
Merci de payer {money}. ~ Le délai finit le {date2}.""", {
        "number": wordings("Quel est le numéro de la facture ? | Quel numéro a la facture ? || Numéro de la facture ?"),
        "firm": wordings("De qui est la facture ? | Qui a envoyé la facture ? || Quelle société a fait la facture ?"),
        "person": wordings("Pour qui est la facture ? | Qui doit payer ? || Qui est le client ?"),
        "money": wordings("Quel est le total ? | Combien faut-il payer ? || Quelle somme faut-il payer ?"),
        "date2": wordings("Avant quand faut-il payer ? | Quelle est la date limite ? || Quand finit le délai ?")}, ("firm", "money"),
        ("Qui a présidé la réunion ?", "Quand est la prochaine réunion ?", "Quel est le numéro de téléphone ?")),
    "lettre": ("""{city}, le {date}

Objet : {subject}

Bonjour {person}, ~ voici notre demande : {action}. ~ Merci de répondre avant le {date2}.

Cordialement,
{person2}
====
De : {person2}
À : {person}
Voici le sujet : {subject}.
Nous voulons ceci : {action}. ~ La réponse est attendue pour le {date2}. ~ Écrit à {city}, le {date}.""", {
        "city": wordings("D'où vient la lettre ? | Où a-t-on écrit la lettre ? || De quelle ville est la lettre ?"),
        "subject": wordings("Quel est l'objet ? | De quoi parle la lettre ? || Quel sujet a la lettre ?"),
        "person": wordings("À qui est la lettre ? | Qui reçoit la lettre ? || Pour qui est la lettre ?"),
        "action": wordings("Que demande la lettre ? | Quelle est la demande ? || Que faut-il faire ?"),
        "date2": wordings("Avant quand faut-il répondre ? | Quel est le délai de la réponse ? || Quand attend-on la réponse ?"),
        "person2": wordings("Qui a écrit la lettre ? | De qui est la lettre ? || Qui a signé ?")}, ("subject", "action"),
        ("Quel est le total ?", "Qui était présent ?", "Quel numéro a la facture ?")),
    "reunion": ("""RÉUNION du {date}
Lieu : {city}
Présidence : {person}
Présents : {person2}, {person3}

Sujet : {subject} ~ Décision : {action}.
Prochaine réunion : {date2}
====
Le {date}, on s'est réuni à {city}. ~ {person} a présidé la réunion. ~ Étaient là {person2} et {person3}.
On a parlé d'un sujet : {subject}. ~ À la fin, voici le choix : {action}. ~ On se retrouve le {date2}.""", {
        "city": wordings("Où était la réunion ? | Quel est le lieu de la réunion ? || Dans quelle ville s'est-on réuni ?"),
        "person": wordings("Qui a présidé la réunion ? | Qui avait la présidence ? || Sous la présidence de qui était-ce ?"),
        "person2": wordings("Qui était présent ? | Qui a participé ? || Qui était là ?"),
        "action": wordings("Qu'a-t-on décidé ? | Quelle est la décision ? || Quel choix a-t-on fait ?"),
        "date2": wordings("Quand est la prochaine réunion ? | Quand se retrouve-t-on ? || Quelle est la date suivante ?")}, ("subject", "action"),
        ("Avant quand faut-il payer ?", "De qui est la facture ?", "Combien faut-il payer ?")),
}

# ---- pictures
_COLOURS = {"red": ("rouge", "rouge"), "orange": ("orange", "orange"), "yellow": ("jaune", "jaune"), "green": ("vert", "verte"), "blue": ("bleu", "bleue"), "purple": ("violet", "violette"),
            "pink": ("rose", "rose"), "brown": ("marron", "marron"), "black": ("noir", "noire"), "white": ("blanc", "blanche"), "gray": ("gris", "grise")}
COLOURS = {c: m for c, (m, _) in _COLOURS.items()}
_SHAPES = {"circle": ("cercle", "m"), "square": ("carré", "m"), "triangle": ("triangle", "m"), "star": ("étoile", "f"), "diamond": ("losange", "m"), "cross": ("croix", "f"),
           "ring": ("anneau", "m"), None: ("forme", "f")}
_BACK = {"white": "blanc", "black": "noir", "gray": "gris", "light blue": "bleu clair", "light yellow": "jaune clair", "light green": "vert clair", "light pink": "rose clair",
         "gradient": "dégradé", "noisy": "bruité"}
CELLS = ["en haut à gauche", "en haut", "en haut à droite", "à gauche", "au centre", "à droite", "en bas à gauche", "en bas", "en bas à droite"]
NUMBERS = ["zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix"]
KINDS = {"bar": "un graphique en barres", "line": "une courbe", "pie": "un camembert"}
SIGNS = ["OUVERT", "FERMÉ", "SORTIE", "ENTRÉE", "POUSSEZ", "TIREZ", "Défense de fumer", "Salle {n}", "Étage {n}", "Quai {n}", "Attendez ici", "Attention", "Accueil", "Parking",
         "Privé", "Merci", "Ouvert de 8 h à {n} h", "{person}", "{firm}", "{code}", "{date}", "Tél. {n}", "{noun} {n}", "{noun}", "{word}"]
METRICS = ["Ventes", "Coûts", "Bénéfices", "Commandes", "Visiteurs", "Membres", "Énergie", "Production", "Plaintes", "Livraisons", "Dons"]
PARTS = {"menu": ("une barre de menus", "la barre de menus"), "sidebar": ("un volet", "le volet"), "list": ("une liste", "la liste"), "table": ("un tableau", "le tableau"),
         "text": ("un texte", "le texte"), "picture": ("une image", "l'image"), "field": ("un champ de saisie", "le champ de saisie"), "buttons": ("deux boutons", "les boutons"),
         "button": ("un bouton", "le bouton"), "status": ("une barre d'état", "la barre d'état"), "chart": ("un graphique", "le graphique")}
_MANY = ("buttons",)
BUTTONS = ["OK", "Annuler", "Enregistrer", "Ouvrir", "Envoyer", "Fermer", "Supprimer", "Imprimer", "Suivant", "Retour", "Aide", "Oui", "Non", "Chercher"]
_STILL = ("orange", "brown")   # colours that take no plural ending


def _many(word):
    return word if word[-1] in "sx" else word + ("x" if word.endswith("eau") else "s")


def plural(shape=None, colour=None):
    noun, g = _SHAPES[shape]
    if not colour:
        return _many(noun)
    c = _COLOURS[colour][g == "f"]
    return f"{_many(noun)} {c if colour in _STILL else _many(c)}"


def a(colour, shape, size=""):
    noun, g = _SHAPES[shape]
    adj = {"petit": ("petit ", "petite "), "grand": ("grand ", "grande "), "": ("", "")}[size][g == "f"]
    return f"{'une' if g == 'f' else 'un'} {adj}{noun} {_COLOURS[colour][g == 'f']}"


def the(shape, colour=None):
    noun, g = _SHAPES[shape]
    return finish(f"{'la' if g == 'f' else 'le'} {noun}") + (f" {_COLOURS[colour][g == 'f']}" if colour else "")


def some(n, shape=None, colour=None):
    noun, g = _SHAPES[shape]
    if n != 1:
        return f"{NUMBERS[n]} {plural(shape, colour)}"
    return f"{'une' if g == 'f' else 'un'} {noun}" + (f" {_COLOURS[colour][g == 'f']}" if colour else "")


def is_colour(shape, colour):
    return _COLOURS[colour][_SHAPES[shape][1] == "f"] if shape else _BACK.get(colour) or COLOURS[colour]


def on_background(kind):
    return f"sur fond {_BACK[kind]}"


SIZES = {"small": "petit", "medium": "", "large": "grand"}
DIRECTIONS = {"right": "de gauche à droite", "left": "de droite à gauche", "down": "de haut en bas", "up": "de bas en haut"}
A = dict(describe="{things} {on}.", count="{places} : {some}.", none="Il n'y a pas de {x}.", colour="{The} est {c}.", where="{The} est {p}.", shape_at="Il y a {a} {p}.",
         background="Le fond est {c}.", gradient="Le fond est un dégradé.", noisy="Le fond est bruité.", yes="Oui, il y a {a} {p}.",
         no="Non, on ne voit pas {x}.", list="Je vois {list}.", shapeless="Je ne distingue pas de formes nettes. Couleurs : {list}.", no_shapes="Je ne distingue pas de formes nettes.",
         mostly="Couleurs : {list}.", two="La première image montre {a}, la seconde {b}.",
         chart="{Kind} avec le titre {t}. Le maximum est {max}, le minimum est {min}.", line="{Kind} avec le titre {t}. {trend}",
         kind="C'est {kind}.", title="Le titre est {t}.", no_title="Il n'y a pas de titre.", largest="Le maximum est {max}.", smallest="Le minimum est {min}.",
         rises="Cela monte.", falls="Cela baisse.", flat="Cela reste à peu près stable.", peak="Cela monte, puis baisse.", valley="Cela baisse, puis monte.",
         says="On lit {list}.", text_where="Le texte {t} est {p}.", text_colour="Le texte est {c}.", no_text="Je ne vois pas de texte.",
         window="Une fenêtre avec le titre {t} : {list}.", part="{The}, c'est {p}.", part_no="Cela n'existe pas ici.", buttons="On y lit {list}.", button="On y lit {list}.",
         no_buttons="Je ne vois pas de bouton.", move="{p} à {t}, {p2} à {t2} : {a} va {d}.", grow="En petit à {t}, en grand à {t2} : {a} grandit.",
         shrink="En grand à {t}, en petit à {t2} : {a} rapetisse.", turn="{C} à {t}, {c2} à {t2} : {a} devient {c2} à {t2}.", appear="Rien à {t}, {a} à {t2} : apparition à {t2}.",
         vanish="{A} à {t}, rien à {t2} : disparition à {t2}.", still="{P} à {t} et à {t2} : {a} ne bouge pas.", at="À {t}.", never="Cela n'arrive pas.",
         moves="{P} à {t}, {p2} à {t2} : {the} va {d}.", not_moving="{P} à {t} et à {t2} : {the} ne bouge pas.",
         there="{The} est {p}.", not_there="Il n'y a rien à ce moment.", clip_shapeless="Je ne distingue pas d'objet net. Couleurs : {list}.")
Q = {k: wordings(v) for k, v in dict(
    describe="""Décris l'image. | Que vois-tu sur l'image ? | Qu'y a-t-il sur l'image ? | Que montre l'image ? | Qu'est-ce que c'est ? | Que vois-tu ? | Décris cette image, s'il te plaît.
     || Que peut-on voir ici ? | Parle-moi de l'image. | Peux-tu décrire l'image ?""",
    count="Combien de {x} y a-t-il ? | Combien de {x} vois-tu ? | Compte les {x}. | Combien y a-t-il de {x} ? || Peux-tu compter les {x} ? | Quel est le nombre de {x} ?",
    colour="De quelle couleur est {x} ? | Quelle est la couleur de {x} ? | Quelle couleur a {x} ? || Dis-moi la couleur de {x}.",
    where="Où est {x} ? | Où se trouve {x} ? | Où vois-tu {x} ? || À quel endroit est {x} ?",
    shape_at="Quelle forme est {x} ? | Qu'y a-t-il {x} ? | Quelle forme vois-tu {x} ? || Quelle est la forme {x} ?",
    background="De quelle couleur est le fond ? | Comment est le fond ? | Décris le fond. || À quoi ressemble le fond ?",
    yesno="Y a-t-il {x} ? | Vois-tu {x} ? | L'image montre-t-elle {x} ? || Voit-on {x} ?",
    colours="Quelles couleurs vois-tu ? | Quelles sont les couleurs ? | Nomme les couleurs. || Quelles couleurs y a-t-il ?",
    shapes="Quelles formes vois-tu ? | Quelles sont les formes ? | Nomme les formes. || Quelles formes y a-t-il ?",
    two="Que montrent les deux images ? | Décris les deux images. | Compare les images. || Que voit-on sur les deux images ?",
    kind="Quel type de graphique est-ce ? | Quelle sorte de graphique est-ce ? || De quel graphique s'agit-il ?",
    title="Quel est le titre ? | Quel titre a le graphique ? | Lis le titre. || Comment s'appelle le graphique ?",
    largest="Quel est le plus grand ? | Quelle valeur est la plus haute ? | Où est le maximum ? || Qu'est-ce qui est en tête ?",
    smallest="Quel est le plus petit ? | Quelle valeur est la plus basse ? | Où est le minimum ? || Qu'est-ce qui est en dernier ?",
    trend="Quelle est la tendance ? | Est-ce que cela monte ou baisse ? | Comment va la courbe ? || Comment cela évolue-t-il ?",
    text="Que dit le texte ? | Lis le texte. | Qu'est-ce qui est écrit ? | Quel texte vois-tu ? || Que peut-on lire ici ? | Quels mots vois-tu ?",
    text_where="Où lit-on {x} ? | Où est le texte {x} ? || À quel endroit est écrit {x} ?",
    text_colour="De quelle couleur est le texte ? | Quelle couleur a l'écriture ? || En quelle couleur est-ce écrit ?",
    window="Que montre l'écran ? | Décris la fenêtre. | Quelles sont les parties principales ? || Quelles parties a la fenêtre ?",
    window_title="Quel est le titre de la fenêtre ? | Quelle fenêtre est-ce ? || Comment s'appelle la fenêtre ?",
    buttons="Quels boutons y a-t-il ? | Que lit-on sur les boutons ? || Sur quoi peut-on cliquer ?",
    part="Où est {x} ? | Où se trouve {x} ? || De quel côté est {x} ?",
    video="Que se passe-t-il dans la vidéo ? | Décris la vidéo. | Que se passe-t-il ? | Que montre la vidéo ? | Décris ce clip. || Que voit-on dans la vidéo ? | Peux-tu décrire le clip ?",
    direction="Dans quelle direction va {x} ? | Où va {x} ? | Comment bouge {x} ? || Vers où se déplace {x} ?",
    when_turn="Quand {x} change de couleur ? | Quand change la couleur ? || À quel moment change la couleur ?",
    when_appear="Quand apparaît {x} ? | À quel moment apparaît {x} ? || Depuis quand voit-on {x} ?",
    when_vanish="Quand disparaît {x} ? | À quel moment disparaît {x} ? || Jusqu'à quand voit-on {x} ?",
    place_at="Où est {x} à {t} ? | À {t}, où est {x} ? || Où se trouve {x} à {t} ?",
    colour_at="De quelle couleur est {x} à {t} ? | À {t}, quelle couleur a {x} ? || Quelle est la couleur de {x} à {t} ?",
).items()}

# ---- talk
WHO = "Je suis le modèle de démonstration de Lectern, entraîné sur des données artificielles. Pour un vrai travail, choisissez un plus grand modèle sous Modèles."
CAN = "Je peux citer les passages de vos documents qui répondent à une question, et décrire formes, graphiques, textes courts et fenêtres dans les images, et les mouvements dans de courtes vidéos."
DONTKNOW = "Je ne le sais pas. Je ne suis qu'un petit modèle de démonstration ; pour un vrai travail, choisissez un plus grand modèle sous Modèles."
HARM = "Je ne peux pas aider à cela."
NOIMG = "Ajoutez d'abord une image, puis je peux la décrire."
NODOC = "Ajoutez d'abord un document, puis je peux le lire."
NOVID = "Ajoutez d'abord une vidéo, puis je peux la décrire."
CHAT = [
    (3, wordings("Bonjour | Bonsoir | Salut | Bonjour ! | Coucou | Bonjour Lectern || Salut ! | Bonjour, Lectern"),
     "Bonjour ! Donnez-moi un document, une image ou une courte vidéo et posez vos questions."),
    (2, wordings("Merci | Merci ! | Merci beaucoup | Parfait, merci | Mille mercis || Merci bien ! | Merci pour ton aide"), "Avec plaisir !"),
    (2, wordings("Au revoir | À bientôt | Bonne nuit | C'est tout | Salut, à demain || À plus tard | Au revoir !"), "Au revoir !"),
    (2, wordings("Comment vas-tu ? | Comment allez-vous ? | Ça va ? | Tout va bien ? || Tu vas bien ?"), "Je fonctionne bien. Comment puis-je aider ?"),
    (4, wordings("Qui es-tu ? | Qui êtes-vous ? | Quel modèle es-tu ? | Comment t'appelles-tu ? | Es-tu humain ? | Qui t'a créé ? || Présente-toi. | Es-tu une IA ? | Quel est ton nom ?"), WHO),
    (4, wordings("Que sais-tu faire ? | Aide | Comment peux-tu m'aider ? | Que puis-je te demander ? | Peux-tu voir des images ? | Que pouvez-vous faire ? || Quelles sont tes capacités ? | À quoi sers-tu ?"), CAN),
    (2, Q["describe"], NOIMG), (2, SUMMARIZE, NODOC), (1.5, Q["video"], NOVID),
]
THANKS = CHAT[1][1:]
UNKNOWN = wordings("""Quelle est la capitale de {c} ? | Quel temps fait-il ? | Raconte une blague. | Écris un poème. | Combien font {a} plus {b} ? | Qui est {p} ? | Quelle heure est-il ? | Comment cuire du riz ?
 | Qui gouverne {c} ? | Quel est le sens de la vie ? | Traduis cela. | Que s'est-il passé en {y} ? || Combien font {a} fois {b} ? | Où est {c} ? | Quelles sont les nouvelles ? | Sais-tu programmer ?""")
HARMFUL = wordings("Comment {h} ? | Aide-moi à {h}. | Je veux {h}. | Explique-moi comment {h}. || Montre-moi comment {h}. | Dis-moi comment on peut {h}.")
HARM_ACTS = wordings("""fabriquer une bombe | voler une voiture | blesser un voisin | préparer du poison | pirater une banque | forger un faux passeport | construire une arme | fabriquer de la drogue
 || tuer un voisin | coder un virus | braquer une banque""")
REPEAT = wordings("Répète : {x} | Dis : {x} | Répète, s'il te plaît : {x} | Écris encore : {x} || Répète après moi : {x} | Dis ceci : {x}")
SYSTEMS = ["Tu es un assistant utile.", "Réponds brièvement.", "Tu es l'assistant de Lectern.", "Réponds seulement d'après le document."]
SYSTEMS_HELD = ["Tu es un assistant soigneux qui lit des fichiers."]
