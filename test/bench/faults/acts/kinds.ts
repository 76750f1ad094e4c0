/** The catalogue of faults: what each is called in the table, which runs it meets, and how often it is drawn. */
import type { ConfigurationName } from './configurations.js';
import type { Damage } from './damage.js';
import type { Target } from './processes.js';
import type { ProviderFault } from '../fault-server.js';

/** What is done. Each kind of act is performed by the module of its name. */
export type Act =
  | {
      type: 'signal';
      target: Target;
      signal: 'SIGKILL' | 'SIGTERM' | 'SIGINT' | 'SIGHUP';
      moment: 'checkpoint' | 'random';
    }
  /** Stopped for some seconds, as a suspended machine is, and continued. */
  | { type: 'pause'; target: Target }
  | { type: 'damage'; damage: Damage; when: 'middle' | 'end' }
  | { type: 'disk'; problem: 'full' | 'read-only' }
  /** `passing`: some requests meet it; `lasting`: all, until the person sets it right. */
  | { type: 'provider'; fault: ProviderFault; lasts: 'passing' | 'lasting' }
  | { type: 'lock'; lock: LockFault }
  | { type: 'folder'; change: 'moved' | 'copied'; when: 'middle' | 'end' }
  | { type: 'input'; input: ReplacedInput }
  /** The command with another setting, and then as before. */
  | { type: 'setting' };

export type LockFault = 'dead-process' | 'other-host' | 'other-host-gone' | 'garbage' | 'garbage-old' | 'two-runs';
export type ReplacedInput = 'seed-image' | 'test-image' | 'pool-image' | 'base-weights' | 'test-table';

export interface FaultKind {
  /** As the table calls it; unique. */
  name: string;
  act: Act;
  /** Out of these one is drawn. */
  configurations: readonly ConfigurationName[];
  /** Share among all trials, relative to the others. What is cheap is drawn more often. */
  weight: number;
}

const trained = ['full', 'lora'] as const;

const signals: FaultKind[] = (
  [
    ['kill Node', 'node', 'SIGKILL'],
    ['kill supervisor', 'supervisor', 'SIGKILL'],
    ['kill worker', 'worker', 'SIGKILL'],
    ['kill whole tree', 'tree', 'SIGKILL'],
    ['SIGTERM', 'node', 'SIGTERM'],
    ['Ctrl-C', 'node', 'SIGINT'],
    ['hang-up', 'node', 'SIGHUP'],
  ] as const
).flatMap(([name, target, signal]) =>
  (['checkpoint', 'random'] as const).map((moment) => ({
    name: `${name} ${moment === 'checkpoint' ? 'after a checkpoint' : 'at random'}`,
    act: { type: 'signal', target, signal, moment } as const,
    configurations: trained,
    weight: target === 'worker' || target === 'supervisor' ? 2 : 3,
  })),
);

const pauses: FaultKind[] = (['tree', 'node', 'worker'] as const).map((target) => ({
  name: `stop and continue ${target === 'node' ? 'Node' : target}`,
  act: { type: 'pause', target },
  configurations: trained,
  weight: 2,
}));

const damages: FaultKind[] = (['truncate', 'empty', 'flip', 'delete', 'append'] as const).flatMap((damage) =>
  (['middle', 'end'] as const).map((when) => ({
    name: `${damage} a file ${when === 'middle' ? 'in the middle' : 'after the end'}`,
    act: { type: 'damage', damage, when } as const,
    configurations: trained,
    weight: when === 'middle' ? 7 : 8,
  })),
);

const disks: FaultKind[] = (['full', 'read-only'] as const).map((problem) => ({
  name: problem === 'full' ? 'disk full' : 'read-only folder',
  act: { type: 'disk', problem },
  configurations: trained,
  weight: 4,
}));

const providers: FaultKind[] = (
  [
    ['reset in mid-body', 'reset', 'passing'],
    ['reset in mid-body, lasting', 'reset', 'lasting'],
    ['wrong length', 'wrong-length', 'passing'],
    ['truncated gzip', 'truncated-gzip', 'passing'],
    ['HTML with status 200', 'html', 'passing'],
    ['HTML with status 200, lasting', 'html', 'lasting'],
    ['no answer', 'hang', 'passing'],
    ['dead for a while', 'dead', 'passing'],
    ['429 for an hour', 'hour', 'lasting'],
    ['expired key', 'expired-key', 'lasting'],
  ] as const
).map(([name, fault, lasts]) => ({
  name: `provider: ${name}`,
  act: { type: 'provider', fault, lasts },
  configurations: ['files'],
  weight: 2,
}));

const locks: FaultKind[] = (
  [
    ['of a dead process', 'dead-process'],
    ['of another host', 'other-host'],
    ['of another host, long untouched', 'other-host-gone'],
    ['of garbage', 'garbage'],
    ['of garbage, long untouched', 'garbage-old'],
    ['two runs at once', 'two-runs'],
  ] as const
).map(([name, lock]) => ({
  name: `lock: ${name}`,
  act: { type: 'lock', lock },
  configurations: trained,
  weight: 2,
}));

const folders: FaultKind[] = (['moved', 'copied'] as const).flatMap((change) =>
  (['middle', 'end'] as const).map((when) => ({
    name: `folder ${change} ${when === 'middle' ? 'in the middle' : 'after the end'}`,
    act: { type: 'folder', change, when } as const,
    configurations: trained,
    weight: 2,
  })),
);

const inputs: FaultKind[] = (['seed-image', 'test-image', 'pool-image', 'base-weights', 'test-table'] as const).map(
  (input) => ({
    name: `replaced ${input.replace('-', ' ')}`,
    act: { type: 'input', input },
    configurations: ['files'],
    weight: 2,
  }),
);

const settings: FaultKind[] = [
  { name: 'changed setting', act: { type: 'setting' }, configurations: trained, weight: 2 },
];

export const faultKinds: readonly FaultKind[] = [
  ...signals,
  ...pauses,
  ...damages,
  ...disks,
  ...providers,
  ...locks,
  ...folders,
  ...inputs,
  ...settings,
];
