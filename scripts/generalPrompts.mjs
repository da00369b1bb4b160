/**
 * `node scripts/generalPrompts.mjs [--check]`: writes media/general-prompts.txt, the prompts that are offered for every
 * model, or says whether it is what it would write. Sentences of the project's own making: each family fills its pattern from lists that are gone through in
 * shuffled rounds, so every word comes about equally often and no two sentences are the same.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const path = join(import.meta.dirname, '..', 'media', 'general-prompts.txt');

const animals =
  'a red fox|an old tabby cat|a golden retriever|a barn owl|a brown bear|a grey heron|a green tree frog|a white horse|a hedgehog|a sea turtle|an elephant|a zebra|a flock of sheep|two parrots|a honeybee|a snail|an octopus|a wolf|a black swan|a rooster|a dragonfly|three kittens|a polar bear|a giraffe|a lizard|a humpback whale|a squirrel|a peacock|a donkey|a shoal of fish';
const doing =
  'asleep|looking at the camera|running|seen from behind|drinking|in the rain|half hidden|standing on one leg|with its mouth open|playing|in deep shadow|against the light|covered in snow|stretching|very close up';
const places =
  'in tall grass|on a wooden pier|in a birch forest|on a rocky shore|beside a frozen lake|in a city park|on a kitchen floor|in a desert|under a bridge|in a flooded field|on a mountain path|in a greenhouse|on a tiled roof|in an abandoned factory|on a sandy beach|in a library|in a narrow alley|on a football pitch|in a vineyard|at a railway station';
const times =
  'at dawn|at noon|at dusk|at night|in thick fog|after a storm|in autumn|in spring|under a full moon|in harsh sunlight|on an overcast day|in falling snow';
const people =
  'an old fisherman|a young chemist|a bride|a bus driver|a boy with freckles|two dancers|a blacksmith|a nurse|a woman in a red coat|a monk|a group of students|a goalkeeper|a violinist|a farmer|a girl with braids|a welder|an astronaut|a baker|three elderly women|a clown|a judge|a surfer|a chess player|a knight|a potter|a street musician|a diver|a tailor|a crowd of fans|a man with a grey beard';
const actions =
  'reading a letter|laughing|carrying a ladder|repairing a clock|drinking tea|looking out of a window|running for a train|holding a lantern|painting a fence|waiting|shouting|peeling an orange|riding a bicycle|pointing at the sky|playing cards|with folded arms|writing on a blackboard|walking a dog|seen in profile|eating noodles';
const colours =
  'red|dark blue|pale green|yellow|black|white|purple|orange|turquoise|pink|brown|silver|golden|grey|striped|checkered|spotted|transparent';
const objects =
  'teapot|bicycle|wooden chair|umbrella|suitcase|typewriter|guitar|candle|pair of boots|glass vase|wristwatch|ladder|kettle|paper boat|hammer|globe|telephone|sofa|mirror|backpack|lamp|clay pot|trumpet|alarm clock|rope|bucket|feather|key|knitted scarf|toy robot|pocket knife|book|basket|chandelier|pillow|bottle';
const supports =
  'on a marble table|on a white background|on a black background|on a bed of moss|hanging from the ceiling|on a stack of newspapers|in an open drawer|on a windowsill|on a striped carpet|on wet sand|on a shelf between plates|in a cardboard box|on a stone step|floating in mid-air|under a glass dome|on a red cloth';
const views =
  'seen from above|seen from below|in close-up|in the far distance|at the left edge of the frame|at the right edge of the frame|in the top corner|small in a large empty frame|filling the frame|out of focus|cut off by the frame|seen through a keyhole|reflected in water|reflected in a mirror|in sharp focus|in silhouette';
const numbers =
  'one|two|three|four|five|six|seven|a dozen|a pile of|a row of|a circle of|hundreds of';
const things =
  'apples|balloons|stones|coins|sunflowers|pencils|eggs|buttons|bricks|cups|candles|lemons|keys|sailing boats|trees|doors|butterflies|chairs|tyres|mushrooms|shells|traffic lights|hats|boxes';
const foods =
  'a bowl of ramen|a slice of cherry pie|fried eggs|a cheese board|pancakes with syrup|a cup of coffee|grilled fish with lemon|a birthday cake|a plate of dumplings|fresh figs|a burger|a tomato salad|a loaf of rye bread|a box of chocolates|a pot of stew|sushi rolls|a glass of red wine|a split pomegranate|popcorn|an ice cream cone|roasted chestnuts|a jar of honey|spaghetti|a sandwich';
const buildings =
  'a lighthouse|a Gothic cathedral|a glass skyscraper|a log cabin|a windmill|a petrol station|a ruined castle|a suburban house|a mosque|a concrete apartment block|a pagoda|a covered market|an observatory|a stone bridge|a harbour crane|a water tower|a theatre|a greenhouse|a barn|a pyramid|a railway viaduct|a corner shop|a tent|an igloo';
const landscapes =
  'rolling hills|a volcano|a rice terrace|a canyon|a salt flat|a waterfall|a coral reef|a pine forest|a glacier|a meadow full of poppies|sand dunes|a swamp|a river delta|sea cliffs|a mountain lake|a bamboo grove|tundra|a cave with a pool|an orchard|a vineyard|open sea|a lava field|a beech wood|an island';
const skies =
  'under a clear sky|under towering clouds|with a rainbow|with lightning|under the northern lights|with the sun low on the horizon|with the Milky Way above|under a green sky|in drifting mist|with birds in the sky|in heavy rain|with a hot-air balloon above';
const vehicles =
  'a steam locomotive|a red sports car|a school bus|a sailing ship|a fire engine|a scooter|a helicopter|a rusty truck|a tram|a submarine|a tractor|a canoe|a police car|an airliner|a cargo ship|a horse-drawn carriage|a cable car|a racing bicycle|a moon rover|a delivery van';
const rooms =
  "a living room|a dentist's practice|an operating theatre|a child's bedroom|a laundry|a recording studio|a prison cell|a ballroom|a wine cellar|a classroom|a kitchen|a hotel corridor|a workshop|an attic|a swimming hall|a server room|a church|a waiting room|a spaceship cockpit|a bathroom";
const light =
  'lit by a single candle|in blue neon light|in warm lamplight|with sun through the blinds|lit from below|in soft window light|in the light of a television|in strobe light|in pale moonlight|brightly lit without shadows|with long shadows|in green light';
const styles =
  "an oil painting of|a watercolour of|a pencil drawing of|a woodcut of|a pixel art picture of|a children's book illustration of|a stained glass window with|a mosaic of|a charcoal sketch of|a black and white photograph of|a polaroid of|a low-poly rendering of|a comic panel with|an ink wash painting of|a marble statue of|an embroidery of|a blueprint of|a poster of|an infrared photograph of|a clay model of|a neon sign of|graffiti of|a tapestry with|a sepia photograph of|a paper collage of";
const materials =
  'wood|rusty iron|polished marble|knitted wool|wet asphalt|cracked earth|velvet|brushed steel|green glass|bark|feathers|fish scales|woven straw|frost|sand|leather|peeling paint|honeycomb|fur|crumpled paper|silk|concrete|ice|lace|gold leaf|moss';
const surfaces =
  'a texture of|a wall of|a close-up of|a ball made of|a chair made of|a mask made of|a tile pattern of|a letter A made of|a landscape made of|a coat of';
const patterns =
  'diagonal stripes|concentric circles|a checkerboard|zigzag lines|polka dots|a spiral|a honeycomb grid|wavy lines|a maze|a kaleidoscope|scattered triangles|a star pattern|overlapping squares|a gradient|noise|a tartan';
const plants =
  'a cactus in bloom|a sunflower|a bonsai tree|ivy|a weeping willow|a field of lavender|a rose with dew|a fern|a baobab|tulips in a vase|a water lily|a dandelion|an old oak|a thistle|bamboo|an orchid|a pumpkin on its vine|wheat|a palm tree|toadstools';
const moods =
  'joyful|lonely|threatening|peaceful|absurd|festive|melancholy|tense|solemn|dreamlike|chaotic|tender';
const scenes =
  'a street market|a wedding|a football match|a funeral|a traffic jam|a picnic|a school play|a demonstration|a rescue at sea|a harvest|a chess tournament|a rock concert|a snowball fight|a family dinner|a parade|an auction|a bus stop|a flea market|a science fair|a siege';
const fantasy =
  "a dragon|a talking teapot|a castle in the clouds|a robot gardener|a mermaid|a walking house|a giant moth|a city on a turtle|a ghost ship|a unicorn|a wizard's desk|an underwater train station|a snow queen|a clockwork bird|a door in a tree|a planet with two rings";
const words =
  'STOP|OPEN|HELLO|SALE|No. 7|CAFE|TAXI|THANK YOU|EXIT|1984|WELCOME|FRAGILE|DANGER|LOVE|MENU|BAKERY';
const carriers =
  'a street sign with the word|a neon sign that says|a book cover with the title|a cake with the word|a T-shirt printed with|a chalkboard that reads|a ticket stamped|a shop window with the word|a banner that says|a coffee mug with';

/** Pattern, lists, sentences. A list that stands in two families is gone through anew in each. */
const families = [
  [180, (a, d, p, t) => `${a} ${d} ${p} ${t}`, animals, doing, places, times],
  [180, (w, a, p, l) => `${w} ${a} ${p}, ${l}`, people, actions, places, light],
  [150, (c, o, s, v) => `${article(c)} ${c} ${o} ${s}, ${v}`, colours, objects, supports, views],
  [
    80,
    (c, o, d, q) => `${article(c)} ${c} ${o} next to ${article(d)} ${d} ${q}`,
    colours,
    objects,
    colours,
    objects,
  ],
  [100, (n, t, s) => `${n} ${t} ${s}`, numbers, things, supports],
  [90, (f, s, l) => `${f} ${s}, ${l}`, foods, supports, light],
  [110, (b, l, t) => `${b} in front of ${l} ${t}`, buildings, landscapes, times],
  [110, (l, s) => `${l} ${s}`, landscapes, skies],
  [90, (v, p, t) => `${v} ${p} ${t}`, vehicles, places, times],
  [90, (r, l, m) => `${r} ${l}, ${m} atmosphere`, rooms, light, moods],
  [160, (s, a, p) => `${s} ${a} ${p}`, styles, animals, places],
  [110, (s, b, k) => `${s} ${b} ${k}`, styles, buildings, skies],
  [90, (s, w, a) => `${s} ${w} ${a}`, styles, people, actions],
  [90, (s, m, c) => `${s} ${m}, ${c}`, surfaces, materials, colours],
  [50, (p, c, d) => `${p} in ${c} and ${d}`, patterns, colours, colours],
  [80, (p, v, t) => `${p} ${v} ${t}`, plants, views, times],
  [70, (m, s, t) => `${s} ${t}, ${m} mood`, moods, scenes, times],
  [90, (f, p, s) => `${f} ${p}, as ${s.replace(/ (?:of|with)$/, '')}`, fantasy, places, styles],
  [40, (c, w) => `${c} ${w}`, carriers, words],
  [40, (w, v) => `portrait of ${w}, ${v}`, people, light],
];

/** Numbers that are the same everywhere: a Lehmer generator. */
let state = 20_410;
const below = (count) => {
  state = (state * 48_271) % 2_147_483_647;
  return state % count;
};

function shuffle(items) {
  for (let i = items.length - 1; i > 0; i--) {
    const j = below(i + 1);
    [items[i], items[j]] = [items[j], items[i]];
  }
  return items;
}

/** Endless rounds through a list, each in another order. */
function* rounds(list) {
  for (;;) yield* shuffle(list.split('|'));
}

function article(word) {
  return /^[aeiou]/.test(word) ? 'an' : 'a';
}

const prompts = new Set();
for (const [count, fill, ...lists] of families) {
  const sources = lists.map(rounds);
  const wanted = prompts.size + count;
  while (prompts.size < wanted) prompts.add(fill(...sources.map((source) => source.next().value)));
}
// Mixed, so that the first thousand are as varied as all.
const text = `${shuffle([...prompts]).join('\n')}\n`;
if (process.argv.includes('--check')) {
  if (readFileSync(path, 'utf8') !== text) {
    console.error('media/general-prompts.txt is not current: run scripts/generalPrompts.mjs.');
    process.exit(1);
  }
} else writeFileSync(path, text);
