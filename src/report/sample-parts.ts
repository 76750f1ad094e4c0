/** What the cards of samples and of test questions share: the picture, and texts that are not too long. */
import { html, type Markup } from './markup.js';

/** In the page itself, with its size, or beside it. */
export type Picture = { url: string; width?: number; height?: number } | null;

/** Characters of a text that are shown. */
const longest = 700;

export const clip = (text: string): string => (text.length > longest ? `${text.slice(0, longest).trimEnd()}…` : text);

export function picture(image: Picture, modality: string): Markup {
  if (image === null) return html`<p class="missing">image not in this page</p>`;
  const { url, width, height } = image;
  const size = width === undefined || height === undefined ? null : html`width="${width}" height="${height}"`;
  return html`<img src="${url}" ${size} loading="lazy" alt="${modality} image that the question is about" />`;
}
