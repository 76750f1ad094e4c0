/** Text with ANSI colours -> an SVG that looks like a terminal. Knows the few codes that ink writes. */
import stringWidth from 'string-width';

interface Style {
  color: string | null;
  background: string | null;
  bold: boolean;
  dim: boolean;
  inverse: boolean;
}

const cell = { width: 8.4, height: 18, baseline: 13.5 } as const;

/** Paper, ink and the eight colours that a terminal names itself. */
export const themes = {
  dark: {
    paper: '#16181d',
    ink: '#d7dae0',
    named: ['#2b2f38', '#e06c75', '#7fc47a', '#d9b26a', '#6aa6f0', '#c58ae0', '#5cc2c7', '#d7dae0'],
  },
  light: {
    paper: '#ffffff',
    ink: '#1f2328',
    named: ['#1f2328', '#cf222e', '#116329', '#4d2d00', '#0550ae', '#8250df', '#1b7c83', '#6e7781'],
  },
} as const;
type Theme = (typeof themes)[keyof typeof themes];
const plain: Style = { color: null, background: null, bold: false, dim: false, inverse: false };

export function ansiToSvg(text: string, columns: number, theme: keyof typeof themes = 'dark'): string {
  const colors = themes[theme];
  const lines = text.split('\n');
  const [width, height] = [columns * cell.width + 24, lines.length * cell.height + 24];
  const body = lines.flatMap((line, row) => drawLine(line, row, colors));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width.toFixed(0)} ${height}" width="${width.toFixed(0)}" font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace" font-size="14" xml:space="preserve">`,
    `<rect width="100%" height="100%" rx="8" fill="${colors.paper}"/>`,
    ...body,
    '</svg>',
    '',
  ].join('\n');
}

function drawLine(line: string, row: number, colors: Theme): string[] {
  const pieces: string[] = [];
  let [style, column]: [Style, number] = [plain, 0];
  // eslint-disable-next-line no-control-regex
  for (const part of line.split(/(\u001b\[[0-9;]*m)/)) {
    if (part.startsWith('\u001b[')) {
      style = restyle(style, part.slice(2, -1).split(';').map(Number), colors);
      continue;
    }
    // Runs of spaces draw nothing; a run of its own for each word keeps it in its cells.
    for (const { 0: word, index } of part.matchAll(
      style.inverse || style.background !== null ? /.+/gu : /\S+(?: \S+)*/gu,
    ))
      pieces.push(...drawWord(word, column + cellsOf(part.slice(0, index)), row, style, colors));
    column += cellsOf(part);
  }
  return pieces;
}

const cellsOf = stringWidth;

function drawWord(word: string, column: number, row: number, style: Style, { paper, ink }: Theme): string[] {
  const [x, y] = [12 + column * cell.width, 12 + row * cell.height];
  const width = (cellsOf(word) * cell.width).toFixed(1);
  const front = style.inverse ? paper : (style.color ?? ink);
  const back = style.inverse ? (style.color ?? ink) : style.background;
  const fill =
    back === null
      ? []
      : [`<rect x="${x.toFixed(1)}" y="${y}" width="${width}" height="${cell.height}" fill="${back}"/>`];
  // Pixels of an image touch each other, which letters do not.
  if (/^▀+$/.test(word)) {
    const half = (top: number, color: string): string =>
      `<rect x="${x.toFixed(1)}" y="${top}" width="${width}" height="${cell.height / 2}" fill="${color}" shape-rendering="crispEdges"/>`;
    return [half(y, front), ...(back === null ? [] : [half(y + cell.height / 2, back)])];
  }
  const looks = `${style.bold ? ' font-weight="bold"' : ''}${style.dim ? ' opacity="0.6"' : ''}`;
  const text = word.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll(' ', '\u00a0');
  return [
    ...fill,
    `<text x="${x.toFixed(1)}" y="${y + cell.baseline}" fill="${front}"${looks} textLength="${width}" lengthAdjust="spacingAndGlyphs">${text}</text>`,
  ];
}

function restyle(before: Style, codes: readonly number[], { named }: Theme): Style {
  const style = { ...before };
  for (let index = 0; index < codes.length; index++) {
    const code = codes[index] ?? 0;
    if (code === 0) Object.assign(style, plain);
    else if (code === 1) style.bold = true;
    else if (code === 2) style.dim = true;
    else if (code === 7) style.inverse = true;
    else if (code === 22) [style.bold, style.dim] = [false, false];
    else if (code === 27) style.inverse = false;
    else if (code >= 30 && code <= 37) style.color = named[code - 30] ?? null;
    else if (code >= 90 && code <= 97) style.color = named[code - 90] ?? null;
    else if (code === 39) style.color = null;
    else if (code === 49) style.background = null;
    else if ((code === 38 || code === 48) && codes[index + 1] === 2) {
      const color = `rgb(${codes.slice(index + 2, index + 5).join(',')})`;
      if (code === 38) style.color = color;
      else style.background = color;
      index += 4;
    }
  }
  return style;
}
