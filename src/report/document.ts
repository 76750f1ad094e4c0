/** An HTML document that loads nothing and runs no script: a policy that says so, the style sheet, and a body. */
import { html, trusted, type Markup } from './markup.js';
import { textureDefinitions } from './charts/textures.js';
import { style } from './style.js';

export interface Document {
  title: string;
  body: Markup;
  /** Where images may come from, as a content policy names it; the document itself alone where left out. */
  imageSources?: string;
}

export const documentOf = ({ title, body, imageSources = 'data:' }: Document): string =>
  `<!doctype html>\n${
    html`<html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta
          http-equiv="Content-Security-Policy"
          content="default-src 'none'; style-src 'unsafe-inline'; img-src ${trusted(imageSources)}"
        />
        <meta name="referrer" content="no-referrer" />
        <title>${title} · medgr2</title>
        <style>
          ${trusted(style)}
        </style>
      </head>
      <body>
        ${textureDefinitions()} ${body}
      </body>
    </html> `.text
  }`;
