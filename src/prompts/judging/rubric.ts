/** What a judge checks of a sample: gates, which must all pass, and points, which tell the good from the passable. Pure. */
import { z } from 'zod';

const name = z
  .string()
  .regex(/^[a-z]+(?:-[a-z]+)*$/, 'small letters with hyphens between')
  .refine((text) => text !== 'reason', 'is the field of the reply that says why');

/** What a sample or its image must have for an item to be asked. */
const needs = z.enum(['text', 'options']).optional();

const gateSchema = z.strictObject({
  name,
  /** What is so where the gate passes: a judge says yes or no to it. */
  ask: z.string().min(1),
  /** Asked only where a report or caption is shown (text), or where the question has options. */
  needs,
});

const pointsSchema = z.strictObject({
  name,
  ask: z.string().min(1),
  /** Most points; 0 is the least. */
  most: z.int().min(1).max(10),
  needs,
});

export const rubricSchema = z
  .strictObject({
    /** Stands in verdicts and reports. */
    name: z.string().min(1),
    gates: z.array(gateSchema).min(1).max(20),
    points: z.array(pointsSchema).max(20).default([]),
  })
  .refine(
    ({ gates, points }) =>
      new Set([...gates, ...points].map((item) => bareName(item.name))).size === gates.length + points.length,
    {
      error: 'two items have one name',
    },
  );
export type Rubric = z.output<typeof rubricSchema>;
export type RubricItems = Pick<Rubric, 'gates' | 'points'>;

/** The items that can be asked of a sample. */
export function itemsFor({ gates, points }: RubricItems, has: { text: boolean; options: boolean }): RubricItems {
  const applies = (item: { needs?: 'text' | 'options' | undefined }): boolean =>
    item.needs === undefined || has[item.needs];
  return { gates: gates.filter(applies), points: points.filter(applies) };
}

/** A name as models may write it, in whatever letters. */
export const bareName = (text: string): string => text.toLowerCase().replace(/[^a-z]/g, '');

/** What a judge says of one sample, by the rubric's items that were asked. */
export interface Verdict {
  /** The judged sample. */
  id: string;
  gates: Readonly<Record<string, boolean>>;
  points: Readonly<Record<string, number>>;
  /** Most points that could be had. */
  mostPoints: number;
  reason: string;
}

/** Gates that did not pass, in the rubric's order. */
export const failedGates = ({ gates }: Pick<Verdict, 'gates'>): string[] =>
  Object.keys(gates).filter((gate) => gates[gate] !== true);

/** Share of the points in [0, 1]; 1 where the rubric gives none. */
export function pointsShare({ points, mostPoints }: Pick<Verdict, 'points' | 'mostPoints'>): number {
  const sum = Object.values(points).reduce((total, value) => total + value, 0);
  return mostPoints === 0 ? 1 : sum / mostPoints;
}
