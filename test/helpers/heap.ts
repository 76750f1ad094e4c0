/** How much memory is really held: asked after a garbage collection, which Node gives only to those who ask for the flag. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

export function heldMiB(): number {
  collect();
  return process.memoryUsage().heapUsed / 2 ** 20;
}
