/** Contrast of the words within a page's drawings, which axe does not compute: run in the page, by a browser. */

/** Words with less contrast than WCAG's 4.5 (3 where they are large), each with its ratio. */
export function faintWords(): string[] {
  type Colour = [red: number, green: number, blue: number, alpha: number];
  const canvas = document.createElement('canvas').getContext('2d', { willReadFrequently: true });
  const colourOf = (css: string): Colour => {
    if (canvas === null) throw new Error('no canvas');
    canvas.clearRect(0, 0, 1, 1);
    canvas.fillStyle = css;
    canvas.fillRect(0, 0, 1, 1);
    const [red = 0, green = 0, blue = 0, alpha = 0] = canvas.getImageData(0, 0, 1, 1).data;
    return [red, green, blue, alpha / 255];
  };
  const over = ([r, g, b, a]: Colour, [r2, g2, b2]: Colour): Colour => [
    r * a + r2 * (1 - a),
    g * a + g2 * (1 - a),
    b * a + b2 * (1 - a),
    1,
  ];
  const light = ([r, g, b]: Colour): number => {
    const [red = 0, green = 0, blue = 0] = [r, g, b].map((value) => {
      const share = value / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const ratio = (one: Colour, other: Colour): number => {
    const [low = 0, high = 0] = [light(one), light(other)].toSorted((a, b) => a - b);
    return (high + 0.05) / (low + 0.05);
  };
  const pageBelow = (element: Element | null): Colour => {
    if (element === null) return [255, 255, 255, 1];
    const own = colourOf(getComputedStyle(element).backgroundColor);
    return own[3] === 1 ? own : over(own, pageBelow(element.parentElement));
  };
  /** Every colour that a fill has: a texture has two. */
  const fills = (shape: Element): Colour[] => {
    const { fill, fillOpacity, opacity } = getComputedStyle(shape);
    const alpha = Number(fillOpacity) * Number(opacity);
    const texture = /url\("?#([^")]+)/.exec(fill)?.[1];
    const of =
      texture === undefined
        ? [fill]
        : [...document.querySelectorAll(`#${texture} > *`)].map((part) => {
            const style = getComputedStyle(part);
            return style.fill === 'none' ? style.stroke : style.fill;
          });
    return of.map(colourOf).map(([r, g, b, a]): Colour => [r, g, b, a * alpha]);
  };
  const found: string[] = [];
  const rims: { text: string; x: number; y: number; colour: Colour }[] = [];
  for (const svg of document.querySelectorAll('figure svg'))
    for (const word of svg.querySelectorAll('text')) {
      const text = word.textContent.trim();
      const box = word.getBoundingClientRect();
      if (text === '' || box.width === 0) continue;
      const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
      let grounds: Colour[] = [pageBelow(svg)];
      for (const shape of svg.querySelectorAll<SVGGeometryElement>('path, rect, circle')) {
        if (shape.closest('defs') !== null || getComputedStyle(shape).fill === 'none') continue;
        const matrix = shape.getScreenCTM();
        const isBefore = (shape.compareDocumentPosition(word) & Node.DOCUMENT_POSITION_FOLLOWING) !== 0;
        if (matrix === null || !isBefore || !shape.isPointInFill(new DOMPoint(x, y).matrixTransform(matrix.inverse())))
          continue;
        grounds = fills(shape).flatMap((fill) => grounds.map((ground) => over(fill, ground)));
      }
      const style = getComputedStyle(word);
      // A rim is no word: it is the ground of the same word over it.
      if (style.stroke !== 'none') {
        rims.push({ text, x, y, colour: colourOf(style.stroke) });
        continue;
      }
      const rim = rims.find((other) => other.text === text && Math.hypot(other.x - x, other.y - y) < 1);
      if (rim !== undefined) grounds = [rim.colour];
      const size = Number.parseFloat(style.fontSize) * (word.getScreenCTM()?.a ?? 1);
      const wanted = size >= 24 || (size >= 18.7 && Number(style.fontWeight) >= 700) ? 3 : 4.5;
      const [r, g, b, a] = colourOf(style.fill);
      const alpha = a * Number(style.fillOpacity) * Number(style.opacity);
      const worst = Math.min(...grounds.map((ground) => ratio(over([r, g, b, alpha], ground), ground)));
      if (worst < wanted) found.push(`“${text}” in ${svg.getAttribute('aria-label') ?? 'a drawing'}: ${worst}`);
    }
  return [...new Set(found)];
}
