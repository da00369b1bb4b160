import type { AcceptanceSettings } from './saes.ts';

/** Things of different kinds, places, colours and styles, in words that small models know too. */
export const defaultAcceptancePrompts: AcceptanceSettings['prompts'] = [
  'a red apple on the left and a dog on the right, on grass',
  'a big penguin in the snow',
  'two bananas on the beach',
  'a small rocket in space, pixel art',
  'a castle at night',
  'a pizza above a key on a striped yellow background',
  'pencil sketch of a bee on a white background',
  'a blue car in the city',
];
