/**
 * The table of `bench:generate --modes`: requests one by one against batches, with 1 and 5 questions a request. The server is
 * the same; a batch ends as soon as it is looked at, so that the time is that of making, sending and reading it.
 */
import { costOf, loadPrices, priceOf } from '../../../src/generation/cost/prices.js';
import { reasonOf, type Tool } from '../compare/tools.js';
import { comparePass, ownPass, type Setting } from './generate-measure.js';

/** @param others Tools that do the same, in batches with 1 question a request; how long one may take is `limitSeconds`. */
export async function modeTable(
  setting: Setting,
  model: string,
  { others, limitSeconds }: { others: readonly Tool[]; limitSeconds: number },
): Promise<string[][]> {
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
        `medgr2, ${mode}`,
        String(questions),
        String(requests),
        (requests / found.seconds).toFixed(1),
        (samples / found.seconds).toFixed(1),
        ((inputTokens + outputTokens) / samples).toFixed(0),
        `${cost.toFixed(4)} ${prices.currency}`,
        found.peakMegabytes.toFixed(0),
      ]);
    }
  for (const tool of others) rows.push([`${tool}, batch`, '1', ...(await otherCells(tool, setting, limitSeconds))]);
  return rows;
}

/** Cells without tokens, which they do not tell; or why there are none. */
async function otherCells(tool: Tool, setting: Setting, limitSeconds: number): Promise<string[]> {
  try {
    const found = await comparePass(tool, { ...setting, mode: 'batch' }, limitSeconds);
    const rate = (found.answered / found.seconds).toFixed(1);
    return [`${found.answered} of ${found.asked}`, rate, rate, '', '', found.peakMegabytes.toFixed(0)];
  } catch (thrown) {
    return [`not measured: ${reasonOf(thrown)}`, '', '', '', '', ''];
  }
}
