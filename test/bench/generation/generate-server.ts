/** The server of `bench:generate`, in a process of its own so that the client's memory is measured alone. Prints its URL. */
import { startTeacherServer } from '../../../src/providers/simulated/simulated-server.js';
import { book } from '../../generation/support.js';

const { latency, faults } = JSON.parse(process.argv[2] ?? '{}') as {
  latency: { median: number; sigma: number };
  faults: object;
};
const server = await startTeacherServer({ book, faults, latencyMs: latency, retryAfterMs: 500 });
process.stdout.write(`${server.url}\n`);
process.stdin.on('data', () => process.stdout.write(`${JSON.stringify(server.counts())}\n`));
process.stdin.on('end', () => void server.close());
