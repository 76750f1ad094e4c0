/**
 * Label Studio's JSON: a list of tasks, each with `data`, and `annotations` whose `result` holds one region for each control of the
 * labelling interface. https://labelstud.io/guide/task_format. Pure.
 */
import { z } from 'zod';
import { verdictKinds } from '../../evaluation/verdicts/reader-verdict.js';
import { seenOf } from '../../loop/review/seen.js';
import type { ExchangedSample, ExchangedVerdict } from './exchanged.js';

/** To be pasted into the project's labelling interface: controls by the names that tasks answer by. */
export const labelStudioInterface = `<View>
  <Image name="image" value="$image" zoom="true" zoomControl="true" brightnessControl="true" contrastControl="true"/>
  <Header value="$question"/>
  <Text name="options" value="$options"/>
  <Text name="answer" value="$answer"/>
  <Text name="rationale" value="$rationale"/>
  <Text name="context" value="$context"/>
  <Choices name="verdict" toName="image" choice="single" required="true">
${verdictKinds.map((kind) => `    <Choice value="${kind}"/>`).join('\n')}
  </Choices>
  <TextArea name="correctedAnswer" toName="image" placeholder="The right answer, word for word one of the options" maxSubmissions="1"/>
  <TextArea name="comment" toName="image" placeholder="Comment" maxSubmissions="1"/>
  <TextArea name="reader" toName="image" placeholder="Your name or initials" maxSubmissions="1"/>
</View>
`;

export function toLabelStudio(samples: readonly ExchangedSample[], imageUrl: (image: string) => string): object[] {
  return samples.map(({ sample, cycle, why, image, context, verdicts }) => ({
    data: {
      sample: sample.id,
      seen: seenOf(sample),
      cycle,
      why,
      image: imageUrl(image),
      question: sample.question,
      options: sample.options.join('\n'),
      answer: sample.answer,
      rationale: sample.rationale,
      context: context ?? '',
      modality: sample.modality,
      questionType: sample.questionType,
    },
    annotations: verdicts.map(({ verdict, correctedAnswer, comment, reader, seconds, at }) => ({
      result: [
        { from_name: 'verdict', to_name: 'image', type: 'choices', value: { choices: [verdict] } },
        ...Object.entries({ correctedAnswer, comment, reader }).flatMap(([name, text]) =>
          text === undefined ? [] : [{ from_name: name, to_name: 'image', type: 'textarea', value: { text: [text] } }],
        ),
      ],
      was_cancelled: false,
      ground_truth: false,
      lead_time: seconds,
      created_at: at,
    })),
  }));
}

const textsSchema = z.union([z.string().transform((one) => [one]), z.array(z.string())]);
/** Of one of our controls; a project may have others, and relations, whose values are of any form. */
const regionSchema = z.looseObject({
  from_name: z.string().optional(),
  value: z
    .looseObject({
      choices: textsSchema.optional().catch(undefined),
      text: textsSchema.optional().catch(undefined),
    })
    .optional(),
});
const whoSchema = z.union([z.int(), z.looseObject({ id: z.int().optional(), email: z.string().nullish() })]);
const annotationSchema = z.looseObject({
  result: z.array(regionSchema),
  was_cancelled: z.boolean().optional(),
  lead_time: z.number().nullish(),
  updated_at: z.string().nullish(),
  completed_by: whoSchema.nullish(),
});
/** What `export_type=JSON` gives. */
export const labelStudioSchema = z.array(
  z.looseObject({
    /** Tasks of another project have no sample. */
    data: z.looseObject({
      sample: z.string().optional().catch(undefined),
      seen: z.string().optional().catch(undefined),
    }),
    annotations: z
      .array(annotationSchema)
      .nullish()
      .transform((given) => given ?? []),
  }),
);

export function fromLabelStudio(tasks: z.output<typeof labelStudioSchema>): ExchangedVerdict[] {
  return tasks.flatMap(({ data, annotations }) =>
    annotations.map(
      ({ result, was_cancelled: cancelled, lead_time: seconds, updated_at: version, completed_by: who }) => {
        const region = (name: string) => result.find(({ from_name: from }) => from === name)?.value;
        const text = (name: string): string | undefined => {
          const joined = (region(name)?.text ?? []).join('\n').trim();
          return joined === '' ? undefined : joined;
        };
        return {
          item: data.sample ?? '',
          seen: data.seen,
          reader: text('reader') ?? readerOf(who ?? null),
          // Who skips a task there leaves what was begun.
          verdict: cancelled === true ? 'skip' : (region('verdict')?.choices ?? []).join(' and '),
          correctedAnswer: cancelled === true ? undefined : text('correctedAnswer'),
          comment: text('comment'),
          seconds: Math.max(0, seconds ?? 0),
          version: version ?? '',
        };
      },
    ),
  );
}

const readerOf = (who: z.output<typeof whoSchema> | null): string =>
  typeof who === 'number' ? `user ${who}` : (who?.email ?? (who?.id === undefined ? '' : `user ${who.id}`));
