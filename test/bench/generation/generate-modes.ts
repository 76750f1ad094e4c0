/**
 * The table of `bench:generate --modes`: requests one by one against batches, with 1 and 5 questions a request. The server is
 * the same; a batch ends as soon as it is looked at, so that the time is that of making, sending and reading it.
 */
import { costOf, loadPrices, priceOf } from '../../../src/generation/cost/prices.js';
import { ownPass, type Setting } from './generate-measure.js';

export async function modeTable(setting: Setting, model: string): Promise<string[][]> {
  const prices = await loadPrices('configs/prices.yaml');
  const [provider = '', ...name] = model.split('/');
  const price = priceOf(prices, provider, name.join('/'));
  const rows = [
    ['', 'questions', 'requests', 'requests/s', 'samples/s', 'tokens a sample', `1,000 samples, ${model}`, 'peak MB'],
  ];
  for (const questions of [1, 5])
    for (const mode of ['interactive', 'batch'] as const) {
      const requests = Math.ceil(setting.requests / questions);
      const found = await ownPass({ ...setting, mode, questions, requests });
      const { samples = 0, inputTokens = 0, outputTokens = 0 } = found.own ?? {};
      const usage = { inputTokens, outputTokens, ...(mode === 'batch' ? { isBatch: true as const } : {}) };
      const cost = ((costOf(price, usage) ?? 0) / samples) * 1_000;
      rows.push([
        mode,
        String(questions),
        String(requests),
        (requests / found.seconds).toFixed(1),
        (samples / found.seconds).toFixed(1),
        ((inputTokens + outputTokens) / samples).toFixed(0),
        `${cost.toFixed(4)} ${prices.currency}`,
        found.peakMegabytes.toFixed(0),
      ]);
    }
  return rows;
}
