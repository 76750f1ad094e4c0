/** Which Node will do. */
import { EnvironmentError } from '../../errors.js';

/** Major version; older ones lack what the code uses. */
export const oldestNode = 22;

export const isOldNode = (version: string = process.versions.node): boolean =>
  Number.parseInt(version, 10) < oldestNode;

export const oldNodeError = (): EnvironmentError =>
  new EnvironmentError('node-too-old', `medgr2 needs Node ${oldestNode} or newer; this is ${process.version}.`, {
    remedy: `Install Node ${oldestNode} or newer; from a checkout, npm run brings its own.`,
  });
