"""Short texts on which an exported model is compared with its source, in several languages."""

from __future__ import annotations

PARAGRAPHS = (
    (
        "A lighthouse warns ships of rocks and shallow water.",
        "Its lamp is small, but a lens made of many glass prisms gathers the light into one beam.",
        "Augustin Fresnel designed such a lens in 1822 for the lighthouse of Cordouan.",
        "Keepers used to wind a clockwork every few hours so that the lens would turn.",
        "Each light has a rhythm of its own, so that a sailor can tell it from its neighbours.",
        "Most lighthouses are automatic today, and satellites have taken over much of their work.",
    ),
    (
        "Bread rises because yeast turns sugar into carbon dioxide.",
        "Kneading stretches the gluten, which traps the gas in small bubbles.",
        "How long does a sourdough starter take to become active?",
        "A starter needs five to seven days of regular feeding at room temperature.",
        "Salt slows the yeast down and strengthens the dough.",
        "The crust browns at about 150 °C, when amino acids react with sugars.",
    ),
    (
        "The company reported revenue of $4.2 billion for the third quarter, up 7% from a year earlier.",
        "Operating costs fell by 120 million euros after two plants had been closed.",
        "Why did the share price drop after the announcement?",
        "Analysts had expected a higher profit, and the outlook for 2025 was cut.",
        "The board proposed a dividend of 35 cents a share.",
        "Ms Okafor, who joined in 2019, will succeed the chief financial officer on 1 March.",
    ),
    (
        "Aspirin relieves pain by blocking an enzyme that makes prostaglandins.",
        "Patients who take blood thinners should not use it without advice.",
        "What is the largest daily dose for an adult?",
        "Adults should not take more than four grams within twenty-four hours.",
        "Children with a fever are given paracetamol instead, because of Reye's syndrome.",
        "Willow bark was used against fever long before the substance was isolated.",
    ),
    (
        "To install the package, run pip install followed by its name.",
        "The function returns None if the key is missing, and raises TypeError if it cannot be hashed.",
        "How do I reset my password?",
        "Choose Account, then Security, and follow the link that is sent to you by e-mail.",
        "Set the variable HTTP_PROXY before you start the server on port 8080.",
        "Version 3.11 | released 2022-10-24 | supported until 2027-10",
    ),
    (
        "The treaty was signed in Westphalia in 1648 and ended thirty years of war.",
        "Its negotiators worked in two towns, Münster and Osnabrück, fifty kilometres apart.",
        "Who was allowed to choose the religion of a territory?",
        "Princes kept that right, but their subjects could worship in private.",
        "Historians still argue about how new the idea of sovereign states was.",
        "Sweden gained ports on the Baltic and a large sum of money.",
    ),
    (
        "Der Zug nach Leipzig fährt um 8:15 Uhr auf Gleis 7 ab.",
        "Wegen Bauarbeiten verkehren am Wochenende Busse statt Bahnen.",
        "Le musée est fermé le lundi, sauf pendant les vacances scolaires.",
        "Combien coûte un billet pour deux adultes et un enfant ?",
        "El volcán entró en erupción en septiembre y destruyó más de mil casas.",
        "La biblioteca apre alle nove e chiude alle diciotto.",
    ),
    (
        "Поезд отправляется с третьего пути через десять минут.",
        "今年の桜は例年より一週間早く咲きました。",
        "这座桥长两公里，于一九五七年建成。",
        "تقع المدينة على ضفة النهر منذ أكثر من ألف عام.",
        "De fabriek sluit volgend jaar en verhuist naar Rotterdam.",
        "O rio nasce na serra e desagua no Atlântico.",
    ),
)
SENTENCES = tuple(sentence for paragraph in PARAGRAPHS for sentence in paragraph)
TEXTS = (*SENTENCES, *(" ".join(paragraph) for paragraph in PARAGRAPHS))
