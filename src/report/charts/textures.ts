/** Fills of areas that are told apart without colour: a texture for each, defined once in the page. */
import { html, trusted, type Markup } from '../markup.js';
import { colour } from './palette.js';

/** Lines in the colour of the card over the area's own; none leaves it solid. Within a square of 6 pixels. */
const drawn = {
  solid: '',
  rising: 'M-1 1L1 -1M0 6L6 0M5 7L7 5',
  falling: 'M-1 5L1 7M0 0L6 6M5 -1L7 1',
  level: 'M0 3H6',
  upright: 'M3 0V6',
  crossed: 'M0 3H6M3 0V6',
} as const;
type Texture = keyof typeof drawn;

/** Colours of areas, by their names in the palette. Those that stand in one chart have different textures. */
const textures = {
  right: 'solid',
  gained: 'rising',
  wrong: 'falling',
  neutral: 'level',
  sft: 'solid',
  grpo: 'falling',
  'series-2': 'upright',
  'series-3': 'rising',
  'series-4': 'crossed',
} as const satisfies Record<string, Texture>;

export type Area = keyof typeof textures;

/** What an area and its key in the legend are filled with. */
export const area = (name: Area): string => (textures[name] === 'solid' ? colour(name) : `url(#texture-${name})`);

/** Stands once in the page; a drawing that is not displayed would not be found by all browsers. */
export function textureDefinitions(): Markup {
  const patterns = Object.entries(textures)
    .filter(([, texture]) => texture !== 'solid')
    .map(
      ([name, texture]) =>
        `<pattern id="texture-${name}" width="6" height="6" patternUnits="userSpaceOnUse"><rect width="6" height="6" fill="${colour(name)}"/><path d="${drawn[texture]}" stroke="${colour('card')}" stroke-width="1.3" fill="none"/></pattern>`,
    );
  return html`<svg width="0" height="0" style="position:absolute" aria-hidden="true">
    <defs>${trusted(patterns.join(''))}</defs>
  </svg>`;
}
