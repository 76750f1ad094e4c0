/**
 * Four invented patients in a table, in names of folders and files, in PNG text and in DICOM headers: found in nothing that
 * import, split, decontaminate, a run, its report and its exports write, packed or unpacked. The run's jobs are played;
 * MEDGR2_TEST_WALK=1 trains, and looks at what trainers write too.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, inflateSync } from 'node:zlib';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { environmentPython } from '../../../src/bridge/environment/find-python.js';
import { packageRoot } from '../../../src/bridge/environment/package-paths.js';
import { decontaminateCommand } from '../../../src/cli/dataset-commands/decontaminate-command.js';
import { describeImport } from '../../../src/cli/dataset-commands/import-command.js';
import { splitCommand } from '../../../src/cli/dataset-commands/split-command.js';
import { parseConfig } from '../../../src/config/load.js';
import { exportDataset } from '../../../src/dataset/export/export-dataset.js';
import { readDataset } from '../../../src/dataset/folders/dataset-folder.js';
import { importClinical } from '../../../src/dataset/import/import-clinical.js';
import { importImages } from '../../../src/dataset/import/import-images.js';
import { importQuestions } from '../../../src/dataset/import/import-questions.js';
import { readParquet } from '../../../src/dataset/tables/table.js';
import { exportSource } from '../../../src/loop/result/export-run.js';
import { runLoop } from '../../../src/loop/run.js';
import { startTeacherServer } from '../../../src/providers/simulated/simulated-server.js';
import { writeReport } from '../../../src/report/write-report.js';
import { fakeEngine } from '../../loop/fake-engine.js';

const trains = process.env['MEDGR2_TEST_WALK'] === '1';
vi.setConfig({ testTimeout: trains ? 1_800_000 : 180_000 });

const python = process.env['MEDGR2_PYTHON'] ?? environmentPython(packageRoot);
const env = { ...process.env, PYTHONPATH: join(packageRoot, 'py') };
const script = `
import csv, sys, numpy as np
from pathlib import Path
from PIL import Image, PngImagePlugin
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian, SecondaryCaptureImageStorage, generate_uid
root = Path(sys.argv[1])
people = [('Quastenberg', 'Thelma', 'QB-88123', '19610423', 'ACZ55512301'), ('Zylberfink', 'Oskar', 'ZF-77234', '19480917', 'ACZ55512302'),
          ('Wintergarten', 'Ulrike', 'WG-66345', '19751130', 'ACZ55512303'), ('Pfauenfeder', 'Anselm', 'PF-55456', '19830209', 'ACZ55512304')]
random = np.random.default_rng(5)
def picture():
    spots = random.integers(0, 256, (7, 9, 3), dtype='uint8')
    return Image.fromarray(spots).resize((84, 84), Image.Resampling.BICUBIC)
rows = []
for last, first, number, born, study in people:
    who = f'{last}^{first}'
    folder = root / 'scans' / f'{last}_{first}' / study; folder.mkdir(parents=True)
    for index in range(4):
        info = PngImagePlugin.PngInfo(); info.add_text('Patient', who); info.add_text('Study', study, zip=True)
        info.add_itxt('Comment', f'{who} {born}', zip=True)
        exif = Image.Exif(); exif[0x10e] = f'{who} {number} {born}'
        file = folder / f'{number}_{index}.png'; picture().save(file, pnginfo=info, exif=exif)
        rows.append(dict(id=f'{number}/{index}', image=str(file.relative_to(root / 'scans')), question=f'Which side is brighter in picture {index}?',
            option_A='left', option_B='right', answer='left', modality='CT', patient=number if index % 2 else number.lower(),
            patient_name=f'{last}, {first}', birth_date=born, accession_number=study, rationale='The left half is clearly brighter than the other.'))
    made = FileMetaDataset(); made.TransferSyntaxUID = ExplicitVRLittleEndian
    made.MediaStorageSOPClassUID, made.MediaStorageSOPInstanceUID = SecondaryCaptureImageStorage, generate_uid()
    header = FileDataset('', {}, file_meta=made, preamble=b'\\0' * 128)
    header.PatientName, header.PatientID, header.PatientBirthDate, header.AccessionNumber = who, number, born, study
    header.StudyDescription, header.ImageComments, header.InstitutionName, header.Modality = who, f'{number} {born}', f'Klinik {last}', 'CT'
    header.SOPClassUID, header.SOPInstanceUID, header.BodyPartExamined = SecondaryCaptureImageStorage, made.MediaStorageSOPInstanceUID, 'CHEST'
    values = np.asarray(picture().convert('L')).astype('uint16') * 16
    header.Rows, header.Columns, header.SamplesPerPixel, header.PhotometricInterpretation = 84, 84, 1, 'MONOCHROME2'
    header.BitsAllocated, header.BitsStored, header.HighBit, header.PixelRepresentation = 16, 12, 11, 0
    header.PixelData = values.tobytes()
    place = root / 'dicom' / f'{last}_{first}'; place.mkdir(parents=True); header.save_as(place / f'{number}.dcm', enforce_file_format=True)
    (root / 'dicom' / f'{last}_broken.dcm').write_bytes(b'\\0' * 128 + b'DICM' + b'x' * 40)
rows.append(rows[0] | dict(id='Quastenberg 9', image='Quastenberg_9.png'))
rows.append(rows[5] | dict(answer='centre of Zylberfink'))
rows.append(rows[9] | dict(image='PF-55456/../Wintergarten/gone.png'))
with open(root / 'questions.csv', 'w', newline='') as out:
    table = csv.DictWriter(out, fieldnames=list(rows[0])); table.writeheader(); table.writerows(rows)
`;
const planted = (
  'quastenberg thelma zylberfink oskar wintergarten ulrike pfauenfeder anselm 88123 77234 66345 55456 ' +
  '19610423 19480917 19751130 19830209 acz555123'
).split(' ');

let dir = '';
const at = (name: string): string => join(dir, name);
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'medgr2-walk-'));
  mkdirSync(at('out'));
  execFileSync(python, ['-c', script, dir]);
}, 120_000);
afterAll(() => rmSync(dir, { recursive: true, force: true }));

/** The bytes, and all that is packed within them: zlib streams (of PNG chunks too), gzip, base64. */
function* layersOf(bytes: Buffer, depth = 0): Generator<Buffer> {
  yield bytes;
  if (depth === 2) return;
  if (bytes[0] === 0x1f && bytes[1] === 0x8b) yield* layersOf(gunzipSync(bytes), depth + 1);
  for (let start = bytes.indexOf(0x78); start !== -1; start = bytes.indexOf(0x78, start + 1)) {
    if (![0x01, 0x5e, 0x9c, 0xda].includes(bytes[start + 1] ?? 0)) continue;
    try {
      yield inflateSync(bytes.subarray(start));
    } catch {
      // No stream begins there.
    }
  }
  for (const [text] of bytes.toString('latin1').matchAll(/[A-Za-z0-9+/]{80,}/g))
    yield* layersOf(Buffer.from(text, 'base64'), depth + 1);
}

const naming = (bytes: Buffer): string[] =>
  [...layersOf(bytes)].flatMap((layer) => {
    const texts = [layer.toString('latin1').toLowerCase(), layer.toString('utf16le').toLowerCase()];
    return planted.filter((name) => texts.some((text) => text.includes(name)));
  });

/** What any file below a folder says of a patient, by its own name, as it lies there, or unpacked. */
async function found(folder: string): Promise<string[]> {
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  const all = files.map(async ({ parentPath, name }) => {
    const path = join(parentPath, name);
    const contents: Buffer[] = [Buffer.from(path.slice(dir.length)), readFileSync(path)];
    if (name.endsWith('.parquet')) for (const row of await readParquet(path)) contents.push(...valuesOf(row));
    return contents.flatMap((part) => naming(part).map((word) => `${path.slice(dir.length)}: ${word}`));
  });
  return [...new Set((await Promise.all(all)).flat())];
}

function valuesOf(value: unknown): Buffer[] {
  if (value instanceof Uint8Array) return [Buffer.from(value)];
  if (typeof value === 'string') return [Buffer.from(value)];
  return value === null || typeof value !== 'object' ? [] : Object.values(value).flatMap(valuesOf);
}

test('nobody is named in what is written or said from the first import to the last export', async () => {
  expect((await found(at('scans'))).length, 'planted strings are seen where they are').toBeGreaterThan(40);
  const said: string[] = [];
  const io = {
    out: (text: string) => said.push(text),
    error: (text: string) => said.push(text),
    env: {},
    signal: new AbortController().signal,
  };
  const table = { path: at('questions.csv'), out: at('out/table'), imageRoot: at('scans') };
  const asked = await importQuestions('csv', table);
  expect(asked.info.counts).toMatchObject({ samples: 16, images: 16, rejected: 3 });
  const folder = await importImages({
    path: at('scans'),
    out: at('out/folder'),
    modality: 'CT',
    patientFrom: 'folder',
  });
  const runJob = async (module: string, spec: object): Promise<unknown> => {
    const job = `
import importlib, json, sys
class Silent:
    def emit(self, event): pass
    def should_stop(self): return False
print(json.dumps(importlib.import_module(sys.argv[1]).run(json.loads(sys.argv[2]), Silent())))`;
    return JSON.parse(execFileSync(python, ['-c', job, module, JSON.stringify(spec)], { env, encoding: 'utf8' }));
  };
  const clinical = await importClinical('dicom', { path: at('dicom'), out: at('out/dicom'), runJob });
  expect([clinical.info.counts.images, clinical.rejected.length]).toEqual([4, 4]);
  for (const report of [asked, folder, clinical]) said.push(describeImport(report, 'out'));
  const parts = { part: ['seed=0.5', 'test=0.5'], seed: 0, distance: 6 };
  await splitCommand(at('out/table'), { out: at('out/parts'), ...parts }, io);
  for (const [pool, by] of [
    ['folder', 'image'],
    ['dicom', 'patient'],
  ] as const) {
    const flags = { against: [at('out/parts/test')], out: at(`out/clean-${pool}`), by, distance: 6, similarity: 0.9 };
    await decontaminateCommand(at(`out/${pool}`), flags, io);
  }
  // DICOM's patients are those of the table: half of them are in its test part.
  expect((await readDataset(at('out/clean-dicom'))).images).toHaveLength(2);

  const reply = { options: ['left', 'right'], answer: 'left', rationale: 'The left half is brighter.' };
  const question = 'Which side is brighter?';
  const book = { reply: () => ({ ...reply, question, questionType: 'other biological attributes' as const }) };
  const faults = { malformed: 0, empty: 0, blocked: 0, overloaded: 0 };
  const server = await startTeacherServer({ book, faults, seed: 0, latencyMs: 0, countsFile: at('counts.txt') });
  vi.stubEnv('MEDGR2_TEST_KEY', 'no-real-key');
  try {
    const yaml = `
cycles: 1
data: { source: files, seed: out/parts/seed, test: out/parts/test, pool: out/clean-folder }
generation:
  provider: gemini
  gemini: { baseUrl: '${server.url}', apiKeyEnv: MEDGR2_TEST_KEY }
  imagesPerCycle: 6
threads: 1
grading: { heldOut: 0.25 }
rewardModel: { warmStartSteps: 2, steps: 4, batchSize: 4, retrainSteps: 2, saveSteps: 2 }
filter: { threshold: -6 }
sft: { maxSteps: 3, batchSize: 4, saveSteps: 2 }
grpo: { maxSteps: 2, numGenerations: 2, batchSize: 4, saveSteps: 1 }
preferences: { prompts: 4, samples: 2 }
`;
    const config = parseConfig(yaml, { file: at('own.yaml') });
    const onEvent = (event: object): unknown => said.push(JSON.stringify(event));
    const played = trains ? {} : { engine: fakeEngine() };
    const result = await runLoop(config, { runDir: at('out/run'), ...played, onEvent });
    expect(result.status).toBe('complete');
  } finally {
    vi.unstubAllEnvs();
    await server.close();
  }
  for (const images of ['embed', 'path'] as const)
    await exportDataset(await exportSource(at('out/run')), { out: at(`out/hub-${images}`), images });
  await writeReport([at('out/run')]);
  expect(await found(at('out'))).toEqual([]);
  expect(naming(Buffer.from(said.join('\n')))).toEqual([]);
});
