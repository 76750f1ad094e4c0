/** The server of `bench:generate`, in a process of its own so that the client's memory is measured alone. Prints its URL. */
import { startTeacherServer } from '../../../src/providers/simulated/simulated-server.js';
import type { TeacherBook } from '../../../src/providers/simulated/teacher-book.js';
import { book } from '../../generation/support.js';

const { latency, faults } = JSON.parse(process.argv[2] ?? '{}') as {
  latency: { median: number; sigma: number };
  faults: object;
};
/** Several questions of one request must differ, or all but one are dropped. */
const varied: TeacherBook = {
  reply: (asked) => {
    const reply = book.reply(asked);
    return reply === null ? null : { ...reply, question: `${reply.question} (${asked.questionType})` };
  },
};
const server = await startTeacherServer({ book: varied, faults, latencyMs: latency, retryAfterMs: 500 });
process.stdout.write(`${server.url}\n`);
process.stdin.on('data', () => process.stdout.write(`${JSON.stringify(server.counts())}\n`));
process.stdin.on('end', () => void server.close());
