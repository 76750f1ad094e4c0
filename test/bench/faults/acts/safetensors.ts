/** Weights tensor by tensor: which of two safetensors files' tensors differ. Reads whole files: for tiny models. */
import { readFileSync } from 'node:fs';

interface Tensor {
  dtype: string;
  shape: number[];
  bytes: Buffer;
}

/** Names of tensors that are not bit-equal, or are in one file only. @throws Error where a file is none. */
export function differingTensors(one: string, other: string): string[] {
  const [before, after] = [readTensors(one), readTensors(other)];
  return [...new Set([...before.keys(), ...after.keys()])].filter((name) => {
    const [was, is] = [before.get(name), after.get(name)];
    if (was === undefined || is === undefined) return true;
    return was.dtype !== is.dtype || was.shape.join() !== is.shape.join() || !was.bytes.equals(is.bytes);
  });
}

/** Eight bytes of length, a JSON header with offsets, the data. */
export function readTensors(file: string): Map<string, Tensor> {
  const content = readFileSync(file);
  const length = Number(content.readBigUInt64LE(0));
  const header = JSON.parse(content.toString('utf8', 8, 8 + length)) as Record<string, TensorHeader>;
  const data = content.subarray(8 + length);
  return new Map(
    Object.entries(header)
      .filter(([name]) => name !== '__metadata__')
      .map(
        ([
          name,
          {
            dtype,
            shape,
            data_offsets: [begin, end],
          },
        ]) => [name, { dtype, shape, bytes: data.subarray(begin, end) }],
      ),
  );
}

interface TensorHeader {
  dtype: string;
  shape: number[];
  data_offsets: [number, number];
}
