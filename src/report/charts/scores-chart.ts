/** Scores of a cycle's candidates with τ, and what the filter did to their precision. */
import type { CycleScores, Decision } from '../data/candidate-scores.js';
import { count, decimal, percent } from '../numbers.js';
import type { Chart } from './chart.js';
import { fixed, names, scoreAxis, scoreDomain, shareAxis, tauLine } from './marks.js';
import { colour } from './palette.js';
import { area } from './textures.js';

/** Width of a bar, in score. */
const binWidth = 0.5;

const truthLook = {
  true: { label: 'answer is true', colour: area('right') },
  false: { label: 'answer is wrong', colour: area('wrong') },
  unknown: { label: 'truth not known', colour: area('neutral') },
};
const decisionLook = {
  accepted: { label: 'accepted', colour: area('right') },
  overlap: { label: 'in D_gen already', colour: area('neutral') },
  rejected: { label: 'rejected', colour: area('wrong') },
};
/** Whatever refused it, the threshold, a judge or a filter of one's own. */
const lookOf = (decision: string): keyof typeof decisionLook =>
  decision === 'accepted' ? 'accepted' : /^(?:overlap|near-duplicate)$/.test(decision) ? 'overlap' : 'rejected';

/** Null where the decisions are not there. */
export function scoreDistribution({ cycle, filter, decisions, truthKnown }: CycleScores): Chart | null {
  if (decisions.length === 0) return null;
  const looks: Record<string, { label: string; colour: string }> = truthKnown ? truthLook : decisionLook;
  const kindOf = (decision: Decision): string =>
    truthKnown ? String(decision.correct ?? 'unknown') : lookOf(decision.decision);
  const bins = binned(decisions, kindOf);
  const kinds = Object.keys(looks).filter((kind) => bins.some((bin) => bin.kind === kind));
  const there = filter.overlapping + filter.nearDuplicates;
  const overlap = there > 0 ? ` ${count(there)} above τ were in D_gen already.` : '';
  const above = filter.candidates - filter.belowThreshold - there - filter.accepted;
  const refused = above > 0 ? ` ${count(above)} above τ were refused by a judge or filter.` : '';
  return {
    title: `Cycle ${cycle}: scores of the candidates`,
    note: `${count(filter.accepted)} of ${count(filter.candidates)} were accepted (right of τ).${overlap}${refused}`,
    spec: {
      layer: [
        {
          data: { values: bins },
          mark: { type: 'bar', binSpacing: 0.5 },
          encoding: {
            x: { ...scoreAxis('from'), bin: { binned: true, step: binWidth } },
            x2: { field: 'to' },
            y: { field: 'n', type: 'quantitative', axis: { title: 'candidates', tickCount: 4, domain: false } },
            color: fixed('kind', Object.fromEntries(kinds.map((kind) => [kind, looks[kind]?.colour]))),
            order: { field: 'order', type: 'quantitative' },
          },
        },
        ...tauLine(filter.tau),
      ],
    },
    legend: kinds.map((kind) => ({
      label: looks[kind]?.label ?? kind,
      colour: looks[kind]?.colour ?? '',
      shape: 'area',
    })),
    table: {
      head: ['score from', 'to', ...kinds.map((kind) => looks[kind]?.label ?? kind)],
      rows: [...Map.groupBy(bins, ({ from }) => from)]
        .sort(([a], [b]) => a - b)
        .map(([from, group]) => [
          decimal(from, 1),
          decimal(from + binWidth, 1),
          ...kinds.map((kind) => count(group.find((bin) => bin.kind === kind)?.n ?? 0)),
        ]),
    },
  };
}

interface Bin {
  from: number;
  to: number;
  kind: string;
  n: number;
  order: number;
}

function binned(decisions: readonly Decision[], kindOf: (decision: Decision) => string): Bin[] {
  const [low, high] = scoreDomain;
  const bins = new Map<string, Bin>();
  for (const decision of decisions) {
    if (decision.score === null) continue;
    const place = Math.min(Math.floor((decision.score - low) / binWidth), (high - low) / binWidth - 1);
    const from = low + place * binWidth;
    const kind = kindOf(decision);
    const bin = bins.get(`${from} ${kind}`) ?? {
      from,
      to: from + binWidth,
      kind,
      n: 0,
      order: kind === 'true' ? 0 : 1,
    };
    bins.set(`${from} ${kind}`, { ...bin, n: bin.n + 1 });
  }
  return [...bins.values()];
}

/** Null where the truth is not known. */
export function precisionOfFilter(cycles: readonly CycleScores[]): Chart | null {
  const known = cycles.filter(({ filter }) => filter.rawPrecision !== null);
  if (known.length === 0) return null;
  const looks = { before: colour('base'), after: colour('sft') };
  const values = known.flatMap(({ cycle, filter }) => [
    { cycle: String(cycle), when: 'before', share: filter.rawPrecision },
    ...(filter.acceptedPrecision === null
      ? []
      : [{ cycle: String(cycle), when: 'after', share: filter.acceptedPrecision }]),
  ]);
  const x = names(
    'cycle',
    known.map(({ cycle }) => String(cycle)),
    { title: 'cycle' },
  );
  return {
    title: 'Precision before and after the filter',
    note: 'Share of samples whose answer is true; known here because the data’s truth is known.',
    spec: {
      data: { values },
      layer: [
        {
          mark: { type: 'line', color: colour('base'), strokeWidth: 1.5 },
          encoding: { x, y: shareAxis('share'), detail: { field: 'cycle' } },
        },
        {
          mark: { type: 'point', filled: true, size: 110, opacity: 1 },
          encoding: {
            x,
            y: shareAxis('share'),
            color: fixed('when', looks),
            shape: fixed('when', { before: 'diamond', after: 'circle' }),
          },
        },
      ],
    },
    legend: [
      { label: 'all candidates', colour: looks.before, shape: 'diamond' },
      { label: 'accepted', colour: looks.after, shape: 'circle' },
    ],
    table: {
      head: ['cycle', 'candidates', 'precision before', 'accepted', 'precision after', 'τ', 'D_gen'],
      rows: known.map(({ cycle, filter }) => [
        cycle,
        count(filter.candidates),
        percent(filter.rawPrecision),
        count(filter.accepted),
        percent(filter.acceptedPrecision),
        decimal(filter.tau),
        count(filter.datasetSize),
      ]),
    },
  };
}
