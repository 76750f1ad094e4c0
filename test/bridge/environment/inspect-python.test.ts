/** A Python that cannot say what it has: why stands in the error, or nobody knows whether it is broken or slow. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { inspectPython } from '../../../src/bridge/environment/inspect-python.js';

test.each([
  ['echo "Traceback …" >&2; echo "ModuleNotFoundError: No module named numpy" >&2; exit 1', /has: ModuleNotFoundError/],
  ['sleep 60', /has: it did not answer within 0.1 s\.$/],
  ['echo no JSON', /has: .*JSON/],
])('%s', async (script, message) => {
  const folder = mkdtempSync(join(tmpdir(), 'medgr2-test-'));
  const python = join(folder, 'python');
  writeFileSync(python, `#!/bin/sh\n${script.replace('sleep', 'exec sleep')}\n`);
  chmodSync(python, 0o700);
  try {
    const patience = script.startsWith('sleep') ? 100 : 60_000;
    await expect(inspectPython(python, [], patience)).rejects.toMatchObject({ code: 'python-silent', message });
  } finally {
    rmSync(folder, { recursive: true });
  }
});
