/** Will the jobs run: Python, its packages against the lock, and the devices torch sees. */
import { fixed } from '../../format.js';
import { medgr2 } from '../../called-as.js';
import { cudaRemedies } from '../../bridge/failures/cuda-remedies.js';
import { inspectPython, pinnedPackages, type PythonInspection } from '../../bridge/environment/inspect-python.js';
import { packageRoot } from '../../bridge/environment/package-paths.js';
import { environmentFolder } from '../../bridge/environment/environment-place.js';
import { checkPython, findPython } from '../../bridge/environment/find-python.js';
import { Medgr2Error, messageOf } from '../../errors.js';
import type { Config } from '../../config/schema.js';
import { failed, note, ok, warning, type Check } from './check.js';
import { checkExtras, pinnedExtras } from './check-extras.js';
import { checkPlace } from './check-disk.js';

/** Everything that needs Python; one failed check where there is none. */
export async function checkPythonSide(device: Config['device'] | null): Promise<Check[]> {
  let python: string;
  try {
    python = findPython();
    await checkPython(python);
    const pinned = await pinnedPackages();
    const extras = await pinnedExtras();
    const names = [...pinned.keys(), ...[...extras.values()].flatMap((packages) => [...packages.keys()])];
    const found = await inspectPython(python, names);
    const version = ok('Python', `${found.version} (${python})`);
    return [
      version,
      ...checkPackages(found.packages, pinned),
      ...checkExtras(found, extras),
      ...checkDevices(found.torch, device),
    ];
  } catch (error) {
    const remedy = error instanceof Medgr2Error ? error.remedy : undefined;
    const check = failed('Python', messageOf(error), remedy ?? `Run \`${medgr2} setup\`.`);
    // `setup` makes the environment there.
    return [check, await checkPlace('environment', environmentFolder(packageRoot))];
  }
}

export function checkPackages(found: PythonInspection['packages'], pinned: ReadonlyMap<string, string>): Check[] {
  return [...pinned].map(([name, wanted]) => {
    const version = found[name] ?? null;
    if (version === null) return failed(`package ${name}`, `missing; ${wanted} is wanted`, `Run \`${medgr2} setup\`.`);
    // `2.13.0+cu130` is a build of 2.13.0.
    if (version.split('+')[0] === wanted) return ok(`package ${name}`, version);
    const remedy = `Run \`${medgr2} setup\`; in a Python of your own, \`pip install -r py/requirements.txt\`.`;
    return warning(`package ${name}`, `${version}, where ${wanted} is what medgr2 is tested with`, remedy);
  });
}

/** @param device What the configuration asks for; null where none was given. */
export function checkDevices(
  { error, cuda, devices, gpu }: PythonInspection['torch'],
  device: Config['device'] | null,
): Check[] {
  if (error !== null) return [failed('torch', `cannot be imported: ${error}`, `Run \`${medgr2} setup\` again.`)];
  if (devices.length > 0)
    return devices.map(({ name, memoryGiB, bfloat16 }, index) => {
      const detail = `${name}, ${fixed(memoryGiB, 0)} GiB, CUDA ${cuda ?? 'of unknown version'}`;
      if (bfloat16) return ok(`GPU ${index}`, `${detail}, bfloat16`);
      return warning(`GPU ${index}`, `${detail}, without bfloat16`, 'Set policy.dtype: float16 or float32.');
    });
  const why = cuda === null ? 'torch is a CPU build' : `torch is built for CUDA ${cuda} but sees no device`;
  const remedy = cuda === null ? cudaRemedies.cpuBuild : cudaRemedies.driver;
  if (device === 'cuda') return [failed('GPU', `${why}, and the configuration asks for device: cuda`, remedy)];
  // As a job does: beside a GPU, only who asks for the CPU gets it.
  if (gpu !== null && device !== 'cpu') return [failed('GPU', `${gpu}, and ${why}`, remedy)];
  if (gpu !== null) return [note('GPU', `${gpu} is not used: the configuration asks for device: cpu`)];
  return [note('GPU', `none: ${why}. Jobs run on the CPU, which is enough for phantoms`, remedy)];
}
