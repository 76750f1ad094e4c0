/** How a run is called from a script: a configuration that was read, and options that are known. */
import { checkOptions, wrongCall, type OptionKinds } from '../../bridge/jobs/call-options.js';
import { configSchema } from '../../config/schema.js';
import type { RunOptions } from '../run-attempt.js';
import { isObject } from '../../json-text.js';

const known: OptionKinds<RunOptions> = {
  runDir: 'text',
  parts: 'object',
  onEvent: 'callback',
  signal: 'signal',
  engine: 'object',
  redo: 'flag',
  withVerdicts: 'flag',
  allowVersionChange: 'flag',
};

/** @throws ConfigError `call-options`. */
export function checkRunCall(config: unknown, options: unknown): void {
  const isRead =
    isObject(config) && Object.keys(configSchema.shape).every((name) => name in config || name === 'threads');
  if (!isRead)
    throw wrongCall('The run', [
      'expected a configuration as loadConfig(file) or parseConfig(text) give it, with all defaults',
    ]);
  checkOptions<RunOptions>('The run', options, known, ['runDir']);
}
