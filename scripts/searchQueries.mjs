/** How a person may ask for what a label of the embedded model says: as training/mini/captions.py words it. */

const plurals = {
  fish: 'fish',
  bus: 'buses',
  fox: 'foxes',
  octopus: 'octopuses',
  butterfly: 'butterflies',
  strawberry: 'strawberries',
  grapes: 'bunches of grapes',
  cactus: 'cacti',
};
const scenes = {
  grass: ['on grass', 'in a meadow', 'on the grass under a blue sky'],
  beach: ['on the beach', 'at the beach', 'by the sea'],
  snow: ['in the snow', 'in a snowy field'],
  night: ['at night', 'under the stars at night'],
  ocean: ['underwater', 'in the ocean'],
  desert: ['in the desert', 'on the sand dunes'],
  city: ['in the city', 'in a city street'],
  sunset: ['at sunset', 'in front of a sunset'],
  forest: ['in the forest', 'in the woods'],
  space: ['in space', 'in outer space'],
  mountains: ['in the mountains', 'in front of snowy mountains'],
  room: ['in a room', 'indoors'],
};
const lights = {
  left: ['lit from the left', 'light from the left'],
  right: ['lit from the right', 'light from the right'],
  dusk: ['at dusk', 'in dim evening light'],
  glow: ['glowing', 'with a bright glow'],
};
const sizes = { small: ['small', 'tiny', 'little'], big: ['big', 'large', 'huge'] };
/** Details of a drawing; the others are worn. */
const marks = new Set(['spotted', 'striped']);
const numbers = { 2: 'two', 3: 'three' };

const article = (words) => `${/^[aeiou]/.test(words) ? 'an' : 'a'} ${words}`;

/**
 * The value's own name, and other ways to say it that captions know; a way that is the name is left out.
 *
 * @param label of `labels.json`, e.g. `background: blue`
 * @param category its factor
 */
export function queriesFor(label, category) {
  const value = label.replace(/^(background|light|detail): /, '').replace(/ (object|background)s?$/, ''); // prettier-ignore
  const [name, others] = waysOf(label, category, value);
  return { name, others: [...new Set(others)].filter((text) => text !== name) };
}

function waysOf(label, category, value) {
  switch (category) {
    case 'object':
      return [
        value,
        [article(value), plurals[value] ?? `${value}s`, `a picture of ${article(value)}`],
      ];
    case 'background':
      return [
        value,
        scenes[value] ?? [
          ...[`on ${article(value)} background`, `in front of ${article(value)} wall`],
          `on ${value}`,
        ],
      ];
    case 'pattern':
      return [value, [`${value} background`, `on ${article(value)} background`]];
    case 'style':
      return [value, [article(value), `in ${value} style`, `as ${value}`]];
    case 'light':
      return [`light ${value}`, lights[value]];
    case 'position':
      return [label.replace(/^object (on|at) the /, ''), [label.replace(/^object /, '')]];
    case 'count': {
      const count = label.split(' ')[0];
      return [count, [numbers[count], `${numbers[count]} objects`]];
    }
    case 'size':
      return [value, [...sizes[value], `a ${value} object`]];
    case 'detail': {
      if (marks.has(value)) return [value, [`${value} object`, article(`${value} object`)]];
      const worn = value === 'sunglasses' ? value : article(value);
      return [value, [worn, `with ${worn}`, `wearing ${worn}`]];
    }
    case 'tint':
      return [value, [label, article(label)]];
    default:
      throw new Error(`No wording is known for "${label}" of "${category}".`);
  }
}
