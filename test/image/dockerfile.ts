/** A Dockerfile as the steps that Docker would do, for those instructions that ours has. Pure. */

export interface Step {
  name: string;
  /** All that follows the name, on one line. */
  text: string;
  line: number;
}

export interface Stage {
  /** What it starts from, with build arguments filled in. */
  base: string;
  name: string | null;
  steps: Step[];
}

export function parseDockerfile(text: string, args: Readonly<Record<string, string>> = {}): Stage[] {
  const stages: Stage[] = [];
  const before: Record<string, string> = {};
  for (const step of stepsOf(text)) {
    const stage = stages.at(-1);
    if (step.name === 'FROM') {
      const [base = '', , name = null] = step.text.split(/\s+/);
      stages.push({ base: fill(base, { ...before, ...args }), name, steps: [] });
    } else if (stage !== undefined) stage.steps.push(step);
    else if (step.name === 'ARG') Object.assign(before, assignments(step.text));
    else throw new Error(`line ${step.line}: ${step.name} before the first FROM`);
  }
  return stages;
}

function stepsOf(text: string): Step[] {
  const steps: Step[] = [];
  let open: Step | null = null;
  for (const [index, raw] of text.split('\n').entries()) {
    const line = raw.trim();
    if (line === '' || line.startsWith('#')) continue;
    const part = line.replace(/\\$/, '').trim();
    if (open === null) {
      const [, name = '', rest = ''] = /^(\S+)\s*([\s\S]*)$/.exec(part) ?? [];
      open = { name: name.toUpperCase(), text: rest, line: index + 1 };
    } else open.text += ` ${part}`;
    if (line.endsWith('\\')) continue;
    steps.push(open);
    open = null;
  }
  return steps;
}

/** `A=1 B=2`, and `A` alone as empty. */
export const assignments = (text: string): Record<string, string> =>
  Object.fromEntries(
    text.split(/\s+/).map((word) => {
      const [name = '', ...value] = word.split('=');
      return [name, value.join('=')] as const;
    }),
  );

export const fill = (text: string, values: Readonly<Record<string, string>>): string =>
  text.replaceAll(/\$\{?(\w+)\}?/g, (_, name: string) => values[name] ?? '');

export interface Copy {
  from: string | null;
  owner: string | null;
  sources: string[];
  target: string;
}

export function copyOf(text: string): Copy {
  const words = text.split(/\s+/);
  const option = (name: string): string | null =>
    words.find((word) => word.startsWith(`--${name}=`))?.slice(name.length + 3) ?? null;
  const paths = words.filter((word) => !word.startsWith('--'));
  return { from: option('from'), owner: option('chown'), sources: paths.slice(0, -1), target: paths.at(-1) ?? '' };
}

/** The words of `["a", "b"]`; options before it (`HEALTHCHECK --interval=1m CMD […]`) are left out. */
export const wordsOf = (text: string): string[] => JSON.parse(text.slice(text.indexOf('['))) as string[];
