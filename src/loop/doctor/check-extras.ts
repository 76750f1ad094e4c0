/** Which extras are there and fit: a package that only some jobs need is never missing, but a wrong one is a warning. */
import { medgr2 } from '../../called-as.js';
import { apartFrom, extraFile, extraNames, type Extra } from '../../bridge/environment/python-extras.js';
import { pinnedPackages, type PythonInspection } from '../../bridge/environment/inspect-python.js';
import { note, ok, warning, type Check } from './check.js';

/** Extra -> its packages and their pinned versions. */
export type ExtraPins = ReadonlyMap<Extra, ReadonlyMap<string, string>>;

export async function pinnedExtras(): Promise<ExtraPins> {
  const read = extraNames.map(async (extra) => {
    const files = [extraFile(extra), ...apartFrom([extraFile(extra)])];
    const pins = await Promise.all(files.map((file) => pinnedPackages(undefined, file)));
    return [extra, new Map(pins.flatMap((packages) => [...packages]))] as const;
  });
  return new Map(await Promise.all(read));
}

export function checkExtras(found: PythonInspection, pins: ExtraPins): Check[] {
  const absent: Extra[] = [];
  const present: string[] = [];
  const wrong: Check[] = [];
  for (const [extra, packages] of pins) {
    const missing = [...packages.keys()].filter((name) => (found.packages[name] ?? null) === null);
    if (missing.length > 0) absent.push(extra);
    for (const [name, wanted] of packages) {
      const version = found.packages[name] ?? null;
      if (version === null) continue;
      present.push(`${name} ${version}`);
      // torchvision is looked at by importing it, below: another release may be right beside another torch.
      if (version.split('+')[0] !== wanted && name !== 'torchvision')
        wrong.push(warning(`extra ${extra}`, `${name} ${version}, where ${wanted} is pinned`, setup(extra)));
    }
  }
  const there = present.length === 0 ? 'none installed' : present.join(', ');
  const rest = absent.length === 0 ? '' : `; not installed: ${absent.join(', ')}`;
  const summary = absent.length === 0 ? ok('extras', there) : note('extras', there + rest, addition(absent));
  return [summary, ...wrong, ...checkTorchvision(found, pins)];
}

const setup = (extra: Extra): string => `Run \`${medgr2} setup --with ${extra}\`.`;
const addition = (absent: readonly Extra[]): string =>
  `Where a setting needs one: \`${medgr2} setup --with ${absent[0]}\`.`;

/** Its compiled half works with one release and one build of torch alone. */
function checkTorchvision({ packages, torch, torchvision }: PythonInspection, pins: ExtraPins): Check[] {
  const version = packages['torchvision'] ?? null;
  if (version === null || torch.error !== null) return [];
  const beside = `torchvision ${version} beside torch ${packages['torch'] ?? 'of unknown version'}`;
  if (torchvision === null) return [ok('torchvision', `imports: ${beside}`)];
  const build = torch.cuda === null ? 'cpu' : `cu${torch.cuda.replace('.', '')}`;
  const wanted = pins.get('torchvision')?.get('torchvision') ?? version;
  const why =
    torch.cuda === null && !version.endsWith('+cpu') ? ' (torch is a CPU build, this torchvision is one for CUDA)' : '';
  return [
    warning(
      'torchvision',
      `${beside} cannot be imported: ${torchvision}${why}`,
      `Install the build for this torch: \`python -m pip install --force-reinstall --no-deps torchvision==${wanted} ` +
        `--index-url https://download.pytorch.org/whl/${build}\`; or take it out: \`python -m pip uninstall torchvision\`.`,
    ),
  ];
}
