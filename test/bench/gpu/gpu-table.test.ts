/** The GPU check's table: what `plan` foresees stands beside the 3B shape's peaks, and no table is kept of a CPU. */
import { expect, test } from 'vitest';
import { gpuFile, tableOf } from './gpu-table.js';

const row = { shape: '3B shape', batch: 4, completion: 128 };

test('a column of plan’s estimates for the jobs that it plans', async () => {
  const rows = ['sft-lora', 'sft-full', 'reward-model-lora', 'grpo-lora', 'score'].map((name) => ({
    ...row,
    case: name,
  }));
  const text = await tableOf({
    device: 'NVIDIA H100 80GB HBM3',
    versions: { torch: '2.13.0' },
    rows: [...rows, { ...row, shape: 'tiny', case: 'sft-lora' }],
    head: ['case', 'peak GiB', 'notes'],
    cells: [...rows.map((each) => [each.case, '1.00', '']), ['sft-lora', '0.01', '']],
  });
  const [about, , head, , ...lines] = text.trim().split('\n');
  expect(about).toBe('NVIDIA H100 80GB HBM3; torch 2.13.0');
  expect(head).toBe('| case | peak GiB | plan GiB | notes |');
  const planned = lines.map((line) => Number(line.split('|')[3]));
  expect(planned[0]).toBeGreaterThan(7); // the weights alone
  expect(planned[1]).toBeGreaterThan(planned[0]! * 2); // gradients and moments of all
  expect(planned[3]).toBeGreaterThan(planned[0]! + 6); // the reward model beside it
  expect(planned.slice(4)).toEqual([0, 0]); // empty
});

test('a table is kept under the name of its GPU', () => {
  expect(gpuFile('NVIDIA H100 80GB HBM3')).toBe('gpu-nvidia-h100-80gb-hbm3.md');
  expect(gpuFile('CPU (2 cores)')).toBeNull();
});
