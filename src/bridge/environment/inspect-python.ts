/** What a Python has: version, packages against the pinned ones, and the devices its torch sees. Looks only. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { z } from 'zod';
import { medgr2 } from '../../called-as.js';
import { BridgeError, messageOf } from '../../errors.js';
import { packageRoot } from './package-paths.js';
import { misleading, pythonVariables } from './python-variables.js';

const deviceSchema = z.object({ name: z.string(), memoryGiB: z.number(), bfloat16: z.boolean() });

const inspectionSchema = z.object({
  version: z.string(),
  /** Package -> installed version, or null. */
  packages: z.record(z.string(), z.string().nullable()),
  torch: z.object({
    /** Why torch cannot be imported, or null. */
    error: z.string().nullable(),
    /** CUDA version that torch was built for; null for a CPU build. */
    cuda: z.string().nullable(),
    devices: z.array(deviceSchema),
    /** What shows that there is an NVIDIA GPU, whether torch can use it or not; null where nothing does. */
    gpu: z.string().nullable(),
  }),
  /** Why torchvision, where it is installed, cannot be imported; null where it can, or is not there. */
  torchvision: z.string().nullable().default(null),
});
export type PythonInspection = z.output<typeof inspectionSchema>;

const script = `
import json, sys
from importlib.metadata import PackageNotFoundError, version
def of(name):
    try: return version(name)
    except PackageNotFoundError: return None
found = {"version": sys.version.split()[0], "packages": {name: of(name) for name in sys.argv[1:]}}
from medgr2.models.devices import nvidia_gpu
torch_found = {"error": None, "cuda": None, "devices": [], "gpu": nvidia_gpu()}
try:
    import torch
    torch_found["cuda"] = torch.version.cuda
    if torch.cuda.is_available():
        for index in range(torch.cuda.device_count()):
            properties = torch.cuda.get_device_properties(index)
            torch_found["devices"].append({
                "name": properties.name,
                "memoryGiB": properties.total_memory / 2**30,
                "bfloat16": properties.major >= 8,
            })
except Exception as error:
    torch_found["error"] = f"{type(error).__name__}: {error}".splitlines()[0]
found["torch"] = torch_found
if of("torchvision") is not None:
    try: import torchvision
    except Exception as error: found["torchvision"] = f"{type(error).__name__}: {error}".splitlines()[0]
print(json.dumps(found))
`;

/** Importing torch from a cold disk on a busy machine takes this long at worst, milliseconds. */
const longestImport = 300_000;

/**
 * @param patience Milliseconds.
 * @throws BridgeError where the interpreter does not answer; why stands in its message.
 */
export async function inspectPython(
  python: string,
  packages: readonly string[],
  patience: number = longestImport,
): Promise<PythonInspection> {
  try {
    // -P: a file named datasets.py where the person stands is none of ours.
    const { stdout } = await promisify(execFile)(python, ['-P', '-c', script, ...packages], {
      timeout: patience,
      env: pythonVariables(python),
    });
    return inspectionSchema.parse(JSON.parse(stdout.trim().split('\n').at(-1) ?? ''));
  } catch (cause) {
    throw new BridgeError('python-silent', `${python} could not say what it has: ${reasonOf(cause, patience)}.`, {
      cause,
      remedy: `Run \`${medgr2} setup\`, or set MEDGR2_PYTHON to a Python that works.${misleading(python)}`,
    });
  }
}

/** A time limit, or what Python said last. */
function reasonOf(cause: unknown, patience: number): string {
  const { killed = false, stderr = '' } = cause as { killed?: boolean; stderr?: string };
  if (killed) return `it did not answer within ${patience / 1000} s`;
  return stderr.trim().split('\n').at(-1) || messageOf(cause);
}

/** Package -> version of the lock that jobs are tested with, or of an extra's file. */
export async function pinnedPackages(
  root: string = packageRoot,
  file: string = 'requirements.txt',
): Promise<Map<string, string>> {
  const text = await readFile(path.join(root, 'py', file), 'utf8');
  const lines = [...text.matchAll(/^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s#;]+)/gm)];
  return new Map(lines.flatMap(([, name, version]) => (name && version ? [[name, version] as const] : [])));
}
