"""Texts of many kinds, by whose vectors the centre of those of a model is found.

It must not depend on what anybody has stored, since it decides which records are compared where there are many.
"""

TYPICAL = (
    "The weather was fine on the first day of spring.",
    "She works as a nurse in a hospital near the river.",
    "How do I install the package on my computer?",
    "He said that the meeting was moved to Thursday.",
    "def add(a, b): return a + b",
    "My favourite food is pizza with mushrooms.",
    "The quarterly report shows that sales rose by four percent.",
    "I'm so happy for you! Congratulations!",
    "Der Zug nach Berlin hat zwanzig Minuten Verspätung.",
    "Me gusta leer novelas por la noche.",
    "今天我去公园散步了。",  # Chinese
    "Please summarise the following text in three sentences.",
    "The error occurs when the file does not exist.",
    "We adopted a dog from the shelter last year.",
    "In 1969 people walked on the moon for the first time.",
    "Could you recommend a book about the history of music?",
    "The recipe needs two eggs, flour, sugar and a little salt.",
    "Her brother plays the guitar in a band.",
    "To reset the password, open the settings and choose Account.",
    "Water boils at one hundred degrees at sea level.",
    "I lost my keys again, can you believe it?",
    "The court decided in favour of the company.",
    "Yes, that sounds good. See you tomorrow!",
    "The children painted pictures of animals and trees.",
    "A triangle has three sides and three angles.",
    "He has been learning to swim since January.",
    "The flight to Tokyo takes about twelve hours.",
    "Thank you for your help with the project.",
    "The museum opens at ten and closes at six.",
    "Our team lost the final, but we are proud of them.",
    "She is allergic to nuts and drinks her coffee black.",
    "The patient reports pain in the left knee.",
)
