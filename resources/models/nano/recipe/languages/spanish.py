# SPDX-License-Identifier: Apache-2.0
"""Spanish. languages/__init__.py says what each name is for."""
import re

from words import wordings

CODE = "es"
AND = " y "
ABSENT = "El documento no lo dice."
ABSENT_ALL = "Los documentos no lo dicen."
STEMS = ("notas", "texto", "informe", "articulo", "carta", "info", "acta")
MONTHS = "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre".split()

# ---- things
_M = """puente castillo jardín museo mercado puerto molino hotel teatro cine edificio pueblo barrio parque lago camino canal horno motor tren camión barco cuadro espejo
 libro contrato proyecto plan concierto congreso concurso viaje curso estadio palacio templo tejado faro pozo taller almacén banco colegio archivo""".split()
_F = """torre iglesia escuela plaza calle sala casa empresa granja clínica playa costa tienda biblioteca feria fiesta reunión lámpara máquina bomba carta revista colección
 fábrica capilla fuente frontera piscina colina cueva puerta ventana mesa barca estación oficina exposición ruta isla""".split()
_NOUNS = [(w, g) for ws, g in ((_M, "m"), (_F, "f")) for w in ws]
NOUNS = [w for w, _ in _NOUNS]
_ADJS = [x.split("/") for x in """antiguo/antigua moderno/moderna rojo/roja azul/azul verde/verde negro/negra blanco/blanca gris/gris amarillo/amarilla largo/larga estrecho/estrecha ancho/ancha
 tranquilo/tranquila ruidoso/ruidosa famoso/famosa público/pública privado/privada redondo/redonda cuadrado/cuadrada frío/fría cálido/cálida vacío/vacía lleno/llena caro/cara simple/simple
 rico/rica pobre/pobre rápido/rápida lento/lenta profundo/profunda real/real central/central municipal/municipal desconocido/desconocida nuevo/nueva""".split()]


def thing(r, names):
    """{n}: with the article; `finish` joins it with "de" and "a"."""
    noun, gender = r.choice(_NOUNS)
    q = r.random()
    tail = r.choice(_ADJS)[gender == "f"] if q < .4 else names.word().capitalize() if q < .7 else "de " + names.city()
    return {"k": f"{noun} {tail}", "n": f"{'la' if gender == 'f' else 'el'} {noun} {tail}"}


def date(r):
    return f"{r.randint(1, 28)} de {r.choice(MONTHS)} de {r.randint(2010, 2032)}"


def money(r, v):
    return r.choice(["{} euros", "{} €", "EUR {}", "{} pesos"]).format(f"{v:,}".replace(",", "."))


_VERBS = "ve encuentra construye abre cierra lleva busca compra vende pinta guarda conoce quiere muestra cambia mueve protege deja cruza cuenta mide usa limpia repara dibuja".split()
_TAILS = ["por la mañana", "por la tarde", "en invierno", "en verano", "cada día", "sin razón", "con alegría", "durante la noche", "después de la lluvia", "antes de la fiesta",
          "muy a menudo", "casi nunca"]


def sentence(r, names):
    def one():
        noun, gender = r.choice(_NOUNS)
        article = r.choice([("el", "un", "este"), ("la", "una", "esta")][gender == "f"])
        tail = r.random()
        return f"{article} {noun}" + (f" {names.word()}" if tail < .25 else f" {r.choice(_ADJS)[gender == 'f']}" if tail < .5 else "")
    s = f"{one()} {r.choice(_VERBS)} {one()}"
    if r.random() < .5:
        s += " " + r.choice(_TAILS)
    return s[0].upper() + s[1:] + "."


_JOINS = [(re.compile(r"\bde el "), "del "), (re.compile(r"\ba el "), "al "), (re.compile(r"\bA el "), "Al ")]


def finish(s):
    """de el puente -> del puente, a el puente -> al puente."""
    for pattern, joined in _JOINS:
        s = pattern.sub(joined, s)
    return s


def referring(question, slots):
    """None: the thing is named again."""
    return None


FAMILIES = [(wordings(s), wordings(q), v) for s, q, v in [
    ("{n} abre a las {v}. | Desde las {v} se puede visitar {n}. | A las {v} se abre {n}. || Las puertas de {n} se abren a las {v}.",
     "¿Cuándo abre {n}? | ¿A qué hora abre {n}? | ¿Desde qué hora se puede visitar {n}? || ¿A partir de cuándo se puede ver {n}?", "time"),
    ("{n} cuesta {v}. | El precio de {n} es de {v}. | Pagamos {v} por {n}. || Piden {v} por {n}.",
     "¿Cuánto cuesta {n}? | ¿Cuál es el precio de {n}? | ¿Cuánto pagamos por {n}? || ¿Cuánto piden por {n}?", "money"),
    ("{n} está en {v}. | Se encuentra {n} en {v}. | En {v} está {n}. || Para ver {n} hay que ir a {v}.",
     "¿Dónde está {n}? | ¿Dónde se encuentra {n}? | ¿Dónde puedo encontrar {n}? || ¿En qué ciudad está {n}?", "city"),
    ("{v} dirige {n}. | La dirección de {n} está en manos de {v}. | Desde hace un año {v} dirige {n}. || Al frente de {n} está {v}.",
     "¿Quién dirige {n}? | ¿Quién es responsable de {n}? | ¿En manos de quién está {n}? || ¿Quién está al frente de {n}?", "person"),
    ("La construcción de {n} es de {v}. | Construyeron {n} en {v}. | En {v} se construyó {n}. || Ya en {v} se veía {n}.",
     "¿Cuándo construyeron {n}? | ¿De cuándo es {n}? | ¿En qué año se construyó {n}? || ¿Cuál es la edad de {n}?", "year"),
    ("La cita para {n} es el {v}. | Para {n} nos vemos el {v}. | El {v} será el día de {n}. || Apunte el {v} para {n}.",
     "¿Cuál es el día de {n}? | ¿Cuándo es la cita para {n}? | ¿Cuándo nos vemos para {n}? || ¿Qué fecha hay que apuntar para {n}?", "date"),
    ("{n} tiene {v} salas. | Hay {v} salas en {n}. | En total {n} cuenta con {v} salas. || {n} ofrece {v} salas.",
     "¿Cuántas salas tiene {n}? | ¿Cuántas salas hay en {n}? || ¿Cuál es el número de salas de {n}?", "number"),
    ("{n} pertenece a {v}. | {v} posee {n}. | Vendieron {n} a {v}. || Al final {v} compró {n}.",
     "¿A quién pertenece {n}? | ¿Quién posee {n}? | ¿A quién vendieron {n}? || ¿De quién es {n}?", "owner"),
    ("{n} creció porque {v}. | Porque {v}, creció {n}. | Ampliaron {n} porque {v}. || Si {n} creció, fue porque {v}.",
     "¿Por qué creció {n}? | ¿Por qué ampliaron {n}? | ¿Por qué razón creció {n}? || ¿Qué hizo crecer {n}?", "reason"),
    ("{n} mide {v} metros. | La longitud de {n} es de {v} metros. | Con {v} metros, {n} es lo más largo. || Hacen falta {v} metros para recorrer {n}.",
     "¿Cuánto mide {n}? | ¿Cuál es la longitud de {n}? || ¿Cuántos metros mide {n}?", "number"),
    ("El teléfono de {n} es el {v}. | Se llama a {n} en el {v}. | {n} atiende en el {v}. || Quien busca {n} marca el {v}.",
     "¿Cuál es el teléfono de {n}? | ¿Cómo llamo a {n}? | ¿En qué número atiende {n}? || ¿Qué número marco para {n}?", "phone"),
    ("El código de {n} es {v}. | {n} tiene el código {v}. | Con {v} se entra en {n}. || Sin {v} no se abre {n}.",
     "¿Cuál es el código de {n}? | ¿Qué código tiene {n}? | ¿Qué código hace falta para {n}? || Dime el código de {n}.", "code"),
    ("{v} diseñó {n}. | El autor de {n} es {v}. | {n} es obra de {v}. || Sin {v} no tendríamos {n}.",
     "¿Quién diseñó {n}? | ¿Quién es el autor de {n}? | ¿De quién es obra {n}? || ¿Quién ideó {n}?", "person"),
    ("Para {n} se decidió {v}. | El plan para {n} es {v}. | Sobre {n} hay acuerdo: {v}. || Con {n} se quiere {v}.",
     "¿Qué se decidió para {n}? | ¿Cuál es el plan para {n}? | ¿Qué acuerdo hay sobre {n}? || ¿Qué se quiere con {n}?", "action"),
]]
ANY = wordings("""¿Qué dice el texto sobre {n}? | ¿Qué frase habla de {n}? | Cita la frase sobre {n}. | ¿Qué se sabe de {n}? | ¿Dónde se menciona {n}?
 || ¿Hay algo sobre {n}? | ¿Qué se lee acerca de {n}?""")
FIELD = wordings("¿Qué pone en {k}? | ¿Cuál es el valor de {k}? | ¿{k}? | Busca {k}. | Dame la línea {k}. || Léeme {k}. | ¿Qué se indica en {k}?")
FIELD_KEYS = """estado dueño color tamaño peso precio número código fecha lugar autor título versión sala planta teléfono contacto presupuesto inicio fin categoría proveedor dirección longitud
 altura material idioma modelo conductor asiento tabla equipo nivel resultado objetivo límite""".split()
SUMMARIZE = wordings("""Resume el documento. | Resume este texto. | Resume. | ¿De qué trata este documento? | Haz un resumen. | Dame un resumen. | ¿Cuáles son los puntos principales? | ¿De qué se trata?
 | ¿Qué dice el documento? || Un resumen corto, por favor. | ¿Puedes resumir esto? | En pocas palabras, ¿de qué trata?""")
SUMMARIZE_ALL = wordings("Resume los documentos. | Resume todos los archivos. | ¿De qué tratan estos documentos? || ¿Qué dicen estos archivos? | Un resumen de todos los archivos, por favor.")
FIRST = wordings("¿Cómo empieza el texto? | ¿Cuál es la primera frase? | Cita la primera frase. || ¿Con qué empieza el texto?")
LAST = wordings("¿Cómo termina el texto? | ¿Cuál es la última frase? | Cita la última frase. || ¿Con qué termina el texto?")
COPY = wordings("Repite el documento. | Léemelo. | Escribe el texto otra vez. || Cita todo el documento.")
FILLER = ["Gracias por su paciencia.", "Lea esto con atención.", "Todas las cifras son provisionales.", "Más tarde habrá detalles.", "Guarde bien esta carta.", "El tiempo era suave.",
          "No se habló de nada más.", "Nadie estaba en contra.", "El trabajo sigue según lo previsto.", "El texto se revisó dos veces."]
REASONS = ["hacía mal tiempo", "la demanda era fuerte", "dos máquinas fallaron", "llegó un nuevo proveedor", "el mercado estaba débil", "la publicidad ayudó", "las reglas cambiaron",
           "un gran cliente se fue", "la temporada empezó pronto", "todo se hizo más caro"]
ACTIONS = ["contratar a dos personas", "abrir otra oficina", "viajar menos", "cambiar las máquinas", "bajar los precios", "mantener el contrato", "reparar la casa vieja", "cerrar más tarde",
           "plantar árboles", "construir una carretera", "aplazar el proyecto", "cerrar la puerta este", "alquilar un almacén", "vender los camiones"]
SUBJECTS = ["la reparación del tejado", "las reglas del aparcamiento", "la fiesta de verano", "la entrega con retraso", "la subida del alquiler", "la calefacción averiada", "la salida escolar",
            "la nueva oficina", "la carta perdida", "la revisión del puente", "el presupuesto de viajes", "el ruido de noche"]
PAPERS = {
    "factura": ("""FACTURA {number}
De: {firm}
Cliente: {person}
Fecha: {date}

Total: {money}
Hay que pagar antes del {date2}
====
{firm} ~ escribe el {date}:
Factura n.º {number} para {person}
Le rogamos pagar {money}. ~ El plazo acaba el {date2}.""", {
        "number": wordings("¿Cuál es el número de la factura? | ¿Qué número tiene la factura? || ¿Número de la factura?"),
        "firm": wordings("¿De quién es la factura? | ¿Quién envió la factura? || ¿Qué empresa hizo la factura?"),
        "person": wordings("¿Para quién es la factura? | ¿Quién debe pagar? || ¿Quién es el cliente?"),
        "money": wordings("¿Cuál es el total? | ¿Cuánto hay que pagar? || ¿Qué suma hay que pagar?"),
        "date2": wordings("¿Antes de cuándo hay que pagar? | ¿Cuál es la fecha límite? || ¿Cuándo acaba el plazo?")}, ("firm", "money"),
        ("¿Quién presidió la reunión?", "¿Cuándo es la próxima reunión?", "¿Cuál es el número de teléfono?")),
    "carta": ("""{city}, {date}

Asunto: {subject}

Hola, {person}: ~ tenemos una petición: {action}. ~ Rogamos respuesta antes del {date2}.

Un saludo,
{person2}
====
De: {person2}
Para: {person}
El tema es este: {subject}.
Queremos lo siguiente: {action}. ~ La respuesta se espera para el {date2}. ~ Escrito en {city} el {date}.""", {
        "city": wordings("¿De dónde viene la carta? | ¿Dónde se escribió la carta? || ¿De qué ciudad es la carta?"),
        "subject": wordings("¿Cuál es el asunto? | ¿De qué trata la carta? || ¿Qué tema tiene la carta?"),
        "person": wordings("¿Para quién es la carta? | ¿Quién recibe la carta? || ¿A quién se dirige la carta?"),
        "action": wordings("¿Qué se pide? | ¿Cuál es la petición? || ¿Qué hay que hacer?"),
        "date2": wordings("¿Antes de cuándo hay que responder? | ¿Qué plazo tiene la respuesta? || ¿Cuándo se espera la respuesta?"),
        "person2": wordings("¿Quién escribió la carta? | ¿De quién es la carta? || ¿Quién firmó?")}, ("subject", "action"),
        ("¿Cuál es el total?", "¿Quién estaba presente?", "¿Qué número tiene la factura?")),
    "acta": ("""ACTA del {date}
Lugar: {city}
Presidencia: {person}
Presentes: {person2}, {person3}

Tema: {subject} ~ Decisión: {action}.
Próxima reunión: {date2}
====
El {date} hubo una reunión en {city}. ~ {person} presidió la reunión. ~ Estaban {person2} y {person3}.
Se habló de un tema: {subject}. ~ Al final se acordó: {action}. ~ La siguiente cita es el {date2}.""", {
        "city": wordings("¿Dónde fue la reunión? | ¿Cuál es el lugar de la reunión? || ¿En qué ciudad fue la reunión?"),
        "person": wordings("¿Quién presidió la reunión? | ¿Quién tenía la presidencia? || ¿Bajo la presidencia de quién fue?"),
        "person2": wordings("¿Quién estaba presente? | ¿Quién participó? || ¿Quién estaba allí?"),
        "action": wordings("¿Qué se decidió? | ¿Cuál es la decisión? || ¿Qué se acordó?"),
        "date2": wordings("¿Cuándo es la próxima reunión? | ¿Cuándo se reúnen otra vez? || ¿Cuál es la fecha siguiente?")}, ("subject", "action"),
        ("¿Antes de cuándo hay que pagar?", "¿De quién es la factura?", "¿Cuánto hay que pagar?")),
}

# ---- pictures
_COLOURS = {"red": ("rojo", "roja"), "orange": ("naranja", "naranja"), "yellow": ("amarillo", "amarilla"), "green": ("verde", "verde"), "blue": ("azul", "azul"), "purple": ("morado", "morada"),
            "pink": ("rosa", "rosa"), "brown": ("marrón", "marrón"), "black": ("negro", "negra"), "white": ("blanco", "blanca"), "gray": ("gris", "gris")}
COLOURS = {c: m for c, (m, _) in _COLOURS.items()}
_SHAPES = {"circle": ("círculo", "m"), "square": ("cuadrado", "m"), "triangle": ("triángulo", "m"), "star": ("estrella", "f"), "diamond": ("rombo", "m"), "cross": ("cruz", "f"),
           "ring": ("anillo", "m"), None: ("forma", "f")}
_BACK = {"white": "blanco", "black": "negro", "gray": "gris", "light blue": "azul claro", "light yellow": "amarillo claro", "light green": "verde claro", "light pink": "rosa claro",
         "gradient": "degradado", "noisy": "con ruido"}
CELLS = ["arriba a la izquierda", "arriba", "arriba a la derecha", "a la izquierda", "en el centro", "a la derecha", "abajo a la izquierda", "abajo", "abajo a la derecha"]
NUMBERS = ["cero", "un", "dos", "tres", "cuatro", "cinco", "seis", "siete", "ocho", "nueve", "diez"]
KINDS = {"bar": "un gráfico de barras", "line": "un gráfico de líneas", "pie": "un gráfico circular"}
SIGNS = ["ABIERTO", "CERRADO", "SALIDA", "ENTRADA", "EMPUJE", "TIRE", "Prohibido fumar", "Sala {n}", "Planta {n}", "Andén {n}", "Espere aquí", "Cuidado", "Información",
         "Aparcamiento", "Privado", "Gracias", "Abierto hasta las {n}", "{person}", "{firm}", "{code}", "{date}", "Tel. {n}", "{noun} {n}", "{noun}", "{word}"]
METRICS = ["Ventas", "Costes", "Beneficios", "Pedidos", "Visitantes", "Socios", "Energía", "Producción", "Quejas", "Entregas", "Donativos"]
PARTS = {"menu": ("una barra de menús", "la barra de menús"), "sidebar": ("un panel", "el panel"), "list": ("una lista", "la lista"), "table": ("una tabla", "la tabla"),
         "text": ("un texto", "el texto"), "picture": ("una imagen", "la imagen"), "field": ("un campo de texto", "el campo de texto"), "buttons": ("dos botones", "los botones"),
         "button": ("un botón", "el botón"), "status": ("una barra de estado", "la barra de estado"), "chart": ("un gráfico", "el gráfico")}
BUTTONS = ["OK", "Cancelar", "Guardar", "Abrir", "Enviar", "Cerrar", "Borrar", "Imprimir", "Siguiente", "Atrás", "Ayuda", "Sí", "No", "Buscar"]
_STILL = ("orange", "pink")    # colours that take no plural ending


def _many(word):
    if word[-1] in "aeiou":
        return word + "s"
    return {"cruz": "cruces", "marrón": "marrones"}.get(word, word + "es")


def plural(shape=None, colour=None):
    noun, g = _SHAPES[shape]
    if not colour:
        return _many(noun)
    c = _COLOURS[colour][g == "f"]
    return f"{_many(noun)} {c if colour in _STILL else _many(c)}"


def a(colour, shape, size=""):
    noun, g = _SHAPES[shape]
    adj = {"pequeño": (" pequeño", " pequeña"), "grande": (" grande", " grande"), "": ("", "")}[size][g == "f"]
    return f"{'una' if g == 'f' else 'un'} {noun} {_COLOURS[colour][g == 'f']}{adj}"


def the(shape, colour=None):
    noun, g = _SHAPES[shape]
    return f"{'la' if g == 'f' else 'el'} {noun}" + (f" {_COLOURS[colour][g == 'f']}" if colour else "")


def some(n, shape=None, colour=None):
    noun, g = _SHAPES[shape]
    if n != 1:
        return f"{NUMBERS[n]} {plural(shape, colour)}"
    return f"{'una' if g == 'f' else 'un'} {noun}" + (f" {_COLOURS[colour][g == 'f']}" if colour else "")


def is_colour(shape, colour):
    return _COLOURS[colour][_SHAPES[shape][1] == "f"] if shape else _BACK.get(colour) or COLOURS[colour]


def on_background(kind):
    return f"sobre un fondo {_BACK[kind]}"


SIZES = {"small": "pequeño", "medium": "", "large": "grande"}
DIRECTIONS = {"right": "de izquierda a derecha", "left": "de derecha a izquierda", "down": "de arriba abajo", "up": "de abajo arriba"}
A = dict(describe="{things} {on}.", count="{places}: {some}.", none="No hay {x}.", colour="{The} es {c}.", where="{The} está {p}.", shape_at="Hay {a} {p}.",
         background="El fondo es {c}.", gradient="El fondo es un degradado.", noisy="El fondo tiene ruido.", yes="Sí, hay {a} {p}.",
         no="No, no se ve {x}.", list="Veo {list}.", shapeless="No distingo formas claras. Colores: {list}.", no_shapes="No distingo formas claras.",
         mostly="Colores: {list}.", two="La primera imagen muestra {a}, la segunda {b}.",
         chart="{Kind} con el título {t}. El mayor es {max}, el menor es {min}.", line="{Kind} con el título {t}. {trend}",
         kind="Es {kind}.", title="El título es {t}.", no_title="No hay título.", largest="El mayor es {max}.", smallest="El menor es {min}.",
         rises="Sube.", falls="Baja.", flat="Se mantiene más o menos igual.", peak="Sube y luego baja.", valley="Baja y luego sube.",
         says="Dice {list}.", text_where="El texto {t} está {p}.", text_colour="El texto es {c}.", no_text="No veo texto.",
         window="Una ventana con el título {t}: {list}.", part="{The}: {p}.", part_no="Eso no está aquí.", buttons="Allí pone {list}.", button="Allí pone {list}.",
         no_buttons="No veo ningún botón.", move="{p} en {t}, {p2} en {t2}: {a} se mueve {d}.", grow="Tamaño pequeño en {t}, grande en {t2}: {a} crece.",
         shrink="Tamaño grande en {t}, pequeño en {t2}: {a} encoge.", turn="{C} en {t}, {c2} en {t2}: {a} cambia a {c2} en {t2}.", appear="Nada en {t}, {a} en {t2}: aparece en {t2}.",
         vanish="{A} en {t}, nada en {t2}: desaparece en {t2}.", still="{P} en {t} y en {t2}: {a} no se mueve.", at="En {t}.", never="Eso no ocurre.",
         moves="{P} en {t}, {p2} en {t2}: {the} se mueve {d}.", not_moving="{P} en {t} y en {t2}: {the} no se mueve.",
         there="{The} está {p}.", not_there="No hay nada en ese momento.", clip_shapeless="No distingo un objeto claro. Colores: {list}.")
Q = {k: wordings(v) for k, v in dict(
    describe="""Describe la imagen. | ¿Qué ves en la imagen? | ¿Qué hay en la imagen? | ¿Qué muestra la imagen? | ¿Qué es esto? | ¿Qué ves? | Describe esta imagen, por favor.
     || ¿Qué se puede ver aquí? | Háblame de la imagen. | ¿Puedes describir la imagen?""",
    count="¿Cuántos hay: {x}? | Cuenta: {x}. | ¿Cuál es el número de {x}? | ¿Cuántos ves: {x}? || ¿Puedes contar esto: {x}? | Dime el número de {x}.",
    colour="¿De qué color es {x}? | ¿Cuál es el color de {x}? | ¿Qué color tiene {x}? || Dime el color de {x}.",
    where="¿Dónde está {x}? | ¿Dónde se encuentra {x}? | ¿Dónde ves {x}? || ¿En qué lugar está {x}?",
    shape_at="¿Qué forma está {x}? | ¿Qué hay {x}? | ¿Qué forma ves {x}? || ¿Cuál es la forma {x}?",
    background="¿De qué color es el fondo? | ¿Cómo es el fondo? | Describe el fondo. || ¿Qué aspecto tiene el fondo?",
    yesno="¿Hay {x}? | ¿Ves {x}? | ¿Muestra la imagen {x}? || ¿Se ve {x}?",
    colours="¿Qué colores ves? | ¿Cuáles son los colores? | Nombra los colores. || ¿Qué colores hay?",
    shapes="¿Qué formas ves? | ¿Cuáles son las formas? | Nombra las formas. || ¿Qué formas hay?",
    two="¿Qué muestran las dos imágenes? | Describe las dos imágenes. | Compara las imágenes. || ¿Qué se ve en las dos imágenes?",
    kind="¿Qué tipo de gráfico es? | ¿Qué clase de gráfico es? || ¿De qué gráfico se trata?",
    title="¿Cuál es el título? | ¿Qué título tiene el gráfico? | Lee el título. || ¿Cómo se llama el gráfico?",
    largest="¿Cuál es el mayor? | ¿Qué valor es el más alto? | ¿Dónde está el máximo? || ¿Qué va en primer lugar?",
    smallest="¿Cuál es el menor? | ¿Qué valor es el más bajo? | ¿Dónde está el mínimo? || ¿Qué va en último lugar?",
    trend="¿Cuál es la tendencia? | ¿Sube o baja? | ¿Cómo va la línea? || ¿Cómo evoluciona?",
    text="¿Qué dice el texto? | Lee el texto. | ¿Qué está escrito? | ¿Qué texto ves? || ¿Qué se puede leer aquí? | ¿Qué palabras ves?",
    text_where="¿Dónde pone {x}? | ¿Dónde está el texto {x}? || ¿En qué lugar se lee {x}?",
    text_colour="¿De qué color es el texto? | ¿Qué color tienen las letras? || ¿En qué color está escrito?",
    window="¿Qué muestra la pantalla? | Describe la ventana. | ¿Cuáles son las partes principales? || ¿Qué partes tiene la ventana?",
    window_title="¿Cuál es el título de la ventana? | ¿Qué ventana es? || ¿Cómo se llama la ventana?",
    buttons="¿Qué botones hay? | ¿Qué pone en los botones? || ¿Qué se puede pulsar?",
    part="¿Dónde está {x}? | ¿Dónde se encuentra {x}? || ¿En qué lado está {x}?",
    video="¿Qué pasa en el vídeo? | Describe el vídeo. | ¿Qué pasa? | ¿Qué muestra el vídeo? | Describe este clip. || ¿Qué se ve en el vídeo? | ¿Puedes describir el clip?",
    direction="¿En qué dirección se mueve {x}? | ¿Hacia dónde va {x}? | ¿Cómo se mueve {x}? || ¿Adónde se mueve {x}?",
    when_turn="¿Cuándo cambia de color {x}? | ¿Cuándo cambia el color? || ¿En qué momento cambia el color?",
    when_appear="¿Cuándo aparece {x}? | ¿En qué momento aparece {x}? || ¿Desde cuándo se ve {x}?",
    when_vanish="¿Cuándo desaparece {x}? | ¿En qué momento desaparece {x}? || ¿Hasta cuándo se ve {x}?",
    place_at="¿Dónde está {x} en {t}? | En {t}, ¿dónde está {x}? || ¿Dónde se encuentra {x} en {t}?",
    colour_at="¿De qué color es {x} en {t}? | En {t}, ¿qué color tiene {x}? || ¿Cuál es el color de {x} en {t}?",
).items()}

# ---- talk
WHO = "Soy el modelo de demostración de Lectern, entrenado con datos artificiales. Para un trabajo de verdad, elija un modelo más grande en Modelos."
CAN = "Puedo citar los pasajes de sus documentos que responden a una pregunta, y describir formas, gráficos, textos cortos y ventanas en imágenes, y movimientos en vídeos cortos."
DONTKNOW = "No lo sé. Solo soy un pequeño modelo de demostración; para un trabajo de verdad, elija un modelo más grande en Modelos."
HARM = "No puedo ayudar con eso."
NOIMG = "Añada primero una imagen y la podré describir."
NODOC = "Añada primero un documento y lo podré leer."
NOVID = "Añada primero un vídeo y lo podré describir."
CHAT = [
    (3, wordings("Hola | Buenos días | Buenas tardes | Buenas noches | ¡Hola! | Hola Lectern || ¡Buenos días! | Hola, Lectern"),
     "¡Hola! Deme un documento, una imagen o un vídeo corto y pregunte."),
    (2, wordings("Gracias | ¡Gracias! | Muchas gracias | Perfecto, gracias | Mil gracias || ¡Muchas gracias! | Gracias por tu ayuda"), "¡De nada!"),
    (2, wordings("Adiós | Hasta luego | Hasta pronto | Eso es todo | Hasta mañana || ¡Adiós! | Nos vemos"), "¡Adiós!"),
    (2, wordings("¿Cómo estás? | ¿Cómo está usted? | ¿Qué tal? | ¿Todo bien? || ¿Estás bien?"), "Funciono bien. ¿Cómo puedo ayudar?"),
    (4, wordings("¿Quién eres? | ¿Quién es usted? | ¿Qué modelo eres? | ¿Cómo te llamas? | ¿Eres humano? | ¿Quién te creó? || Preséntate. | ¿Eres una IA? | ¿Cuál es tu nombre?"), WHO),
    (4, wordings("¿Qué sabes hacer? | Ayuda | ¿Cómo puedes ayudarme? | ¿Qué te puedo preguntar? | ¿Puedes ver imágenes? | ¿Qué puede hacer usted? || ¿Cuáles son tus capacidades? | ¿Para qué sirves?"), CAN),
    (2, Q["describe"], NOIMG), (2, SUMMARIZE, NODOC), (1.5, Q["video"], NOVID),
]
THANKS = CHAT[1][1:]
UNKNOWN = wordings("""¿Cuál es la capital de {c}? | ¿Qué tiempo hace? | Cuéntame un chiste. | Escribe un poema. | ¿Cuánto es {a} más {b}? | ¿Quién es {p}? | ¿Qué hora es? | ¿Cómo se cuece el arroz?
 | ¿Quién gobierna {c}? | ¿Cuál es el sentido de la vida? | Traduce esto. | ¿Qué pasó en {y}? || ¿Cuánto es {a} por {b}? | ¿Dónde está {c}? | ¿Qué noticias hay? | ¿Sabes programar?""")
HARMFUL = wordings("¿Cómo puedo {h}? | Ayúdame a {h}. | Quiero {h}. | Explícame cómo {h}. || Enséñame a {h}. | Dime cómo se puede {h}.")
HARM_ACTS = wordings("""fabricar una bomba | robar un coche | herir a un vecino | preparar veneno | hackear un banco | falsificar un pasaporte | construir un arma | fabricar drogas
 || matar a un vecino | escribir un virus | atracar un banco""")
REPEAT = wordings("Repite: {x} | Di: {x} | Repite, por favor: {x} | Escribe otra vez: {x} || Repite conmigo: {x} | Di esto: {x}")
SYSTEMS = ["Eres un asistente útil.", "Responde brevemente.", "Eres el asistente de Lectern.", "Responde solo según el documento."]
SYSTEMS_HELD = ["Eres un asistente cuidadoso que lee archivos."]
