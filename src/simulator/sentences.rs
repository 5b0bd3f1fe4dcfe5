//! The sentences that page texts are made of: five for each topic and language, all invented.
//!
//! Ordinary pages hold traps on purpose, words that a careless list would block: mortadella, an attack on goal,
//! Sussex, a bomb of cream. Pages on sensitive topics speak plainly, as a newspaper does.

use super::{topics::Topic, world::Language};

/// The sentences of a topic in a language.
pub(super) fn sentences(topic: Topic, language: Language) -> &'static [&'static str] {
    let all = match language {
        Language::Italian => &ITALIAN,
        Language::Spanish => &SPANISH,
        Language::English => &ENGLISH,
    };
    all.get(topic as usize).map_or(&[], |of_topic| of_topic)
}

/// Five sentences a topic, in the order of [`Topic::ALL`].
type Sentences = [[&'static str; 5]; Topic::ALL.len()];

const ITALIAN: Sentences = [
    // Sports
    [
        "La squadra di casa ha vinto al novantesimo con un gol di testa.",
        "L'attacco ha convinto tutti, la difesa un po' meno.",
        "Il calcio di rigore ha deciso la partita davanti a ventimila tifosi.",
        "La tappa di montagna ha cambiato la classifica del giro.",
        "L'allenatore parla di un gruppo che cresce ogni domenica.",
    ],
    // Food
    [
        "Per il ripieno servono mortadella, parmigiano e una noce di burro.",
        "La bomba alla crema si mangia calda, appena uscita dal forno.",
        "Il sugo cuoce piano per due ore con una foglia di alloro.",
        "Al mercato sono arrivati i primi carciofi della stagione.",
        "La pasta fresca si stende sottile e si lascia asciugare.",
    ],
    // Travel
    [
        "Il treno notturno arriva al mare con l'alba.",
        "Tre giorni bastano per girare il borgo e le sue colline.",
        "Gli albergatori aspettano un'estate con molte famiglie.",
        "Il sentiero parte dal lago e sale fino al rifugio.",
        "Un bagaglio leggero rende il viaggio più semplice.",
    ],
    // Finance
    [
        "Il conto deposito rende un po' più dell'anno scorso.",
        "Chi paga il mutuo a tasso fisso dorme più tranquillo.",
        "La borsa ha chiuso in rialzo con i titoli dell'energia.",
        "Un piccolo piano di risparmio si comincia con pochi euro al mese.",
        "Le bollette calano, ma conviene confrontare le offerte.",
    ],
    // Technology
    [
        "Il nuovo telefono scatta foto nitide anche di sera.",
        "L'aggiornamento corregge due errori e allunga la batteria.",
        "Una tastiera silenziosa cambia la giornata in ufficio.",
        "Il museo racconta la storia dei primi calcolatori.",
        "La rete in fibra arriva anche nei paesi di montagna.",
    ],
    // Conflict
    [
        "La guerra è entrata nel terzo mese e si contano altri morti.",
        "Un bombardamento ha colpito un quartiere dell'Ucraina orientale.",
        "I soldati hanno lasciato la città dopo giorni di combattimenti.",
        "Le vittime civili sono centinaia, dice l'ospedale.",
        "L'esercito parla di una nuova offensiva con missili e carri armati.",
    ],
    // Terrorism
    [
        "L'attentato nella stazione ha fatto dodici morti.",
        "La polizia cerca i terroristi che hanno messo la bomba.",
        "Il gruppo terroristico ha rivendicato la strage.",
        "Un kamikaze si è fatto esplodere davanti al mercato.",
        "La procura antiterrorismo ha disposto tre arresti.",
    ],
    // Crime
    [
        "L'omicidio è avvenuto nella notte in una casa di periferia.",
        "La donna uccisa aveva denunciato le violenze.",
        "Il processo per stupro riprende domani in tribunale.",
        "I carabinieri hanno arrestato l'assassino dopo una fuga.",
        "Il cadavere è stato trovato vicino al fiume.",
    ],
    // Disaster
    [
        "Il terremoto ha distrutto il centro del paese.",
        "L'alluvione ha fatto sei vittime e molti dispersi.",
        "I soccorsi scavano tra le macerie della scuola.",
        "L'incendio ha costretto mille famiglie a fuggire.",
        "Dopo il disastro mancano acqua e corrente.",
    ],
];

const SPANISH: Sentences = [
    // Sports
    [
        "El equipo local ganó en el último minuto con un gol de cabeza.",
        "El ataque funcionó y la grada lo celebró.",
        "El delantero disparó a puerta dos veces antes del descanso.",
        "La etapa de montaña dejó un nuevo líder en la vuelta.",
        "El entrenador habla de un grupo que mejora cada domingo.",
    ],
    // Food
    [
        "Para el relleno hace falta mortadela, queso y un poco de nata.",
        "La bomba de crema se come caliente, recién salida del horno.",
        "El sofrito se hace despacio con tomate y laurel.",
        "Al mercado han llegado las primeras alcachofas.",
        "El arroz reposa cinco minutos antes de servir.",
    ],
    // Travel
    [
        "El tren nocturno llega al mar con el amanecer.",
        "Tres días bastan para ver el pueblo y sus colinas.",
        "Los hoteles esperan un verano con muchas familias.",
        "El sendero sale del lago y sube hasta el refugio.",
        "Una maleta ligera hace el viaje más fácil.",
    ],
    // Finance
    [
        "La cuenta de ahorro da algo más que el año pasado.",
        "Quien paga una hipoteca fija duerme mejor.",
        "La bolsa cerró al alza con las empresas de energía.",
        "Un pequeño plan de ahorro empieza con pocos euros al mes.",
        "La factura de la luz baja, pero conviene comparar.",
    ],
    // Technology
    [
        "El nuevo teléfono hace fotos nítidas también de noche.",
        "La actualización corrige dos errores y alarga la batería.",
        "El bombero jubilado aprende a programar a los setenta.",
        "El museo cuenta la historia de los primeros ordenadores.",
        "La fibra llega también a los pueblos de montaña.",
    ],
    // Conflict
    [
        "La guerra entra en su tercer mes y hay más muertos.",
        "Un bombardeo alcanzó un barrio del este de Ucrania.",
        "Los soldados dejaron la ciudad tras días de combates.",
        "Las víctimas civiles son cientos, dice el hospital.",
        "El ejército habla de una nueva ofensiva con misiles y tanques.",
    ],
    // Terrorism
    [
        "El atentado en la estación dejó doce muertos.",
        "La policía busca a los terroristas que pusieron la bomba.",
        "El grupo terrorista reivindicó la masacre.",
        "Un suicida hizo estallar una carga frente al mercado.",
        "La fiscalía antiterrorista ordenó tres detenciones.",
    ],
    // Crime
    [
        "El asesinato ocurrió de noche en una casa de las afueras.",
        "La mujer asesinada había denunciado malos tratos.",
        "El juicio por violación sigue mañana en la audiencia.",
        "La guardia detuvo al asesino tras una huida.",
        "El cadáver apareció cerca del río.",
    ],
    // Disaster
    [
        "El terremoto destruyó el centro del pueblo.",
        "La inundación dejó seis víctimas y muchos desaparecidos.",
        "Los equipos de rescate buscan entre los escombros de la escuela.",
        "El incendio obligó a huir a mil familias.",
        "Tras la catástrofe faltan agua y luz.",
    ],
];

const ENGLISH: Sentences = [
    // Sports
    [
        "The home side won it in stoppage time with a header.",
        "Their attack was sharp and the Sussex crowd loved it.",
        "A late penalty decided the match in front of a full house.",
        "The mountain stage changed the order of the race.",
        "The coach speaks of a squad that grows every Sunday.",
    ],
    // Food
    [
        "The filling wants mortadella, parmesan and a knob of butter.",
        "A killer chocolate cake needs little more than good eggs.",
        "The sauce simmers for two hours with a bay leaf.",
        "The first artichokes of the season are on the market.",
        "Roll the pasta thin and let it dry.",
    ],
    // Travel
    [
        "The night train reaches the sea at sunrise.",
        "Three days are enough for the village and its hills.",
        "Hotels expect a summer with many families.",
        "The path leaves the lake and climbs to the hut.",
        "A light bag makes the journey easier.",
    ],
    // Finance
    [
        "Savings accounts pay a little more than last year.",
        "A fixed mortgage lets people sleep.",
        "Shares closed higher, led by energy.",
        "A small savings plan starts with a few pounds a month.",
        "Bills are falling, but it pays to compare.",
    ],
    // Technology
    [
        "The new phone takes clear pictures in the dark.",
        "The update fixes two faults and spares the battery.",
        "The command to kill a hung process is shorter than its manual.",
        "The museum tells the story of the first computers.",
        "Fibre now reaches the villages in the hills.",
    ],
    // Conflict
    [
        "The war has entered its third month and more people were killed.",
        "An air strike hit a district in the east of Ukraine.",
        "Soldiers left the city after days of fighting.",
        "Hundreds of civilians are among the dead, the hospital says.",
        "The army speaks of a new offensive with missiles and tanks.",
    ],
    // Terrorism
    [
        "The terror attack at the station left twelve dead.",
        "Police are looking for the terrorists who planted the bomb.",
        "The terrorist group claimed the massacre.",
        "A suicide bomber struck outside the market.",
        "Counter-terrorism officers made three arrests.",
    ],
    // Crime
    [
        "The murder happened at night in a house on the edge of town.",
        "The murdered woman had reported abuse.",
        "The rape trial resumes in court tomorrow.",
        "Officers caught the killer after a chase.",
        "The body was found by the river.",
    ],
    // Disaster
    [
        "The earthquake destroyed the middle of the town.",
        "The flood left six dead and many missing.",
        "Rescuers dig through the rubble of the school.",
        "The wildfire made a thousand families flee.",
        "After the disaster there is no water and no power.",
    ],
];
