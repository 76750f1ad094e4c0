/** DuckDB for tables on disk: nothing is kept in it between calls. */
import { DuckDBInstance, type DuckDBConnection, type JS } from '@duckdb/node-api';
import { DataError, messageOf } from '../../errors.js';

export async function withConnection<T>(
  path: string,
  { doing, instance }: { doing: 'read' | 'write'; instance: () => Promise<DuckDBInstance> },
  work: (connection: DuckDBConnection) => Promise<T>,
): Promise<T> {
  try {
    const connection = await (await instance()).connect();
    try {
      return await work(connection);
    } finally {
      connection.closeSync();
    }
  } catch (cause) {
    throw failed(path, doing, cause);
  }
}

/** What a query gives, in order and two thousand rows at a time: never the whole. */
export async function* rowParts(path: string, query: string): AsyncGenerator<Record<string, JS>[], void> {
  try {
    const connection = await (await openReader()).connect();
    try {
      yield* (await connection.stream(query)).yieldRowObjectJs();
    } finally {
      connection.closeSync();
    }
  } catch (cause) {
    throw failed(path, 'read', cause);
  }
}

const failed = (path: string, doing: 'read' | 'write', cause: unknown): DataError =>
  new DataError('table-failed', `Cannot ${doing} ${path}: ${messageOf(cause)}`, {
    cause,
    where: path,
    remedy:
      doing === 'read'
        ? 'Check that the file exists and is of the kind that its name says.'
        : 'Check the folder’s rights and free space.',
  });

/**
 * One for the process: to open one takes four fifths of the work of a small table. It holds nothing between calls; what a
 * call makes beside its files is its connection's own, and goes with it.
 */
function openedOnce(options: Record<string, string>): () => Promise<DuckDBInstance> {
  let opened: Promise<DuckDBInstance> | null = null;
  return () =>
    (opened ??= DuckDBInstance.create(':memory:', options).catch((cause: unknown) => {
      opened = null;
      throw cause;
    }));
}

/** Its cache of files tells them apart by path, size and second, and so reads one that was written anew as the old one. */
export const openReader = openedOnce({ enable_external_file_cache: 'false' });

/** Several threads that keep the order of rows hold more of them the more there are: a gigabyte at 400,000 samples. */
export const openWriter = openedOnce({ threads: '1' });
