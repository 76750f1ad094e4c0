/**
 * The parts of pythonia that medgr2 uses, by deep import: `import 'pythonia'` itself would start a Python at once.
 * pythonia writes and reads through a `com` object; ours is in pipe-transport.ts.
 */
import { createRequire } from 'node:module';
import path from 'node:path';
import { pythoniaFolder } from '../environment/package-paths.js';

/** What pythonia's Python side sends. A request's answer carries its `r`; anything else is routed by `c`. */
export interface PythoniaMessage {
  r?: number;
  c?: string;
  /** Kind of the value: `string`, `int`, `error`, `obj`, … */
  key?: string;
  val?: unknown;
  /** For `error`: the Python traceback. */
  sig?: string;
}

/** Returns true to hear more under the same id. */
export type PythoniaHandler = (message: PythoniaMessage) => unknown;

/** The transport that a pythonia `Bridge` expects. */
export interface PythoniaCom {
  register(id: string | number, handler: PythoniaHandler): void;
  write(message: { r?: number }, handler?: PythoniaHandler): void;
  writeRaw(text: string, id: number, handler: PythoniaHandler): void;
}

/** A Python object seen from here: every property is one, and a call is a promise. */
export interface PythonObject {
  (...values: unknown[]): Promise<unknown>;
  [name: string]: PythonObject;
}

export interface PythoniaBridge {
  /** Object 0 is the root that Python puts named objects into. */
  makePyObject(id: number): PythonObject;
  /** Timer that frees collected objects. */
  readonly loop: NodeJS.Timeout;
  end(): void;
}

/** A pythonia bridge over `com`. It must be ended, or its timer stays. */
export function createBridge(com: PythoniaCom): PythoniaBridge {
  const require = createRequire(import.meta.url);
  const { Bridge } = require(path.join(pythoniaFolder(), 'Bridge.js')) as {
    Bridge: new (com: PythoniaCom) => PythoniaBridge;
  };
  const bridge = new Bridge(com);
  bridge.loop.unref();
  return bridge;
}
