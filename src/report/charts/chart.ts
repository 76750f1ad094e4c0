/** Draws one chart: Vega-Lite to SVG without canvas or browser, beside it a legend and the same figures as a table. */
import { compile, type TopLevelSpec } from 'vega-lite';
import * as vega from 'vega';
import { html, trusted, type Markup } from '../markup.js';
import { tableOf, type Table } from '../html-table.js';
import { colour } from './palette.js';

export interface LegendItem {
  label: string;
  /** A CSS colour, or the texture of an area. */
  colour: string;
  shape: 'line' | 'area' | 'circle' | 'square' | 'triangle-up' | 'diamond' | (string & {});
  dash?: readonly number[];
  /** Mark on a line. */
  point?: string | undefined;
  /** Only the outline of a shape. */
  hollow?: boolean;
}

/** A Vega-Lite view without size, data address or configuration of its own. */
export type Spec = Readonly<Record<string, unknown>>;

export interface Chart {
  title: string;
  /** What to know for reading it. */
  note?: string | undefined;
  spec: Spec;
  /** Pixels at natural size; the width is 360, or more for what cannot be that narrow. */
  height?: number | undefined;
  width?: number | undefined;
  legend?: readonly LegendItem[] | undefined;
  /** The figures drawn, for readers who do not see the drawing. */
  table: Table;
}

const config = {
  background: 'transparent',
  font: 'inherit',
  aria: false,
  // The last figure of an axis stands half beyond its end.
  padding: { left: 2, top: 6, right: 11, bottom: 2 },
  view: { stroke: null },
  axis: {
    labelColor: colour('muted'),
    titleColor: colour('muted'),
    titleFontWeight: 'normal',
    gridColor: colour('line'),
    domainColor: colour('line'),
    tickColor: colour('line'),
    labelFontSize: 12,
    titleFontSize: 12,
    titlePadding: 6,
    labelLimit: 0,
  },
  axisX: { labelAngle: 0 },
  text: { fontSize: 12, fill: colour('ink') },
} as const;

/** Vega's guess of a text's width, and the place for a better one; its types leave it out. */
const { textMetrics } = vega as unknown as {
  textMetrics: Record<'width' | 'estimateWidth', (item: unknown, text: unknown) => number>;
};
// Without a canvas Vega takes a letter for 0.8 of its height. In the page's typefaces it is about 0.55: with the guess, the room
// kept for long names left a third of it for the plot.
textMetrics.width = (item, text) => 0.7 * textMetrics.estimateWidth(item, text);

export async function drawChart(chart: Chart): Promise<Markup> {
  const width = chart.width ?? 360;
  const svg = await drawing(chart.spec, width, chart.height ?? 230);
  const label = `${chart.title}. The same figures are in the table below.`;
  return html`<figure class="${width > 360 ? 'chart wide' : 'chart'}" style="width:min(100%,${width}px)">
    <figcaption>
      <strong>${chart.title}</strong>${chart.note === undefined ? null : html` <span>${chart.note}</span>`}
    </figcaption>
    <div class="drawing" ${width > 360 ? html` tabindex="0" role="group" aria-label="${chart.title}, drawing"` : null}>
      ${trusted(
        svg.replace(
          '<svg ',
          `<svg role="img" aria-label="${html`${label}`.text}" style="min-width:${width > 360 ? Math.min(width, 560) : 0}px" `,
        ),
      )}
    </div>
    ${chart.legend === undefined ? null : legendOf(chart.legend)}
    <details>
      <summary>Figures<span class="hidden"> of ${chart.title}</span></summary>
      ${tableOf(chart.table, chart.title)}
    </details>
  </figure>`;
}

/** SVG text. Roles that Vega gives its groups are taken out: the drawing is one picture to a screen reader. */
export async function drawing(spec: Spec, width: number, height: number): Promise<string> {
  const sized = { ...spec, width, height, autosize: { type: 'fit', contains: 'padding' }, config };
  const view = new vega.View(vega.parse(compile(sized as unknown as TopLevelSpec).spec), { renderer: 'none' });
  try {
    const svg = await view.toSVG();
    return svg.replace(/ (?:role|aria-[a-z]+|xmlns|xmlns:xlink|version|pointer-events)="[^"]*"/g, '');
  } finally {
    view.finalize();
  }
}

function legendOf(items: readonly LegendItem[]): Markup {
  return html`<ul class="legend">
    ${items.map((item) => html`<li>${keyOf(item)}${item.label}</li>`)}
  </ul>`;
}

const shapes: Readonly<Record<string, string>> = {
  area: 'M1 1h14v14h-14z',
  circle: 'M8 3.5a4.5 4.5 0 1 0 .01 0z',
  square: 'M4 4h8v8h-8z',
  'triangle-up': 'M8 3l5.5 9.5h-11z',
  'triangle-down': 'M8 13l5.5 -9.5h-11z',
  diamond: 'M8 2l5 6l-5 6l-5 -6z',
  cross: 'M6 2h4v4h4v4h-4v4h-4v-4h-4v-4h4z',
};

function keyOf({ colour: fill, shape, dash, point, hollow }: LegendItem): Markup {
  const drawn = shapes[shape];
  const paint = hollow === true ? `fill="none" stroke="${fill}" stroke-width="1.8"` : `fill="${fill}"`;
  if (drawn !== undefined)
    return html`<svg class="key" viewBox="0 0 16 16" aria-hidden="true"><path d="${drawn}" ${trusted(paint)} /></svg>`;
  const mark = point === undefined ? undefined : shapes[point];
  return html`<svg class="key line" viewBox="0 0 32 16" aria-hidden="true">
    <path d="M0 8h32" stroke="${fill}" stroke-width="2" stroke-dasharray="${(dash ?? []).join(' ')}" fill="none" />
    ${mark === undefined ? null : html`<path d="${mark}" transform="translate(8 0)" fill="${fill}" />`}
  </svg>`;
}
