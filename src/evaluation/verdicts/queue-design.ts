/**
 * Which samples a reader is asked about. Accepted and rejected candidates are drawn apart, each with known, unequal probabilities:
 * part of the draw is plainly random, part leans to what teaches most. No probability is far below the plain one, so that
 * a few dozen verdicts still give an estimate. Pure: the same candidates and seed give the same queue.
 */
import { seededRandom, type Random } from '../../random.js';
import type { ReviewReason } from './reader-verdict.js';

/** What the filter made of a candidate. Duplicates of D_gen are in neither part: it holds them. */
export const queueParts = ['accepted', 'rejected'] as const;
export type QueuePart = (typeof queueParts)[number];

/**
 * The part that a decision of the filter puts a candidate in: whatever refuses it, the threshold, a judge or a filter of one's own,
 * it is rejected. Null for duplicates, and for what was never decided on.
 */
export function queuePartOf(decision: string | undefined): QueuePart | null {
  if (decision === undefined || decision === 'overlap' || decision === 'near-duplicate') return null;
  return decision === 'accepted' ? 'accepted' : 'rejected';
}

export interface QueueCandidate {
  id: string;
  part: QueuePart;
  /** R_φ's, [-6, 10]; null where it could not read the sample. */
  score: number | null;
  /** Share of the policy's own answers to the question that are the sample's, [0, 1]; null where it was not asked. */
  policy: number | null;
  /** Stratum, such as modality and question type. */
  stratum: string;
}

export interface QueueItem {
  id: string;
  part: QueuePart;
  /** The part of the design that drew it. */
  why: ReviewReason;
  /** Its inclusion probability, by all parts of the design together; (0, 1]. */
  probability: number;
}

export interface QueueDesign {
  /** How many samples; all of them where there are fewer. */
  size: number;
  /** τ of the cycle. */
  tau: number;
  seed: number;
  /** What the draw leans to; the desk's own mixture when left out. */
  shares?: QueueShares | undefined;
}

/** Of each part of the queue. The plainly random half keeps every weight below twice that of a simple random sample. */
const deskShares = { random: 0.5, disagreement: 0.25, 'near-threshold': 0.15, 'thin-stratum': 0.1 } as const;
type Share = keyof typeof deskShares;
/** They add up to 1. */
export type QueueShares = Readonly<Record<Share, number>>;
const leaning = ['disagreement', 'near-threshold', 'thin-stratum'] as const satisfies readonly Share[];

/** Of the queue; the rest are rejected ones, which recall stands on. */
const acceptedShare = 2 / 3;

/** In the order in which they are judged, which is random: whoever stops early has judged a random part. */
export function drawQueue(
  candidates: readonly QueueCandidate[],
  { size, tau, seed, shares = deskShares }: QueueDesign,
): QueueItem[] {
  const [accepted, rejected] = queueParts.map((part) =>
    // The draw is by seed and content alone.
    candidates.filter((one) => one.part === part).toSorted((a, b) => (a.id < b.id ? -1 : 1)),
  ) as [QueueCandidate[], QueueCandidate[]];
  const wanted = Math.min(size, accepted.length + rejected.length);
  const fromRejected = Math.min(
    rejected.length,
    Math.max(wanted - accepted.length, Math.round(wanted * (1 - acceptedShare))),
  );
  const items = [
    ...drawPart(
      accepted,
      Math.min(accepted.length, wanted - fromRejected),
      { tau, shares },
      seededRandom('review', seed, 'accepted'),
    ),
    ...drawPart(rejected, fromRejected, { tau, shares }, seededRandom('review', seed, 'rejected')),
  ];
  return seededRandom('review', seed, 'order').shuffle(items);
}

interface Leaning {
  tau: number;
  shares: QueueShares;
}

function drawPart(part: readonly QueueCandidate[], size: number, to: Leaning, random: Random): QueueItem[] {
  if (size === 0) return [];
  const measures = measuresOf(part, to);
  const mixed = part.map((_, at) =>
    total((Object.keys(deskShares) as Share[]).map((name) => measures[name][at] as number)),
  );
  const probabilities = inclusion(mixed, size);
  return pivotalSample(probabilities, random).map((at) => {
    const candidate = part[at] as QueueCandidate;
    return {
      id: candidate.id,
      part: candidate.part,
      why: reasonOf(measures, at, candidate.part, random),
      probability: probabilities[at] as number,
    };
  });
}

/** What each share of the design gives to each candidate; of all shares and candidates together 1. */
function measuresOf(part: readonly QueueCandidate[], { tau, shares }: Leaning): Record<Share, number[]> {
  const sizes = Map.groupBy(part, ({ stratum }) => stratum);
  const raw: Record<Share, number[]> = {
    random: part.map(() => 1),
    disagreement: part.map(disagreement),
    'near-threshold': part.map(({ score }) => (score === null ? 0 : Math.exp(-Math.abs(score - tau)))),
    'thin-stratum': part.map(({ stratum }) => 1 / (sizes.get(stratum)?.length ?? 1)),
  };
  // A share that leans to nothing is given to the plain one.
  const idle = total(leaning.map((name) => (total(raw[name]) > 0 ? 0 : shares[name])));
  const scaled = (name: Share): number[] => {
    const sum = total(raw[name]);
    const share = name === 'random' ? shares.random + idle : shares[name];
    return sum > 0 ? raw[name].map((value) => (share * value) / sum) : raw[name];
  };
  return {
    random: scaled('random'),
    disagreement: scaled('disagreement'),
    'near-threshold': scaled('near-threshold'),
    'thin-stratum': scaled('thin-stratum'),
  };
}

/** Spread of what generator (who wrote it: 1), R_φ and, where it was asked, the policy hold of it, each in [0, 1]. */
function disagreement({ score, policy }: QueueCandidate): number {
  const opinions = [1, ...(score === null ? [] : [(score + 6) / 16]), ...(policy === null ? [] : [policy])];
  const mean = total(opinions) / opinions.length;
  return Math.sqrt(total(opinions.map((opinion) => (opinion - mean) ** 2)) / opinions.length);
}

/** Probabilities in proportion to a measure that sum to `size`; what would be above 1 is taken surely. */
function inclusion(measure: readonly number[], size: number): number[] {
  const sure = new Set<number>();
  for (;;) {
    const left = total(measure.map((value, at) => (sure.has(at) ? 0 : value)));
    const factor = (size - sure.size) / left;
    const above = measure.flatMap((value, at) => (!sure.has(at) && value * factor >= 1 ? [at] : []));
    if (above.length === 0) return measure.map((value, at) => (sure.has(at) ? 1 : value * factor));
    for (const at of above) sure.add(at);
    if (sure.size === measure.length) return measure.map(() => 1);
  }
}

const tiny = 1e-9;

/** The pivotal method (Deville and Tillé 1998) in random order: a sample of fixed size with exactly these probabilities. */
function pivotalSample(probabilities: readonly number[], random: Random): number[] {
  const left = [...probabilities];
  const isOpen = (at: number): boolean => (left[at] as number) > tiny && (left[at] as number) < 1 - tiny;
  let open: number | null = null;
  for (const at of random.shuffle([...probabilities.keys()])) {
    if (open !== null) decide(left, open, at, random);
    open = open !== null && isOpen(open) ? open : isOpen(at) ? at : null;
  }
  return left.flatMap((value, at) => (value > 0.5 ? [at] : []));
}

/** One of two is taken or left, the other carries what remains of both. */
function decide(left: number[], first: number, second: number, random: Random): void {
  const [a, b] = [left[first] as number, left[second] as number];
  const sum = a + b;
  const firstKeeps = sum < 1 ? random.next() < a / sum : random.next() < (1 - b) / (2 - sum);
  const [kept, other] = firstKeeps ? [first, second] : [second, first];
  left[kept] = Math.min(1, sum);
  left[other] = Math.max(0, sum - 1);
}

function reasonOf(measures: Record<Share, number[]>, at: number, part: QueuePart, random: Random): ReviewReason {
  let place = random.next() * total(Object.values(measures).map((values) => values[at] as number));
  for (const name of leaning) {
    place -= measures[name][at] as number;
    if (place < 0) return name;
  }
  return `random-${part}`;
}

const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);
